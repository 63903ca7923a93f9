"""What a message tells is written into the tables, event by event."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from adapter.domain.ai_result import AiResult
from adapter.domain.appointment import AppointmentEvent
from adapter.domain.event import Event
from adapter.domain.order import NumberRequest, OrderEvent
from adapter.domain.outside_report import OutsideReport
from adapter.workflow import ai_intake, orders, outside, patients
from adapter.workflow.study_flow import House


def apply(house: House, tx: sa.Connection, events: Iterable[Event], cause: str) -> str:
    """Write the events of one message; `cause` names it in the history of the studies.

    Returns what the message log should say, "" when all is as usual.
    """
    said = (_apply(house, tx, event, cause) for event in events)
    return "; ".join(dict.fromkeys(filter(None, said)))


def _apply(house: House, tx: sa.Connection, event: Event, cause: str) -> str:
    if isinstance(event, OrderEvent):
        return orders.apply(house, tx, event, cause)
    if isinstance(event, NumberRequest):
        return orders.assign_number(house, tx, event)
    if isinstance(event, AppointmentEvent):
        return orders.move(house, tx, event, cause)
    if isinstance(event, OutsideReport):
        return outside.apply(house, tx, event, cause)
    if isinstance(event, AiResult):
        return ai_intake.apply(house, tx, event, cause)
    return patients.apply(house, tx, event, cause)
