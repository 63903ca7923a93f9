"""The log of messages: what came in, what goes out; send again, apply again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from adapter.domain.delivery import DeliveryState
from adapter.store.message_log import LoggedDelivery, LoggedMessage, Page
from adapter.web.answers import ReleasedView
from adapter.web.bodies import ByPerson, DeliveryQuery, LogQuery, MessageQuery, Replay
from adapter.web.log_answers import (
    DeliveryDetail,
    DeliveryList,
    MessageDetail,
    MessageList,
    MessageView,
)
from adapter.web.log_views import content_view, logged_delivery_view, message_view
from adapter.web.parts import Parts
from adapter.web.requests import ControlIdInPath, House, practitioner
from adapter.workflow.message_log import Query as Wanted

router = APIRouter(prefix="/api", tags=["queues"])

Hex = Annotated[bool, Query(description="Give the bytes in hex as well.")]
_PAGING = {"before", "limit"}


@router.get("/messages")
def received(parts: House, query: Annotated[MessageQuery, Query()]) -> MessageList:
    """Messages as they came, newest first, without their content."""
    return message_list(find_received(parts, query))


@router.post("/messages/search")
def search_received(parts: House, query: MessageQuery) -> MessageList:
    """The same with what is looked for in the body: no patient's number gets into an address."""
    return message_list(find_received(parts, query))


@router.get("/messages/{id}")
def one_received(id: int, parts: House, hex: Hex = False) -> MessageDetail:
    """A message with its bytes, segments and fields."""
    opened = parts.log.open_received(id)
    return MessageDetail(
        message=message_view(opened.row),
        accessions=list(opened.accessions),
        remarks=opened.remarks,
        content=content_view(opened, with_hex=hex),
    )


@router.post("/messages/{id}/replay", status_code=202)
def replay(id: int, body: Replay, parts: House) -> MessageView:
    """Apply a message again from its bytes; 409 when it is not refused and not forced."""
    row = parts.log.replay(id, practitioner(body.person), force=body.force)
    parts.intake.wake()
    return message_view(row)


@router.get("/deliveries")
def owed(parts: House, query: Annotated[DeliveryQuery, Query()]) -> DeliveryList:
    """Messages that go out, newest first; those held when nothing is looked for."""
    if not query.model_fields_set - _PAGING:
        query = query.model_copy(update={"state": DeliveryState.HELD})
    return delivery_list(find_sent(parts, query))


@router.post("/deliveries/search")
def search_sent(parts: House, query: DeliveryQuery) -> DeliveryList:
    """The same with what is looked for in the body."""
    return delivery_list(find_sent(parts, query))


@router.get("/deliveries/{control_id}")
def one_sent(control_id: ControlIdInPath, parts: House, hex: Hex = False) -> DeliveryDetail:
    """A delivery with its bytes, segments and fields."""
    opened = parts.log.open_sent(control_id)
    return DeliveryDetail(
        delivery=logged_delivery_view(opened.row),
        remarks=opened.remarks,
        content=content_view(opened, with_hex=hex),
    )


@router.post("/deliveries/{control_id}/resend", status_code=202)
def resend(control_id: ControlIdInPath, parts: House, body: ByPerson | None = None) -> ReleasedView:
    """Send a held delivery again: the same bytes under the same control id."""
    parts.deliveries.resend(control_id, practitioner(body.person) if body else None)
    return ReleasedView(control_id=control_id, state=DeliveryState.PENDING)


def find_received(parts: Parts, query: MessageQuery) -> Page[LoggedMessage]:
    """A page of messages that came in."""
    wanted = _wanted(query, query.type, query.sender, query.state or "")
    return parts.log.received(wanted, query.before, query.limit)


def find_sent(parts: Parts, query: DeliveryQuery) -> Page[LoggedDelivery]:
    """A page of messages that go out."""
    wanted = _wanted(query, query.kind or "", query.destination, query.state or "")
    return parts.log.sent(wanted, query.before, query.limit)


def _wanted(query: LogQuery, kind: str, peer: str, state: str) -> Wanted:
    return Wanted(
        control_id=query.control_id,
        accession=query.accession,
        order=query.order,
        patient=query.patient,
        kind=kind,
        peer=peer,
        state=state,
        since=query.since,
        until=query.until,
        text=query.text,
    )


def message_list(page: Page[LoggedMessage]) -> MessageList:
    """The page as an answer."""
    return MessageList(messages=[message_view(each) for each in page.rows], next=page.next)


def delivery_list(page: Page[LoggedDelivery]) -> DeliveryList:
    """The page as an answer."""
    rows = [logged_delivery_view(each) for each in page.rows]
    return DeliveryList(deliveries=rows, next=page.next)
