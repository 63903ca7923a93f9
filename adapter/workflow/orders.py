"""An order changes its study; dictations that came before it are reconciled."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.domain.identifiers import Accession, Phi
from adapter.domain.order import Code, NumberRequest, Order, OrderAction, OrderEvent, OrderStatus
from adapter.domain.people import Patient
from adapter.store import dictations, order_numbers, studies
from adapter.workflow.study_flow import MERGE, House

_UNMAPPED = "the order control and status are not in orders.yaml: nothing changed"


def apply(house: House, tx: sa.Connection, event: OrderEvent, cause: str) -> str:
    """Write one order event; `cause` names the message in the study's history.

    Returns what the message log should say, "" when all is as usual.
    """
    now, order = house.now(), event.order
    study = studies.find(tx, order.accession, lock=True)
    if study is None and event.status is None and event.action is not OrderAction.NEW:
        return _UNMAPPED
    if study is None:
        status = event.status or OrderStatus.SCHEDULED
        studies.add(tx, order, status, now)
        studies.note(tx, order.accession, now, f"order {event.action}", cause)
        return ""
    if event.status is None:
        studies.note(tx, order.accession, now, f"order {event.action} changed nothing", cause)
        return _UNMAPPED
    studies.change(tx, order.accession, now, order=order, order_status=event.status)
    studies.note(tx, order.accession, now, f"order {event.action}", cause)
    if dictations.of_study(tx, order.accession):
        house.jobs.put(tx, MERGE, f"{order.accession}/order-{study.version}", lane=order.accession)
    return ""


def assign_number(house: House, tx: sa.Connection, asked: NumberRequest) -> str:
    """Give the placer's order our number, the one that it has or a new one; nothing to say."""
    if order_numbers.find(tx, asked.sender, asked.placer_number) is None:
        today = house.clock.now()
        day = {"year": f"{today:%Y}", "month": f"{today:%m}", "day": f"{today:%d}"}
        order_numbers.assign(
            tx,
            asked.sender,
            asked.placer_number,
            lambda count: asked.pattern.format(number=count, **day),
            house.now(),
        )
    return ""


def add_temporary(house: House, tx: sa.Connection, accession: Accession) -> None:
    """A study for a dictation whose order is still to come."""
    nobody = Patient(mrn=Phi(""))
    order = Order(accession=accession, patient=nobody, procedure=Code(""), source="temporary")
    studies.add(tx, order, OrderStatus.TEMPORARY, house.now())
    studies.note(tx, accession, house.now(), "temporary order", "dictated before its order came")
