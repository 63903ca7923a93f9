"""Help: keys, voice commands as the vocabulary has them, and the tour of the first day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field

from adapter.mapping.vocabulary_table import CommandRule
from adapter.store import preferences
from adapter.web.bodies import Asked, Word
from adapter.web.callers import Calling
from adapter.web.pages.frame import Visit, Visiting, page, table
from adapter.web.pages.keys import (
    ACTS,
    PREFERENCE,
    faults,
    keys_of,
    to_keep,
    told,
)
from adapter.web.pages.markup import Child, Html, el, text
from adapter.web.parts import Parts
from adapter.web.requests import House
from adapter.workflow import demonstration

router = APIRouter(include_in_schema=False)

TOUR = "readout_tour"
"""Cookie of a browser whose user has seen the tour."""

_HOW_TO_CHOOSE = (
    "Press the key you want in its box; Backspace brings the usual one back. They are yours alone,"
    " at every workstation."
)
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
    ("By keyboard", "{down} and {up} go through the list, Enter opens a study, {search} searches,"
     " ? helps."),
    ("Speak", "Hold {talk} and dictate. What was heard appears at the bottom, then in its"
     " section."),
    ("Look", "Each sentence shows where it came from. Conflicts with AI findings and the checks"
     " stand at the right; {flag} goes through what must be cleared."),
    ("Sign", "{sign} shows what the EHR will get, Enter signs. The next study is offered at once."),
)  # fmt: skip


class KeysForm(Asked):
    """A key for each thing that one can be chosen for."""

    talk: Word = Field(max_length=20)
    """Talk."""
    replay: Word = Field(max_length=20)
    """Play again."""
    flag: Word = Field(max_length=20)
    """Next flag."""
    accept: Word = Field(max_length=20)
    """Accept an AI finding."""
    reject: Word = Field(max_length=20)
    """Reject an AI finding."""
    sign: Word = Field(max_length=20)
    """Sign."""
    down: Word = Field(max_length=20)
    """Next study of the list."""
    up: Word = Field(max_length=20)
    """Previous study of the list."""
    search: Word = Field(max_length=20)
    """Search the list."""


@router.get("/help", response_class=HTMLResponse)
def show(visit: Visiting, parts: House) -> HTMLResponse:
    """Keys and voice commands."""
    return _help(visit, parts, keys_of(parts, visit))


@router.post("/help/keys")
def choose_keys(visit: Visiting, parts: House, form: Annotated[KeysForm, Form()]) -> Response:
    """Keep this person's keys, or say what is wrong with them."""
    keys = {act: " ".join(key.split()) for act, key in form.model_dump().items()}
    if found := faults(keys):
        return _help(visit, parts, keys, found)
    with parts.house.database.write() as tx:
        preferences.put(tx, visit.caller.named().id, PREFERENCE, to_keep(keys))
    return RedirectResponse("/help", 303)


def _help(
    visit: Visit, parts: Parts, keys: Mapping[str, str], found: Sequence[str] = ()
) -> HTMLResponse:
    shown = told(keys if not found else keys_of(parts, visit))
    return page(
        visit,
        "Keys and voice commands",
        el("div", (_keys(part, each) for part, each in shown.items()), class_="cards"),
        _choice(keys, found),
        _commands(parts),
        _names(parts),
        here="/help",
        modules=("help.js",),
        status=422 if found else 200,
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


def tour(keys: Mapping[str, str]) -> Html:
    """The first steps, until they are put aside."""
    steps = (el("li", el("strong", name), " ", what.format(**keys)) for name, what in _STEPS)
    done = el("form", el("button", "Got it", type="submit"), method="post", action="/tour")
    return el(
        "section", el("h2", "Five steps from order to report"), el("ol", steps), done,
        class_="tour card", aria_label="First steps",
    )  # fmt: skip


def _keys(part: str, keys: Iterable[tuple[str, str]]) -> Html:
    rows = (text(el("dt", el("kbd", key)), el("dd", what)) for key, what in keys)
    return el("section", el("h2", part), el("dl", rows), class_="card")


def _choice(keys: Mapping[str, str], found: Sequence[str]) -> Html:
    """The form in which a person chooses other keys; by keyboard, with and without scripts."""
    lines = el("ul", (el("li", each) for each in found), class_="plain")
    wrong = el("div", lines, class_="note danger", role="alert")
    inputs = (
        el("label", f"{act.what.partition(';')[0]} ({act.part.lower()})",
           el("input", name=act.id, value=keys[act.id], required=True, maxlength=20,
              autocomplete="off", spellcheck="false", data_usual=act.key))
        for act in ACTS
    )  # fmt: skip
    return el(
        "section",
        el("h2", "Your keys"),
        el("p", _HOW_TO_CHOOSE, class_="muted"),
        wrong if found else None,
        el("form", inputs, el("button", "Keep these keys", type="submit", class_="main"),
           method="post", action="/help/keys", id="keys", class_="search"),
    )  # fmt: skip


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
    rows = text(text(el("dt", title), el("dd", ", ".join(names))) for title, names in _taken(parts))
    return el("section", el("h2", "Names that commands take"), el("dl", rows))


def _taken(parts: Parts) -> Iterator[tuple[str, list[str]]]:
    tables = parts.house.tables
    macros = {
        macro.id.replace("_", " ") for each in tables.templates for macro in each.macros.values()
    }
    yield "Templates", sorted(each.table.title for each in tables.templates)
    yield "Macros", sorted(macros)
