"""Pages of the log: search with a form, read one message by segments and fields with names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field, NaiveDatetime

from adapter.domain.delivery import DeliveryKind, DeliveryState
from adapter.domain.message import MessageState
from adapter.store.message_log import LARGEST_ID
from adapter.web.bodies import Asked, Prose, Word
from adapter.web.callers import Calling
from adapter.web.pages.frame import Visit, Visiting, link, minute, page, table
from adapter.web.pages.markup import Html, el, text
from adapter.web.pages.message_rows import (
    DELIVERIES,
    MESSAGES,
    delivery_path,
    delivery_row,
    message_row,
    study_path,
)
from adapter.web.pages.message_view import again_form, message_html
from adapter.web.requests import ControlIdInPath, House
from adapter.workflow.message_log import Query

router = APIRouter(include_in_schema=False)

_SHOWN = 50
_NOTHING = "No message is like this."
_NOT_YET = "There is none yet."
_MORE = "None among the messages looked into; go on to older ones."


class SearchForm(Asked):
    """What the form asks for; times are UTC."""

    accession: Word = Field("", max_length=64)
    """Accession number."""
    order: Word = Field("", max_length=200)
    """Number of the order."""
    patient: Word = Field("", max_length=200)
    """A number of the patient."""
    control_id: Word = Field("", max_length=250)
    """MSH-10."""
    kind: Word = Field("", max_length=250)
    """Message type, or kind of report."""
    peer: Word = Field("", max_length=501)
    """Sender, or destination."""
    state: Word = Field("", max_length=20)
    """State."""
    since: NaiveDatetime | None = None
    """Not earlier than this."""
    until: NaiveDatetime | None = None
    """Earlier than this."""
    text: Prose = Field("", max_length=200)
    """What the body holds."""
    before: int | None = Field(None, ge=1, le=LARGEST_ID)
    """Where the page begins."""

    def query(self) -> Query:
        """The search."""
        values = self.model_dump(exclude={"before", "since", "until"})
        return Query(**values, since=_utc(self.since), until=_utc(self.until))


class AgainForm(Asked):
    """A message is to be applied again."""

    force: bool = False
    """Also one that is applied."""


Asking = Annotated[SearchForm, Form()]
_NEWEST = SearchForm.model_validate({})


@router.get("/messages", response_class=HTMLResponse)
def messages(visit: Visiting, parts: House) -> HTMLResponse:
    """The newest messages that came in, and the form that finds others."""
    return _messages(visit, parts, _NEWEST)


@router.post("/messages", response_class=HTMLResponse)
def find_messages(visit: Visiting, parts: House, form: Asking) -> HTMLResponse:
    """Messages that came in, as the form asks; nothing of it stands in the address."""
    return _messages(visit, parts, form)


@router.get("/deliveries", response_class=HTMLResponse)
def deliveries(visit: Visiting, parts: House) -> HTMLResponse:
    """The newest messages that go out, and the form that finds others."""
    return _deliveries(visit, parts, _NEWEST)


@router.post("/deliveries", response_class=HTMLResponse)
def find_deliveries(visit: Visiting, parts: House, form: Asking) -> HTMLResponse:
    """Messages that go out, as the form asks."""
    return _deliveries(visit, parts, form)


@router.get("/messages/{id}", response_class=HTMLResponse)
def message(id: int, visit: Visiting, parts: House) -> HTMLResponse:
    """One message that came in."""
    opened = parts.log.open_received(id)
    row = opened.row
    facts = {
        "State": f"{row.state}: {row.reason}" if row.reason else row.state,
        "Received": text(minute(row.received_at), f" from {row.peer}"),
        "Sender": row.sender,
        "Control id": row.control_id,
        "Accessions": text([link(study_path(each), each), " "] for each in opened.accessions),
    }
    again = "" if row.state == MessageState.REFUSED else "It is applied; newer contents may be lost"
    form = again_form(f"/messages/{id}/replay", "Apply it again", force=again)
    body = message_html(opened, facts, form if row.state != MessageState.RECEIVED else None)
    return page(visit, f"{row.type or 'Message'} {row.control_id}", body, here="/messages")


@router.post("/messages/{id}/replay")
def replay(
    id: int, form: Annotated[AgainForm, Form()], caller: Calling, parts: House
) -> RedirectResponse:
    """Apply a message again from its bytes."""
    parts.log.replay(id, caller.named(), force=form.force)
    parts.intake.wake()
    return RedirectResponse(f"/messages/{id}", 303)


@router.get("/deliveries/{control_id}", response_class=HTMLResponse)
def delivery(control_id: ControlIdInPath, visit: Visiting, parts: House) -> HTMLResponse:
    """One message that goes out."""
    opened = parts.log.open_sent(control_id)
    row = opened.row
    facts = {
        "State": f"{row.state}, attempts: {row.attempts}",
        "Issued": minute(row.issued_at),
        "Destination": row.destination,
        "Accession": link(study_path(row.accession), row.accession),
        "Answer": text(f"{row.answer} {row.answer_text} ".strip(), " ", minute(row.answered_at)),
    }
    form = again_form(f"{delivery_path(control_id)}/resend", "Send it again")
    body = message_html(opened, facts, form if row.state == DeliveryState.HELD else None)
    return page(visit, f"Report ({row.kind}) {control_id}", body, here="/deliveries")


@router.post("/deliveries/{control_id}/resend")
def resend(control_id: ControlIdInPath, caller: Calling, parts: House) -> RedirectResponse:
    """Send a held message again."""
    parts.deliveries.resend(control_id, caller.named())
    return RedirectResponse(delivery_path(control_id), 303)


def _messages(visit: Visit, parts: House, form: SearchForm) -> HTMLResponse:
    found = parts.log.received(form.query(), form.before, _SHOWN)
    shown = table("Newest first", MESSAGES, map(message_row, found.rows), _none(form, found.next))
    asked = _form("/messages", form, "Type", "Sender", MessageState)
    older = _older("/messages", form, found.next)
    return page(visit, "Messages in", asked, shown, older, here="/messages")


def _deliveries(visit: Visit, parts: House, form: SearchForm) -> HTMLResponse:
    found = parts.log.sent(form.query(), form.before, _SHOWN)
    shown = table(
        "Newest first", DELIVERIES, map(delivery_row, found.rows), _none(form, found.next)
    )
    asked = _form("/deliveries", form, "Kind", "Destination", DeliveryState, DeliveryKind)
    older = _older("/deliveries", form, found.next)
    return page(visit, "Messages out", asked, shown, older, here="/deliveries")


def _none(form: SearchForm, more: int | None) -> str:
    if more is not None:
        return _MORE
    return _NOT_YET if form == _NEWEST else _NOTHING


def _form(
    path: str,
    form: SearchForm,
    kind: str,
    peer: str,
    states: Iterable[str],
    kinds: Iterable[str] = (),
) -> Html:
    labels = {
        "accession": "Accession",
        "order": "Order number",
        "patient": "Patient number",
        "control_id": "Control id",
        "kind": kind,
        "peer": peer,
        "text": "Text in the message",
        "state": "State",
    }
    values = _values(form)
    choices = {"kind": tuple(kinds), "state": tuple(states)}
    return el(
        "form",
        (
            _choice(name, label, values[name], choices[name])
            if choices.get(name)
            else _input(name, label, values[name])
            for name, label in labels.items()
        ),
        _input("since", "From (UTC)", values["since"], "datetime-local"),
        _input("until", "Until (UTC)", values["until"], "datetime-local"),
        el("button", "Search", type="submit", class_="main"),
        class_="search",
        role="search",
        method="post",
        action=path,
        autocomplete="off",
    )


def _input(name: str, label: str, value: str, kind: str = "text") -> Html:
    return el("label", label, el("input", type=kind, name=name, value=value))


def _choice(name: str, label: str, value: str, choices: Iterable[str]) -> Html:
    options = (
        el("option", each or "any", value=each, selected=each == value) for each in ("", *choices)
    )
    return el("label", label, el("select", options, name=name))


def _older(path: str, form: SearchForm, before: int | None) -> Html | None:
    if before is None:
        return None
    values = _values(form) | {"before": str(before)}
    hidden = (
        el("input", type="hidden", name=name, value=value)
        for name, value in values.items()
        if value
    )
    return el("form", hidden, el("button", "Older messages"), method="post", action=path)


def _values(form: SearchForm) -> dict[str, str]:
    """The form's values as its inputs hold them."""
    values = form.model_dump(mode="json")
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _utc(moment: Any) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
