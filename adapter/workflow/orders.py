"""An order changes its study; dictations that came before it are reconciled."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import sqlalchemy as sa

from adapter.domain.appointment import AppointmentEvent
from adapter.domain.identifiers import Accession, Phi
from adapter.domain.order import (
    Code,
    NumberRequest,
    Order,
    OrderAction,
    OrderEvent,
    OrderName,
    OrderStatus,
)
from adapter.domain.people import Patient
from adapter.domain.study import Study
from adapter.store import dictations, fhir_orders, order_numbers, studies
from adapter.store.database import after_commit
from adapter.workflow.study_flow import MERGE, House

_WAITING = (OrderStatus.SCHEDULED, OrderStatus.HELD)
_UNKNOWN = "no study of this order is here: nothing changed"
_UNMAPPED = "the order control and status are not in orders.yaml: nothing changed"


def apply(house: House, tx: sa.Connection, event: OrderEvent, cause: str) -> str:
    """Write one order event; `cause` names the message in the study's history.

    Returns what the message log should say, "" when all is as usual.
    """
    for name in event.replaces:
        _replace(house, tx, name, event, cause)
    known = _known(tx, event)
    if not known:
        return _begin(house, tx, event, cause)
    for study in known:
        if event.status is None:
            what = f"order {event.action} changed nothing"
            studies.note(tx, study.order.accession, house.now(), what, cause)
            continue
        is_new = event.action is OrderAction.NEW
        order = event.order if is_new else event.applied_to(study.order)
        _change(house, tx, study, order, event.status, f"order {event.action}", cause)
    return _UNMAPPED if event.status is None else ""


def find(tx: sa.Connection, name: OrderName, *, lock: bool = False) -> list[Study]:
    """The study of the accession; else those of the patient whose order has the numbers.

    Numbers serve where no accession is told, or what is told as one is the filler's number.
    """
    study = studies.find(tx, name.accession, lock=lock) if name.accession else None
    if study is not None:
        return [study]
    if name.accession and name.accession != name.filler_number:
        return []
    found = studies.of_numbers(tx, name.placer_number, name.filler_number)
    return [each for each in found if each.order.patient.may_be(name.patient)]


def _known(tx: sa.Connection, event: OrderEvent) -> list[Study]:
    """What the event changes. One that begins a study is known by its accession alone."""
    order = event.order
    is_new = event.action is OrderAction.NEW
    placer = "" if is_new or event.is_whole else order.placer_number
    filler = "" if is_new else order.filler_number
    return find(tx, OrderName(order.patient, order.accession, placer, filler), lock=True)


def _begin(house: House, tx: sa.Connection, event: OrderEvent, cause: str) -> str:
    """A study of an order that was not known."""
    if not event.is_whole:
        return _UNKNOWN
    if event.status is None and event.action is not OrderAction.NEW:
        return _UNMAPPED
    order, now, what = event.order, house.now(), f"order {event.action}"
    with house.traces.step("order", order.accession, event=what):
        _add(house, tx, order, event.status or OrderStatus.SCHEDULED)
        studies.note(tx, order.accession, now, what, cause)
        house.changed(tx, order.accession)
    return ""


def _add(house: House, tx: sa.Connection, order: Order, status: OrderStatus) -> None:
    """The study, and with it its trace."""
    studies.add(tx, order, status, house.now(), house.access.labels_of(order))
    after_commit(tx, partial(house.traces.begin, order.accession))


def move(house: House, tx: sa.Connection, event: AppointmentEvent, cause: str) -> str:
    """Write a change of an appointment; returns what the message log should say."""
    study = studies.find(tx, event.accession, lock=True)
    if study is None:
        return "no study of this accession is here: nothing changed"
    if not study.order.patient.may_be(event.patient):
        return "the appointment is of another patient than the study: nothing changed"
    if study.order_status not in _WAITING:
        return f"the order is {study.order_status} already: nothing changed"
    order = replace(study.order, scheduled_at=event.start or study.order.scheduled_at)
    status = event.status or study.order_status
    _change(house, tx, study, order, status, "appointment changed", cause)
    return ""


def _change(
    house: House,
    tx: sa.Connection,
    study: Study,
    order: Order,
    status: OrderStatus,
    what: str,
    cause: str,
) -> None:
    accession, now = order.accession, house.now()
    order = replace(order, origin=order.origin.over(study.order.origin))
    labels = house.access.labels_of(order)
    with house.traces.step("order", accession, event=what):
        studies.change(tx, accession, now, order=order, order_status=status, labels=labels)
        studies.note(tx, accession, now, what, cause)
        house.changed(tx, accession)
        if dictations.of_study(tx, accession):
            house.jobs.put(tx, MERGE, f"{accession}/order-{study.version}", lane=accession)


def _replace(house: House, tx: sa.Connection, name: str, event: OrderEvent, cause: str) -> None:
    """The order of this accession or logical id ends, as with RP of HL7 v2."""
    accession = fhir_orders.accession_of(tx, name) or Accession(name)
    study = studies.find(tx, accession, lock=True)
    if study is None or accession == event.order.accession or study.order_status not in _WAITING:
        return
    if study.order.patient.may_be(event.order.patient):
        _change(house, tx, study, study.order, OrderStatus.CANCELLED, "order replaced", cause)


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
    _add(house, tx, order, OrderStatus.TEMPORARY)
    studies.note(tx, accession, house.now(), "temporary order", "dictated before its order came")
