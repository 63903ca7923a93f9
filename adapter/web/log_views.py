"""The log of messages as answers; patient data is revealed to the person who reads it."""

from __future__ import annotations

from dataclasses import asdict

from adapter.store.message_log import LoggedDelivery, LoggedMessage
from adapter.web.answers import DeliveryView
from adapter.web.log_answers import ContentView, MessageView, SegmentView
from adapter.workflow.message_log import Opened


def message_view(row: LoggedMessage) -> MessageView:
    """A received message without its content."""
    return MessageView(**{name: getattr(row, name) for name in MessageView.model_fields})


def logged_delivery_view(row: LoggedDelivery) -> DeliveryView:
    """A delivery of the log."""
    return DeliveryView(**{name: getattr(row, name) for name in DeliveryView.model_fields})


def content_view(
    opened: Opened[LoggedMessage] | Opened[LoggedDelivery], *, with_hex: bool
) -> ContentView:
    """What a message holds."""
    shown = opened.shown
    return ContentView(
        charset=shown.charset,
        charset_problem=shown.charset_problem,
        text=shown.text,
        hex=opened.body.hex() if with_hex else None,
        segments=[SegmentView.model_validate(asdict(each)) for each in shown.segments],
        complete=shown.complete,
        problem=opened.problem,
    )
