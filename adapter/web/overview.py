"""The overview page: studies, held deliveries, refused messages; plain HTML, no script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from adapter.domain.delivery import DeliveryState
from adapter.domain.message import MessageState
from adapter.domain.study import Study
from adapter.store import deliveries, studies
from adapter.store.deliveries import OwedDelivery
from adapter.store.message_log import LoggedMessage
from adapter.web.message_rows import MESSAGES, delivery_path, message_row
from adapter.web.page import link, minute, page, table
from adapter.web.requests import House
from adapter.workflow.message_log import Query

router = APIRouter(tags=["pages"])

_SHOWN = 50


@router.get("/", response_class=HTMLResponse)
def overview(parts: House) -> HTMLResponse:
    """What is in the house now."""
    with parts.house.database.read() as tx:
        recent = studies.listed(tx, None, _SHOWN, 0)
        held = deliveries.of_state(tx, DeliveryState.HELD, _SHOWN)
    refused = parts.log.received(Query(state=MessageState.REFUSED), None, _SHOWN).rows
    body = _studies(recent) + _held(held) + _refused(refused)
    return page("Readout", body, here="/")


def _studies(rows: Sequence[Study]) -> str:
    head = "Accession|Patient|MRN|Procedure|Modality|Priority|Order|Report|Changed"
    return table("Studies", head, map(_study, rows), "No order or dictation has come yet.")


def _study(one: Study) -> tuple[str, ...]:
    order, patient = one.order, one.order.patient
    name = ", ".join(filter(None, (patient.family.reveal(), patient.given.reveal())))
    texts = (
        order.accession,
        name,
        patient.mrn.reveal(),
        order.procedure.text or order.procedure.code,
        order.modality,
        order.priority,
        one.order_status,
        one.report_status,
        minute(one.updated_at),
    )
    return tuple(map(escape, texts))


def _held(rows: Sequence[OwedDelivery]) -> str:
    head = "Control id|Accession|Destination|Kind|Answer|Reason|Issued"
    cells = (
        (
            link(delivery_path(each.delivery.control_id), each.delivery.control_id),
            escape(each.delivery.accession),
            escape(each.delivery.destination),
            escape(each.delivery.kind),
            escape(each.delivery.answer),
            escape(each.delivery.answer_text),
            minute(each.issued_at),
        )
        for each in rows
    )
    return table("Deliveries that wait for a person", head, cells, "None is held.")


def _refused(rows: Sequence[LoggedMessage]) -> str:
    return table("Refused messages", MESSAGES, map(message_row, rows), "None was refused.")
