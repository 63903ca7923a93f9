"""Messages as rows of the pages' tables; every cell is HTML."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from adapter.store.message_log import LoggedDelivery, LoggedMessage
from adapter.web.page import link, minute

MESSAGES = "Received|State|Type|Sender|Control id|Reason"
DELIVERIES = "Issued|State|Kind|Accession|Destination|Control id|Answer"


def message_row(row: LoggedMessage) -> tuple[str, ...]:
    """Cells of a message that came in, below `MESSAGES`."""
    named = row.control_id or f"message {row.id}"
    cells = (minute(row.received_at), row.state, row.type, row.sender)
    return (*map(escape, cells), link(f"/messages/{row.id}", named), escape(row.reason))


def delivery_row(row: LoggedDelivery) -> tuple[str, ...]:
    """Cells of a message that goes out, below `DELIVERIES`."""
    cells = (minute(row.issued_at), row.state, row.kind, row.accession, row.destination)
    answer = f"{row.answer} {row.answer_text}".strip()
    named = link(delivery_path(row.control_id), row.control_id)
    return (*map(escape, cells), named, escape(answer))


def delivery_path(control_id: str) -> str:
    """Address of the page of a message that goes out."""
    return f"/deliveries/{quote(control_id, safe='')}"
