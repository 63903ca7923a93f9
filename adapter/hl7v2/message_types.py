"""Message types (MSH-9): what a message is, and the refusal of what is not taken."""

from __future__ import annotations

from collections.abc import Collection

from adapter.errors import Unsupported
from adapter.hl7v2.message import Message


def type_of(message: Message) -> str:
    """`ADT^A08`; in old messages the event stands in EVN-1 alone."""
    kind = message.header.type
    if "^" in kind:
        return kind
    evn = message.first("EVN")
    event = evn.text(1) if evn else ""
    return f"{kind}^{event}" if event else kind


def check_type(kind: str, taken: Collection[str]) -> None:
    """Raise Unsupported, naming what is taken, unless `kind` is."""
    if kind in taken:
        return
    family, _, event = kind.partition("^")
    known = event and any(each.split("^")[0] == family for each in taken)
    raise Unsupported(
        f"message type {kind or '(empty)'} is not taken here; this listener takes "
        + ", ".join(sorted(taken)),
        location="MSH^1^9",
        code="event-not-supported" if known else "not-supported",
    )
