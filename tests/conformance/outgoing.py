"""What is written into messages that go out, and the golden messages that show it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from adapter.domain.delivery import DeliveryKind, ReportMessage
from adapter.domain.identifiers import Accession, ControlId, Phi
from adapter.domain.order import Code, Order
from adapter.domain.people import Patient
from adapter.domain.report import (
    Certificate,
    Origin,
    Report,
    Section,
    Source,
    Statement,
    TemplateRef,
)
from adapter.hl7v2.message import Message
from adapter.hl7v2.results import build_report_message
from adapter.mapping.mllp_profile import MllpProfile
from tests.conformance.incoming import NAMES

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "hl7v2"
SOURCES = {
    "MSH-1": "`|`",
    "MSH-2": "`^~\\&`",
    "MSH-3": "`sending_application`",
    "MSH-4": "`sending_facility`",
    "MSH-5": "`receiving_application`",
    "MSH-6": "`receiving_facility`",
    "MSH-7": "when the report was issued, in `timezone`, with offset",
    "MSH-9": "`message_type`; T10 where a document replaces one sent before",
    "MSH-10": "control id, the same on every retry",
    "MSH-11": "`processing_id`",
    "MSH-12": "`version`",
    "MSH-18": "`charset`",
    "EVN-1": "as MSH-9.2",
    "EVN-2": "as MSH-7",
    "PID-1": "1",
    "PID-3": "number, issuer and type MR of the order's patient",
    "PID-5": "family and given name of the order",
    "PID-7": "birth date of the order",
    "PID-8": "sex of the order (table 0001)",
    "PV1-1": "1",
    "PV1-2": "`patient_class`; in documents U where it is empty",
    "ORC-1": "RE",
    "ORC-2": "placer order number of the order",
    "ORC-3": "filler order number; the accession where there is none or `accession_in_filler`",
    "ORC-5": "IP until the report is signed, then CM",
    "ORC-7": "start and priority of the order, up to version 2.4",
    "OBR-1": "1",
    "OBR-2": "as ORC-2",
    "OBR-3": "as ORC-3",
    "OBR-4": "procedure of the order",
    "OBR-7": "start of the order; else as MSH-7",
    "OBR-16": "who ordered",
    "OBR-18": "accession number",
    "OBR-22": "as MSH-7",
    "OBR-24": "modality of the order",
    "OBR-25": "`report_status` by kind of report",
    "OBR-27": "as ORC-7",
    "OBR-31": "reason of the order, in component 2",
    "OBR-32": "who signed, in the form of `interpreter`",
    "OBR-33": "who prepared what another person signed, in the same form",
    "TXA-1": "1",
    "TXA-2": "`document.type`",
    "TXA-3": "TX, FT or AP by `layout`",
    "TXA-4": "as OBR-7",
    "TXA-5": "who signed",
    "TXA-6": "as MSH-7",
    "TXA-9": "who prepared what another person signed, else who signed",
    "TXA-12": "control id and `sending_application`",
    "TXA-13": "number (TXA-12) of the document that is replaced",
    "TXA-14": "as ORC-2",
    "TXA-15": "as ORC-3",
    "TXA-17": "`document.completion` by kind of report",
    "TXA-19": "`document.availability`",
    "TXA-22": "who signed, and in component 15 when",
    "OBX-1": "1, 2, …",
    "OBX-2": "TX, FT, ED (PDF) or ST (study instance UID) by `layout`, `pdf`, `study_code`",
    "OBX-3": "`section_codes`, `default_code`, `report_code`, or the procedure",
    "OBX-4": "number of the section",
    "OBX-5": "the text, the PDF in Base64, or the study instance UID",
    "OBX-11": "`observation_status` by kind of report",
    "OBX-14": "as MSH-7",
}
_ORDER = ("MSH", "EVN", "PID", "PV1", "ORC", "OBR", "TXA", "OBX")
FAMILIES = {"ORU": "ORU^R01", "MDM": "MDM^T02 and MDM^T10"}


def golden(family: str) -> list[Message]:
    """All golden messages of a family."""
    bodies = [path.read_bytes() for path in sorted(SAMPLES.rglob("*.hl7"))]
    messages = [Message.parse(body) for body in bodies]
    return [each for each in messages if each.header.type.startswith(family)]


def bare(family: str) -> Message:
    """A report of an order that holds no more than an order must."""
    order = Order(Accession("A1"), Patient(Phi("M1")), Code("X1"))
    said = Statement("s1", "No finding.", Origin.DICTATED, Source())
    report = Report(
        TemplateRef("x", 1, "0" * 64),
        "preliminary",
        (Section("lungs", "", (said,)),),
        (),
        (),
        Certificate(True, 0, 0, 0, 0),
    )
    at = "2026-01-01T00:00:00+00:00"
    message = ReportMessage(ControlId("C1"), DeliveryKind.PRELIMINARY, order, report, at)
    kind = "MDM^T02^MDM_T02" if family == "MDM" else "ORU^R01^ORU_R01"
    return Message.parse(
        build_report_message(message, MllpProfile.model_validate({"port": 1, "message_type": kind}))
    )


def written(messages: list[Message]) -> dict[str, set[int]]:
    """Segment, in its order -> the fields that are filled in one of the messages."""
    found: dict[str, set[int]] = {}
    for message in messages:
        for segment in message.segments:
            filled = {number for number, raw in enumerate(segment.raw) if number and raw}
            found.setdefault(segment.name, set()).update(filled)
    return {name: found[name] for name in sorted(found, key=_ORDER.index)}


def cardinality(messages: list[Message], segment: str) -> str:
    """How often a segment stands in a message, by what the golden messages hold."""
    counts = [len(message.all(segment)) for message in messages]
    return f"[{min(min(counts), 1)}..{'*' if max(counts) > 1 else 1}]"


def rows(family: str) -> Iterator[tuple[str, ...]]:
    """Place, name, usage, where the value comes from."""
    always = written([bare(family)])
    for segment, fields in written(golden(family)).items():
        least = always.get(segment, fields)  # a segment that is not always there
        for number in sorted(fields):
            usage = "R" if number in least else "RE"
            place = f"{segment}-{number}"
            yield place, NAMES.field(segment, number), usage, SOURCES[place]
