"""Bodies of answers about the log of messages."""

from __future__ import annotations

from adapter.web.answers import DeliveryView, Shown


class MessageView(Shown):
    """A message as it came in; its content is not shown here."""

    id: int
    protocol: str
    peer: str
    """Address that it came from."""
    sender: str
    control_id: str
    type: str
    received_at: str
    state: str
    """received, applied or refused."""
    reason: str
    size_bytes: int
    body_sha256: str


class MessageList(Shown):
    """A page of messages, newest first."""

    messages: list[MessageView]
    next: int | None
    """`before` of the next page; null on the last one."""


class PartView(Shown):
    """One value of a field."""

    place: str
    """Such as `PID-5.1`; of a later repetition `PID-3(2).4`, of a subcomponent `PID-3.4.2`."""
    name: str
    """Name of the component; empty: it has none."""
    text: str
    """The value, escapes decoded."""


class FieldView(Shown):
    """One filled field."""

    place: str
    name: str
    raw: str
    """As it stands in the message."""
    parts: list[PartView]


class SegmentView(Shown):
    """One segment."""

    id: str
    name: str
    start: int
    """Byte offset in the message."""
    end: int
    fields: list[FieldView]


class ContentView(Shown):
    """What a message holds."""

    charset: str
    charset_problem: str
    """Why the fallback read it; empty: it is as MSH-18 says."""
    text: str
    """All bytes as text."""
    hex: str | None
    """All bytes in hex, where they were asked for."""
    segments: list[SegmentView]
    """Of HL7 v2."""
    complete: bool
    """False: there are more values than are shown."""
    problem: str
    """Why it cannot be read as a message; empty: it can."""


class MessageDetail(Shown):
    """One message that came in, with its content."""

    message: MessageView
    accessions: list[str]
    remarks: list[str]
    """Replays, and the proof of a body that was removed."""
    content: ContentView


class DeliveryDetail(Shown):
    """One message that goes out, with its content."""

    delivery: DeliveryView
    remarks: list[str]
    """The proof of a body that was removed."""
    content: ContentView


class DeliveryList(Shown):
    """A page of deliveries, newest first."""

    deliveries: list[DeliveryView]
    next: int | None
    """`before` of the next page; null on the last one."""
