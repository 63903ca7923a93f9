"""What a responder is told of, and the messages that it answers."""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.exceptions import ValidationError
from hl7apy.parser import parse_message

from adapter.domain.identifiers import Accession, Phi
from adapter.domain.message import InboundMessage, MessageState
from adapter.domain.order import Code, Order, OrderName, OrderStatus
from adapter.domain.outcome import Outcome
from adapter.domain.people import Patient
from adapter.domain.study import ReportStatus, Study

AT = datetime(2026, 11, 22, 10, 15, 30, tzinfo=UTC)
PID = "PID|1||M1^^^NORTH^MR||Doe^Ann||19700101|F"
OBR = "OBR|1|P1||71046^Chest^L" + "|" * 14 + "A1"


@dataclass
class Told:
    """What the workflow would tell of a message."""

    state: MessageState = MessageState.APPLIED
    reason: str = ""
    order_status: OrderStatus | None = OrderStatus.SCHEDULED
    report_status: ReportStatus = ReportStatus.NONE
    asked: list[tuple[list[OrderName], list[str]]] = field(default_factory=list)
    error: Exception | None = None
    known: tuple[str, ...] = ()  # placer numbers of known orders

    def __call__(
        self,
        message: InboundMessage,
        orders: Collection[OrderName],
        placers: Collection[str],
        seconds: float,
    ) -> Outcome:
        self.asked.append((list(orders), list(placers)))
        if self.error:
            raise self.error
        studies = {}
        if self.order_status:
            known = [each for each in orders if each.accession or each.placer_number in self.known]
            studies = {each: self._study(each.accession, self.order_status) for each in known}
        return Outcome(self.state, self.reason, studies, {each: f"R-{each}" for each in placers})

    def _study(self, accession: str, status: OrderStatus) -> Study:
        order = Order(Accession(accession), Patient(Phi("M1")), Code("71046"))
        return Study(order, status, self.report_status, 1, "", "")


def message(
    *rows: str, kind: str = "ORM^O01", modes: str = "|", version: str = "2.5.1", charset: str = ""
) -> bytes:
    head = f"MSH|^~\\&|EHR|NORTH|READOUT|RAD|20261122||{kind}|C1|P|{version}|||{modes}||{charset}"
    return ("\r".join([head, PID, *rows]) + "\r").encode()


def faults(answer: str, folder: Path) -> list[str]:
    """What hl7apy (STRICT) finds wrong.

    In ORR it asks for every alternative of a choice of which OBR is one, so that is left out.
    """
    report = folder / "faults"
    with suppress(ValidationError):
        parse_message(answer, VALIDATION_LEVEL.STRICT).validate(str(report))
    told = report.read_text().splitlines() if report.exists() else []
    choice = re.compile(r"Missing required child ORR_O02_\w+\.(RQD|RQ1|RXO|ODS|ODT)")
    return [each for each in told if each.startswith("Error") and not choice.search(each)]
