"""Messages as rows of the pages' tables."""

from __future__ import annotations

from urllib.parse import quote

from adapter.domain.delivery import DeliveryState
from adapter.domain.message import MessageState
from adapter.store.message_log import LoggedDelivery, LoggedMessage
from adapter.web.pages.frame import link, minute
from adapter.web.pages.markup import Child, Html, el

MESSAGES = "Received|State|Type|Sender|Control id|Reason"
DELIVERIES = "Issued|State|Kind|Accession|Destination|Control id|Answer"
_MARKS = {
    MessageState.REFUSED: "danger",
    MessageState.RECEIVED: "info",
    MessageState.WAITING: "info",
    DeliveryState.HELD: "danger",
    DeliveryState.PENDING: "info",
    DeliveryState.ACKNOWLEDGED: "good",
}


def message_row(row: LoggedMessage) -> tuple[Child, ...]:
    """Cells of a message that came in, below `MESSAGES`."""
    named = link(f"/messages/{row.id}", row.control_id or f"message {row.id}")
    return (minute(row.received_at), state_chip(row.state), row.type, row.sender, named, row.reason)


def delivery_row(row: LoggedDelivery) -> tuple[Child, ...]:
    """Cells of a message that goes out, below `DELIVERIES`."""
    return (
        minute(row.issued_at),
        state_chip(row.state),
        row.kind,
        link(study_path(row.accession), row.accession),
        row.destination,
        link(delivery_path(row.control_id), row.control_id),
        f"{row.answer} {row.answer_text}".strip(),
    )


def state_chip(state: str) -> Html:
    """Where a message or delivery stands, as a mark."""
    mark = next((each for known, each in _MARKS.items() if known == state), "")
    return el("span", state, class_=f"chip {mark}".strip())


def delivery_path(control_id: str) -> str:
    """Address of the page of a message that goes out."""
    return f"/deliveries/{quote(control_id, safe='')}"


def study_path(accession: str) -> str:
    """Address of the reporting page of a study."""
    return f"/studies/{quote(accession, safe='')}"
