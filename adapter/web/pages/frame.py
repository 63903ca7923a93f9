"""The frame of every page: menu, theme, live region, policy. No script or style stands in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from adapter.web import assets
from adapter.web.callers import Caller, caller_of
from adapter.web.pages.markup import Child, Html, el, text

THEME = "readout_theme"
THEMES = ("auto", "light", "dark")

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; "
        "require-trusted-types-for 'script'; trusted-types readout"
    ),
    "Permissions-Policy": "microphone=(self), hid=(self), camera=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_MENU: dict[str, tuple[tuple[str, str], ...]] = {
    "Worklist": (("/", "Worklist"),),
    "Interfaces": (
        ("/messages", "Messages in"),
        ("/deliveries", "Messages out"),
        ("/destinations", "Destinations"),
    ),
    "Figures": (
        ("/turnaround", "Turnaround"),
        ("/checks", "Checks"),
        ("/ai", "AI models"),
        ("/ai-sources", "AI sources"),
        ("/ai/ledger", "AI against reports"),
    ),
    "Audit": (("/audit", "Audit trail"), ("/audit/disclosures", "Disclosures")),
    "System": (("/system", "Health"),),
    "Setup": (("/setup", "Templates and words"), ("/setup/users", "Users")),
    "Help": (("/help", "Keys and voice commands"),),
}
"""The places of the menu, by the name of their part."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Who looks at a page, and how they want to see it."""

    caller: Caller
    theme: str
    path: str
    cookies: Mapping[str, str] = field(default_factory=dict)


def visit_of(request: Request) -> Visit:
    """The visit that a request is part of."""
    asked = request.cookies.get(THEME, "")
    theme = asked if asked in THEMES else THEMES[0]
    return Visit(caller_of(request), theme, request.url.path, request.cookies)


Visiting = Annotated[Visit, Depends(visit_of)]


def page(
    visit: Visit,
    title: str,
    *body: Child,
    here: str = "",
    modules: Sequence[str] = (),
    styles: Sequence[str] = (),
    heading: bool = True,
    kind: str = "",
    status: int = 200,
    keys: str = "",
) -> HTMLResponse:
    """A whole page.

    `here` is the path of its place in the menu, `modules` are files below static/ that it runs,
    `heading` whether the title is shown, `kind` a class of the body for the style, `keys` which
    key does what, as JSON for the modules.
    """
    name = title if title == "Readout" else f"{title} - Readout"
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("title", name),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content=_scheme(visit.theme)),
        el("link", rel="icon", href=assets.url("icon.svg"), type="image/svg+xml"),
        (
            el("link", rel="stylesheet", href=assets.url(each))
            for each in ("workspace.css", *styles)
        ),
        (
            el("script", type="module", src=assets.url(each))
            for each in dict.fromkeys(("shell.js", *modules))
        ),
    )
    shown = el("h1", title, class_=None if heading else "unseen")
    inside = el(
        "body",
        el("a", "Skip to the content", class_="skip", href="#main"),
        _bar(visit, here),
        _glass(visit),
        el("main", shown, body, id="main", tabindex="-1"),
        el("div", id="told", class_="unseen", role="status", aria_live="polite"),
        el("div", id="alarm", class_="unseen", role="alert", aria_live="assertive"),
        class_=kind or None,
        data_keys=keys or None,
    )
    whole = text(Html("<!doctype html>"), el("html", head, inside, lang="en", **_theme(visit)))
    return HTMLResponse(whole, status, _HEADERS)


def fragment(*body: Child) -> HTMLResponse:
    """A part of a page, for a module that puts it in its place."""
    return HTMLResponse(text(*body), headers=_HEADERS)


def link(path: str, *inside: Child) -> Html:
    """A link within the workspace; `path` is percent-encoded already."""
    return el("a", inside, href=path)


def table(title: str, head: str, rows: Iterable[Sequence[Child]], none: str) -> Html:
    """A section with a table; `head` names the columns with | between."""
    lines = [el("tr", (el("td", cell) for cell in row)) for row in rows]
    if not lines:
        return el("section", el("h2", title), el("p", none, class_="none"))
    names = el("tr", (el("th", each, scope="col") for each in head.split("|")))
    whole = el("table", el("thead", names), el("tbody", lines))
    return el("section", el("h2", title), el("div", whole, class_="scroll"))


def minute(moment: str) -> Html:
    """ISO 8601 as a person reads it, UTC; in the browser of the place where it stands."""
    if not moment:
        return Html("")
    return el("time", moment[:16].replace("T", " ") + " UTC", datetime=moment)


def menu(visit: Visit) -> list[str]:
    """The places of the menu that this visitor may open."""
    return [path for places in _parts(visit).values() for path, _ in places]


def _parts(visit: Visit) -> dict[str, tuple[tuple[str, str], ...]]:
    if visit.caller.person is None:
        return {}
    open_ = {
        name: tuple(place for place in places if visit.caller.may("GET", place[0]))
        for name, places in _MENU.items()
    }
    return {name: places for name, places in open_.items() if places}


def _bar(visit: Visit, here: str) -> Html:
    parts = _parts(visit)
    within = next((name for name, places in parts.items() if here in dict(places)), "")
    tops = ((places[0][0], name, name == within) for name, places in parts.items())
    bar = el(
        "header",
        el("a", "Readout", class_="brand", href="/"),
        _places("Pages", tops) if parts else None,
        el("div", _theme_switch(visit), _person(visit), class_="aside"),
        class_="bar",
    )
    inside = parts.get(within, ())
    below = ((path, name, path == here) for path, name in inside)
    return text(bar, _places(within, below, "tabs") if len(inside) > 1 else None)


def _glass(visit: Visit) -> Html | None:
    """What stands open behind broken glass, for how long, and how it is closed."""
    opened = visit.caller.sight.opened
    if not opened:
        return None
    items = (_opened(accession, until) for accession, until in opened.items())
    return el(
        "aside",
        el("strong", "Glass broken"),
        el("ul", items),
        class_="glass",
        aria_label="Glass broken",
    )


def _opened(accession: str, until: str) -> Html:
    named = quote(accession, safe="")
    shut = el("button", "Close", type="submit", aria_label=f"Close {accession}")
    form = el("form", shut, method="post", action=f"/break-glass/{named}/end")
    return el("li", link(f"/studies/{named}", accession), " until ", minute(until), form)


def _places(label: str, places: Iterable[tuple[str, str, bool]], kind: str = "") -> Html:
    items = (
        el("li", el("a", name, href=path, aria_current="page" if here else None))
        for path, name, here in places
    )
    return el("nav", el("ul", items), aria_label=label, class_=kind or None)


def _theme_switch(visit: Visit) -> Html:
    buttons = (
        el(
            "button",
            each.capitalize(),
            name="theme",
            value=each,
            aria_pressed="true" if each == visit.theme else "false",
        )
        for each in THEMES
    )
    back = el("input", type="hidden", name="next", value=visit.path)
    return el(
        "form",
        back,
        buttons,
        method="post",
        action="/theme",
        class_="theme",
        aria_label="Theme",
        role="group",
    )


def _person(visit: Visit) -> Html | None:
    person = visit.caller.person
    if person is None:
        return None
    name = " ".join(filter(None, (person.given, person.family))) or person.id
    out = el("button", "Sign out", type="submit")
    return el("form", el("span", name, class_="person"), out, method="post", action="/sign-out")


def _theme(visit: Visit) -> dict[str, str]:
    return {} if visit.theme == THEMES[0] else {"data_theme": visit.theme}


def _scheme(theme: str) -> str:
    return "light dark" if theme == THEMES[0] else theme
