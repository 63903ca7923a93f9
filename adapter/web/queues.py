"""What came in and was refused, what goes out and is held."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from adapter.domain.delivery import DeliveryState
from adapter.domain.message import MessageState
from adapter.store import deliveries, messages
from adapter.web.answers import DeliveryList, MessageList, ReleasedView
from adapter.web.requests import House
from adapter.web.views import delivery_view, message_view

router = APIRouter(prefix="/api", tags=["queues"])

Limit = Annotated[int, Query(ge=1, le=500)]


@router.get("/messages")
def received(parts: House, state: MessageState | None = None, limit: Limit = 50) -> MessageList:
    """Messages as they came, newest first, without their content."""
    with parts.house.database.read() as tx:
        found = messages.recent(tx, limit, state)
    return MessageList(messages=[message_view(each) for each in found])


@router.get("/deliveries")
def owed(
    parts: House, state: DeliveryState = DeliveryState.HELD, limit: Limit = 50
) -> DeliveryList:
    """Deliveries of one state, oldest first."""
    with parts.house.database.read() as tx:
        found = deliveries.of_state(tx, state, limit)
    return DeliveryList(deliveries=[delivery_view(each) for each in found])


@router.post("/deliveries/{control_id}/resend", status_code=202)
def resend(control_id: str, parts: House) -> ReleasedView:
    """Send a held delivery again: the same bytes under the same control id."""
    parts.deliveries.resend(control_id)
    return ReleasedView(control_id=control_id, state=DeliveryState.PENDING)
