"""The worklist: queues at the side, the list, and the form that asks for another part of it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Annotated, NamedTuple

import sqlalchemy as sa
from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse
from pydantic import Field

from adapter.domain.order import Priority
from adapter.errors import Rejected
from adapter.store import changes, worklist
from adapter.store.worklist import Listed, Marks, Queue, Sort, Wanted
from adapter.web.bodies import Asked, Word
from adapter.web.pages.break_glass import offer
from adapter.web.pages.frame import Visit, Visiting, fragment, page
from adapter.web.pages.help import TOUR, tour
from adapter.web.pages.keys import by_name, keys_of
from adapter.web.pages.markup import Html, el, text
from adapter.web.pages.worklist_row import COLUMNS, Moment, next_link, row
from adapter.web.parts import Parts
from adapter.web.requests import House
from adapter.workflow.ai_modes import are_ready

router = APIRouter(include_in_schema=False)

_SHOWN = 50
_MOST_COUNTED = 1000
_LOOKED_AT = 20
_TITLES = {
    Queue.UNREAD: "Unread",
    Queue.DRAFTS: "My drafts",
    Queue.PENDING: "Pending signature",
    Queue.CRITICAL: "Critical, not told",
    Queue.FAILED: "Delivery failed",
    Queue.SIGNED: "Signed",
    Queue.ALL: "All studies",
}
_EMPTY = {
    Queue.UNREAD: "No study waits for a report.",
    Queue.DRAFTS: "You have no report in work.",
    Queue.PENDING: "No report waits for a signature.",
    Queue.CRITICAL: "Every critical finding has been told to somebody.",
    Queue.FAILED: "Every report has arrived, or is on its way.",
    Queue.SIGNED: "No report has been signed yet.",
}
_NEW_HOUSE = (
    "No order or dictation has come yet. Send one to the HL7 v2 or FHIR address of this service, or"
    " try it with:"
)
_OR = "Or look at it with synthetic patients:"


class Ask(Asked):
    """What part of the list is asked for. Searches come by POST: no name stands in an address."""

    queue: Queue = Queue.UNREAD
    """Queue."""
    q: Word = Field("", max_length=200)
    """Words: name, MRN, accession, procedure."""
    modality: Word = Field("", max_length=200)
    """Modality."""
    priority: Priority | None = None
    """Priority."""
    order: Word = Field("", pattern=f"^(-?({'|'.join(Sort)}))?$")
    """A Sort, with - the other way round; left out: STAT first, or last changed first where
    studies are done with."""
    after: Word = Field("", max_length=2_000)
    """Where the page begins: the key of the last row of the page before."""

    def wanted(self, person: str) -> Wanted:
        """As the store knows it; raises Rejected when `after` is no key."""
        newest = self.queue in (Queue.ALL, Queue.SIGNED)
        order = self.order or (f"-{Sort.CHANGED}" if newest else Sort.PRIORITY)
        return Wanted(
            queue=self.queue,
            text=self.q,
            modality=self.modality,
            priority=self.priority,
            sort=Sort(order.removeprefix("-")),
            down=order.startswith("-"),
            person=person,
            after=_key(self.after),
        )


class _Found(NamedTuple):
    listed: Listed
    marks: dict[str, Marks]
    counts: dict[Queue, int]
    modalities: list[str]
    since: int
    restricted: str = ""


@router.get("/", response_class=HTMLResponse)
def show(visit: Visiting, parts: House, ask: Annotated[Ask, Query()]) -> HTMLResponse:
    """The worklist."""
    return _page(visit, parts, ask)


@router.post("/", response_class=HTMLResponse)
def search(visit: Visiting, parts: House, ask: Annotated[Ask, Form()]) -> HTMLResponse:
    """The worklist as the form asks for it."""
    return _page(visit, parts, ask)


@router.post("/worklist", response_class=HTMLResponse)
def part(visit: Visiting, parts: House, ask: Annotated[Ask, Form()]) -> HTMLResponse:
    """Queues and list alone, for the module that puts them in their place."""
    return fragment(*_inside(visit, parts, ask))


class NextAsk(Ask):
    """Which part of the list, and which study of it is done with."""

    but: Word = Field("", max_length=200)
    """Its accession."""


@router.post("/worklist/next", response_class=HTMLResponse)
def next_study(visit: Visiting, parts: House, ask: Annotated[NextAsk, Form()]) -> HTMLResponse:
    """A link to the first study of that part that nobody else has open."""
    me = visit.caller.named().id
    with parts.house.database.read() as tx:
        studies = worklist.page(tx, ask.wanted(me), _LOOKED_AT).studies
        marks = worklist.marks(tx, [e.order.accession for e in studies], parts.house.now())
    for each in studies:
        lock = marks[each.order.accession].lock
        if each.order.accession != ask.but and (lock is None or lock.person.id == me):
            return fragment(next_link(each))
    done = "Nothing else waits here: "
    back = el("a", "the list", href=f"/?queue={ask.queue}")
    return fragment(el("span", done, back, class_="muted"))


def _page(visit: Visit, parts: Parts, ask: Ask) -> HTMLResponse:
    inside, keys = _inside(visit, parts, ask), keys_of(parts, visit)
    whole = el("div", inside, id="worklist", class_="worklist")
    steps = None if TOUR in visit.cookies else tour(keys)
    return page(
        visit, "Worklist", steps, whole, here="/", modules=("worklist.js",), heading=False,
        kind="wide", keys=by_name(keys),
    )  # fmt: skip


def _inside(visit: Visit, parts: Parts, ask: Ask) -> Iterator[Html]:
    """The two halves of the page."""
    found = _find(visit, parts, ask)
    moment = Moment(parts.house.clock.now(), parts.workspace.turnaround_minutes)
    yield _queues(ask, found)
    yield el(
        "section",
        _form(ask, found),
        offer(found.restricted) if found.restricted else None,
        _list(ask, found, moment),
        aria_label=_TITLES[ask.queue],
        data_since=found.since,
    )


def _find(visit: Visit, parts: Parts, ask: Ask) -> _Found:
    person = visit.caller.named().id
    with parts.house.database.read() as tx:
        since = changes.last(tx)  # first: what comes while the rest is read is told again
        try:
            listed = worklist.page(tx, ask.wanted(person), _SHOWN)
        except ValueError:
            raise _no_key() from None
        accessions = [each.order.accession for each in listed.studies]
        marks = worklist.marks(tx, accessions, parts.house.now())
        for accession, is_ready in are_ready(tx, listed.studies, parts.house.tables).items():
            marks[accession].ai = is_ready
        return _Found(
            listed,
            marks,
            worklist.counts(tx, person, _MOST_COUNTED),
            worklist.modalities(tx),
            since,
            _restricted(visit, parts, tx, ask.q.strip()),
        )


def _restricted(visit: Visit, parts: Parts, tx: sa.Connection, told: str) -> str:
    """The accession, where this is exactly that of a study that the visitor may break glass for."""
    may = bool(told) and visit.caller.may("POST", "/break-glass")
    return told if may and parts.study_access.offers(tx, told) else ""


def _queues(ask: Ask, found: _Found) -> Html:
    return el(
        "nav",
        el("ul", (_queue(queue, ask, found.counts.get(queue)) for queue in Queue)),
        class_="queues",
        aria_label="Queues",
    )


def _queue(queue: Queue, ask: Ask, count: int | None) -> Html:
    shown = None if count is None else f"{count}+" if count >= _MOST_COUNTED else str(count)
    loud = queue in (Queue.CRITICAL, Queue.FAILED) and count
    mark = el("span", shown, class_="count loud" if loud else "count") if shown else None
    here = "page" if queue is ask.queue else None
    return el("li", el("a", _TITLES[queue], " ", mark, href=f"/?queue={queue}", aria_current=here))


def _form(ask: Ask, found: _Found) -> Html:
    modalities = (
        el("option", each or "Any modality", value=each, selected=each == ask.modality)
        for each in ("", *found.modalities)
    )
    priorities = (
        el("option", each.capitalize() or "Any priority", value=each, selected=each == ask.priority)
        for each in ("", *Priority)
    )
    return el(
        "form",
        el("input", type="hidden", name="queue", value=ask.queue),
        el("h1", _TITLES[ask.queue]),
        el(
            "input", type="search", name="q", value=ask.q, placeholder="Name, MRN, accession, exam",
            aria_label="Search", autocomplete="off",
        ),
        el("select", modalities, name="modality", aria_label="Modality"),
        el("select", priorities, name="priority", aria_label="Priority"),
        el("button", "Search", type="submit"),
        el("span", class_="line", role="status"),
        id="ask", method="post", action="/", role="search", class_="asking",
    )  # fmt: skip


def _list(ask: Ask, found: _Found, moment: Moment) -> Html:
    if not found.listed.studies:
        return _empty(ask)
    head = el("tr", (_heading(name, sort, ask) for name, sort in COLUMNS))
    rows = [row(each, found.marks[each.order.accession], moment) for each in found.listed.studies]
    whole = el("table", el("thead", head), el("tbody", rows, id="rows"), class_="studies")
    return text(el("div", whole, class_="scroll"), _more(ask, found.listed.next))


def _heading(name: str, sort: Sort | None, ask: Ask) -> Html:
    """A column; where the list can be ordered by it, a button of the form that asks."""
    if sort is None:
        return el("th", name, scope="col")
    now = ask.wanted("")
    here = now.sort is sort
    other = f"-{sort}" if here and not now.down else sort
    button = el("button", name, form="ask", name="order", value=other, class_="sort")
    order = ("descending" if now.down else "ascending") if here else None
    return el("th", button, scope="col", aria_sort=order)


def _more(ask: Ask, key: tuple[str | int, ...]) -> Html | None:
    if not key:
        return None
    hidden = ask.model_dump(mode="json", exclude_none=True) | {"after": _text(key)}
    inputs = (el("input", type="hidden", name=name, value=str(v)) for name, v in hidden.items())
    button = el("button", "More", type="submit")
    return el("form", inputs, button, method="post", action="/", class_="more")


def _empty(ask: Ask) -> Html:
    if ask.q or ask.modality or ask.priority:
        return el("p", "No study of this queue is like that.", class_="none empty")
    if ask.queue is Queue.ALL:
        how = el("pre", "readout send order order.hl7 --to 127.0.0.1:2575")
        button = el("button", "Add the demonstration's orders", type="submit")
        demo = el("form", button, method="post", action="/demonstration")
        return el("div", el("p", _NEW_HOUSE), how, el("p", _OR), demo, class_="empty")
    other = el("a", "All studies", href="/?queue=all")
    return el("p", _EMPTY[ask.queue], " ", other, class_="none empty")


def _text(key: tuple[str | int, ...]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _key(told: str) -> tuple[str | int, ...]:
    try:
        found = json.loads(base64.urlsafe_b64decode(told.encode())) if told else []
    except (binascii.Error, ValueError):
        raise _no_key() from None
    if not isinstance(found, list) or not all(isinstance(each, str | int) for each in found):
        raise _no_key()
    return tuple(found)


def _no_key() -> Rejected:
    return Rejected("this page of the list is gone; begin at the first one", code="after")
