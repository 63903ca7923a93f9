"""Pages of the log: search with a form, read one message by segments and fields with names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse
from pydantic import Field, NaiveDatetime

from adapter.domain.delivery import DeliveryKind, DeliveryState
from adapter.domain.message import MessageState
from adapter.domain.people import Practitioner
from adapter.store.message_log import LARGEST_ID
from adapter.web.bodies import Asked, Prose, Word
from adapter.web.message_html import message_html, person_form
from adapter.web.message_rows import DELIVERIES, MESSAGES, delivery_path, delivery_row, message_row
from adapter.web.page import minute, page, table
from adapter.web.requests import ControlIdInPath, House
from adapter.workflow.message_log import Query

router = APIRouter(tags=["pages"])

_SHOWN = 50
_NOTHING = "No message is like this."
_MORE = "None among the messages looked into; go on to older ones."


class SearchForm(Asked):
    """What the form asks for; times are UTC."""

    accession: Word = Field("", max_length=64)
    """Accession number."""
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
    """Who asks for a message to be applied or sent again."""

    person: Word = Field(min_length=1, max_length=64)
    """Number in the hospital's directory."""
    force: bool = False
    """Also one that is applied."""


Asking = Annotated[SearchForm, Form()]
_NEWEST = SearchForm.model_validate({})


@router.get("/messages", response_class=HTMLResponse)
def messages(parts: House) -> HTMLResponse:
    """The newest messages that came in, and the form that finds others."""
    return _messages(parts, _NEWEST)


@router.post("/messages", response_class=HTMLResponse)
def find_messages(parts: House, form: Asking) -> HTMLResponse:
    """Messages that came in, as the form asks; nothing of it stands in the address."""
    return _messages(parts, form)


@router.get("/deliveries", response_class=HTMLResponse)
def deliveries(parts: House) -> HTMLResponse:
    """The newest messages that go out, and the form that finds others."""
    return _deliveries(parts, _NEWEST)


@router.post("/deliveries", response_class=HTMLResponse)
def find_deliveries(parts: House, form: Asking) -> HTMLResponse:
    """Messages that go out, as the form asks."""
    return _deliveries(parts, form)


@router.get("/messages/{id}", response_class=HTMLResponse)
def message(id: int, parts: House) -> HTMLResponse:
    """One message that came in."""
    opened = parts.log.open_received(id)
    row = opened.row
    facts = {
        "State": f"{row.state}: {row.reason}" if row.reason else row.state,
        "Received": f"{minute(row.received_at)} from {row.peer}",
        "Sender": row.sender,
        "Control id": row.control_id,
        "Accessions": ", ".join(opened.accessions),
    }
    again = "" if row.state == MessageState.REFUSED else "It is applied; newer contents may be lost"
    form = person_form(f"/messages/{id}/replay", "Apply it again", force=again)
    body = message_html(opened, facts, form if row.state != MessageState.RECEIVED else "")
    return page(f"{row.type or 'Message'} {row.control_id}", body, here="")


@router.post("/messages/{id}/replay", response_class=HTMLResponse)
def replay(id: int, form: Annotated[AgainForm, Form()], parts: House) -> HTMLResponse:
    """Apply a message again from its bytes."""
    parts.log.replay(id, Practitioner(form.person), force=form.force)
    parts.intake.wake()
    return message(id, parts)


@router.get("/deliveries/{control_id}", response_class=HTMLResponse)
def delivery(control_id: ControlIdInPath, parts: House) -> HTMLResponse:
    """One message that goes out."""
    opened = parts.log.open_sent(control_id)
    row = opened.row
    facts = {
        "State": f"{row.state} after {row.attempts} attempts",
        "Issued": minute(row.issued_at),
        "Destination": row.destination,
        "Accession": row.accession,
        "Answer": f"{row.answer} {row.answer_text} {minute(row.answered_at)}".strip(),
    }
    form = person_form(f"{delivery_path(control_id)}/resend", "Send it again")
    body = message_html(opened, facts, form if row.state == DeliveryState.HELD else "")
    return page(f"Report ({row.kind}) {control_id}", body, here="")


@router.post("/deliveries/{control_id}/resend", response_class=HTMLResponse)
def resend(
    control_id: ControlIdInPath, form: Annotated[AgainForm, Form()], parts: House
) -> HTMLResponse:
    """Send a held message again."""
    parts.deliveries.resend(control_id, Practitioner(form.person))
    return delivery(control_id, parts)


def _messages(parts: House, form: SearchForm) -> HTMLResponse:
    found = parts.log.received(form.query(), form.before, _SHOWN)
    shown = table("Newest first", MESSAGES, map(message_row, found.rows), _none(found.next))
    body = _form("/messages", form, "Type", "Sender", list(MessageState)) + shown
    return page("Messages in", body + _older("/messages", form, found.next), here="/messages")


def _deliveries(parts: House, form: SearchForm) -> HTMLResponse:
    found = parts.log.sent(form.query(), form.before, _SHOWN)
    shown = table("Newest first", DELIVERIES, map(delivery_row, found.rows), _none(found.next))
    kinds = f"Kind ({', '.join(DeliveryKind)})"
    body = _form("/deliveries", form, kinds, "Destination", list(DeliveryState)) + shown
    return page("Messages out", body + _older("/deliveries", form, found.next), here="/deliveries")


def _none(more: int | None) -> str:
    return _NOTHING if more is None else _MORE


def _form(path: str, form: SearchForm, kind: str, peer: str, states: Iterable[str]) -> str:
    labels = {
        "accession": "Accession",
        "patient": "Patient number",
        "control_id": "Control id",
        "kind": kind,
        "peer": peer,
        "text": "Text in the message",
    }
    values = _values(form)
    inputs = "".join(_input(name, label, values[name]) for name, label in labels.items())
    options = "".join(
        f'<option value="{each}"{" selected" * (each == form.state)}>{each or "any"}</option>'
        for each in ("", *states)
    )
    state = f'<label>State<select name="state">{options}</select></label>'
    times = _input("since", "From (UTC)", values["since"], "datetime-local")
    times += _input("until", "Until (UTC)", values["until"], "datetime-local")
    return (
        f'<form class="search" role="search" method="post" action="{path}" autocomplete="off">'
        f'{inputs}{state}{times}<button type="submit">Search</button></form>'
    )


def _input(name: str, label: str, value: str, kind: str = "text") -> str:
    return (
        f'<label>{escape(label)}<input type="{kind}" name="{name}" value="{escape(value)}"></label>'
    )


def _older(path: str, form: SearchForm, before: int | None) -> str:
    if before is None:
        return ""
    values = _values(form) | {"before": str(before)}
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in values.items()
        if value
    )
    button = '<p><button type="submit">Older messages</button></p>'
    return f'<form method="post" action="{path}">{hidden}{button}</form>'


def _values(form: SearchForm) -> dict[str, str]:
    """The form's values as its inputs hold them."""
    values = form.model_dump(mode="json")
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _utc(moment: Any) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
