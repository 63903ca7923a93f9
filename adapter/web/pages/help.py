"""Help: keys, voice commands as the vocabulary has them, and the tour of the first day."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from adapter.mapping.vocabulary_table import CommandRule
from adapter.web.callers import Calling
from adapter.web.pages.frame import Visiting, page, table
from adapter.web.pages.keys import KEYS
from adapter.web.pages.markup import Child, Html, el, text
from adapter.web.parts import Parts
from adapter.web.requests import House
from adapter.workflow import demonstration

router = APIRouter(include_in_schema=False)

TOUR = "readout_tour"
"""Cookie of a browser whose user has seen the tour."""

_YEAR_S = 31_536_000
_ARGUMENTS = {
    "none": "",
    "heading": "section or field",
    "organ": "organ",
    "number": "number",
    "name": "name",
}
_PLACES = {
    "anywhere": "anywhere",
    "clause": "at the start of a sentence",
    "alone": "as a sentence of its own",
    "bare": "as a sentence of its own, without a full stop",
}
_STEPS = (
    ("Your list", "STAT first, then who has waited longest. It is live: nothing needs reloading."),
    ("By keyboard", "j and k go through the list, Enter opens a study, / searches, ? helps."),
    ("Speak", "Hold F4 and dictate. What was heard appears at the bottom, then in its section."),
    ("Look", "Each sentence shows where it came from. Conflicts with AI findings and the checks"
     " stand at the right; F8 goes through what must be cleared."),
    ("Sign", "Ctrl Enter shows what the EHR will get. The list tells when it has arrived."),
)  # fmt: skip


@router.get("/help", response_class=HTMLResponse)
def show(visit: Visiting, parts: House) -> HTMLResponse:
    """Keys and voice commands."""
    return page(
        visit,
        "Keys and voice commands",
        el("div", map(_keys, KEYS), class_="cards"),
        _commands(parts),
        _names(parts),
        here="/help",
    )


@router.post("/tour")
def end_tour(_: Calling) -> RedirectResponse:
    """Show the tour no more."""
    answer = RedirectResponse("/", 303)
    answer.set_cookie(TOUR, "seen", _YEAR_S, samesite="strict", httponly=True)
    return answer


@router.post("/demonstration")
def add_demonstration(_: Calling, parts: House) -> RedirectResponse:
    """Put the demonstration's orders into an empty house."""
    demonstration.add_orders(parts.house, parts.intake)
    return RedirectResponse("/", 303)


def tour() -> Html:
    """The first steps, until they are put aside."""
    steps = (el("li", el("strong", name), " ", what) for name, what in _STEPS)
    done = el("form", el("button", "Got it", type="submit"), method="post", action="/tour")
    return el(
        "section", el("h2", "Five steps from order to report"), el("ol", steps), done,
        class_="tour card", aria_label="First steps",
    )  # fmt: skip


def _keys(part: str) -> Html:
    told = (text(el("dt", el("kbd", key)), el("dd", what)) for key, what in KEYS[part])
    return el("section", el("h2", part), el("dl", told), class_="card")


def _commands(parts: Parts) -> Html:
    spoken = parts.house.tables.vocabulary(parts.house.language)
    rows = map(_command, spoken.table.commands)
    title = f"Voice commands ({spoken.language})"
    return table(title, "Say|Then|Command|Where", rows, "This language has none.")


def _command(rule: CommandRule) -> tuple[Child, ...]:
    said: list[Child] = [part for each in rule.says for part in (", ", f"“{each}”")]
    return (said[1:], _ARGUMENTS[rule.argument], rule.name.replace("_", " "), _PLACES[rule.where])


def _names(parts: Parts) -> Html:
    """Names that commands take."""
    told = text(text(el("dt", title), el("dd", ", ".join(names))) for title, names in _taken(parts))
    return el("section", el("h2", "Names that commands take"), el("dl", told))


def _taken(parts: Parts) -> Iterator[tuple[str, list[str]]]:
    tables = parts.house.tables
    macros = {
        macro.id.replace("_", " ") for each in tables.templates for macro in each.macros.values()
    }
    yield "Templates", sorted(each.table.title for each in tables.templates)
    yield "Macros", sorted(macros)
