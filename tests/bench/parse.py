"""CPU of reading an order and of writing a report, beside the Python peers.

`python -m tests.bench.parse`: CPU microseconds, the best of several rounds.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import hl7
from hl7apy.core import Message as Hl7apyMessage
from hl7apy.parser import parse_message

from adapter.domain.delivery import DeliveryKind, ReportMessage
from adapter.domain.identifiers import Accession, ControlId, Phi
from adapter.domain.order import Code, Order
from adapter.domain.people import Patient, Practitioner
from adapter.domain.report import (
    Certificate,
    Origin,
    Report,
    Section,
    Source,
    Statement,
    TemplateRef,
)
from adapter.hl7v2.message import Header, Message
from adapter.hl7v2.orders import check_orders, read_orders
from adapter.hl7v2.results import build_report_message
from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_orders import load_order_mapping
from adapter.mapping.mllp_profile import MllpProfile
from tests.bench.mllp import order

_LINES = 60


def cpu_us(work: Callable[[], object], times: int, rounds: int = 5) -> float:
    """CPU microseconds of one call, the best round."""
    work()
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(times):
            work()
        best = min(best, (time.process_time() - start) / times * 1e6)
    return best


def report() -> ReportMessage:
    """A report of 60 lines."""
    statements = tuple(
        Statement(f"s{n}", f"Sentence {n} & its 4 mm ^ words.", Origin.DICTATED, Source())
        for n in range(_LINES - 1)
    )
    body = Report(
        TemplateRef("bench", 1, "0" * 64),
        "final",
        (Section("findings", "Findings", statements),),
        (),
        (),
        Certificate(True, 0, 0, 0, 0),
    )
    patient = Patient(Phi("M1"), "NORTH", Phi("Doe"), Phi("Ann"), Phi("19700101"))
    study = Order(Accession("RA-1"), patient, Code("71046", "Chest", "L"), "DX", "P1", "F1")
    return ReportMessage(
        ControlId("RD1"),
        DeliveryKind.FINAL,
        study,
        body,
        "2026-11-22T10:00:00+00:00",
        Practitioner("R7", "Lindqvist", "Eva"),
    )


def hl7apy_oru(message: ReportMessage) -> str:
    """The same report built with hl7apy alone."""
    oru = Hl7apyMessage("ORU_R01", version="2.5.1")
    for statement in message.report.sections[0].statements:
        obx = oru.add_segment("OBX")
        obx.obx_2, obx.obx_3, obx.obx_5 = "TX", "59776-5^Findings^LN", statement.text
        obx.obx_11 = "F"
    text: str = oru.to_er7()
    return text


def main() -> None:
    body = order(1)
    text = body.decode()
    mapping = load_order_mapping(MappingFiles())
    message, profile = report(), MllpProfile(port=1)
    assert build_report_message(message, profile).count(b"\rOBX|") == _LINES
    rows: list[tuple[str, Callable[[], object], int]] = [
        ("MSH only", lambda: Header.parse(body), 5000),
        (
            "order: parse + check at the door",
            lambda: check_orders(Message.parse(body), mapping),
            2000,
        ),
        ("order: parse + map", lambda: read_orders(Message.parse(body), mapping), 2000),
        ("order: python-hl7, parse only", lambda: hl7.parse(text), 200),
        ("order: hl7apy, parse only", lambda: parse_message(text, find_groups=False), 5),
        (f"ORU of {_LINES} OBX", lambda: build_report_message(message, profile), 200),
        (f"ORU of {_LINES} OBX, hl7apy alone", lambda: hl7apy_oru(message), 3),
    ]
    print(f"{f'{len(body)}-byte ORM^O01':<40}{'CPU µs':>10}")
    for name, work, times in rows:
        print(f"{name:<40}{cpu_us(work, times):10.1f}", flush=True)


if __name__ == "__main__":
    main()
