"""The worklist."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from adapter.domain.delivery import DeliveryState
from adapter.domain.message import MessageState
from adapter.domain.study import Study
from adapter.store import deliveries, studies
from adapter.store.deliveries import OwedDelivery
from adapter.store.message_log import LoggedMessage
from adapter.web.pages.frame import Visiting, link, minute, page, table
from adapter.web.pages.markup import Child, Html
from adapter.web.pages.message_rows import MESSAGES, delivery_path, message_row, study_path
from adapter.web.requests import House
from adapter.workflow.message_log import Query

router = APIRouter(include_in_schema=False)

_SHOWN = 50


@router.get("/", response_class=HTMLResponse)
def overview(visit: Visiting, parts: House) -> HTMLResponse:
    """What is in the house now."""
    with parts.house.database.read() as tx:
        recent = studies.listed(tx, None, _SHOWN, 0)
        held = deliveries.of_state(tx, DeliveryState.HELD, _SHOWN)
    refused = parts.log.received(Query(state=MessageState.REFUSED), None, _SHOWN).rows
    return page(visit, "Readout", _studies(recent), _held(held), _refused(refused), here="/")


def _studies(rows: Sequence[Study]) -> Html:
    head = "Accession|Patient|MRN|Procedure|Modality|Priority|Order|Report|Changed"
    return table("Studies", head, map(_study, rows), "No order or dictation has come yet.")


def _study(one: Study) -> tuple[Child, ...]:
    order, patient = one.order, one.order.patient
    name = ", ".join(filter(None, (patient.family.reveal(), patient.given.reveal())))
    return (
        link(study_path(order.accession), order.accession),
        name,
        patient.mrn.reveal(),
        order.procedure.text or order.procedure.code,
        order.modality,
        order.priority,
        one.order_status,
        one.report_status,
        minute(one.updated_at),
    )


def _held(rows: Sequence[OwedDelivery]) -> Html:
    head = "Control id|Accession|Destination|Kind|Answer|Reason|Issued"
    cells = (
        (
            link(delivery_path(each.delivery.control_id), each.delivery.control_id),
            each.delivery.accession,
            each.delivery.destination,
            each.delivery.kind,
            each.delivery.answer,
            each.delivery.answer_text,
            minute(each.issued_at),
        )
        for each in rows
    )
    return table("Deliveries that wait for a person", head, cells, "None is held.")


def _refused(rows: Sequence[LoggedMessage]) -> Html:
    return table("Refused messages", MESSAGES, map(message_row, rows), "None was refused.")
