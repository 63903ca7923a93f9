"""What is read of messages that come in: by the mappings, or at places that are fixed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_names import load_hl7_names
from adapter.mapping.hl7_orders import OrderMapping, load_order_mapping
from adapter.mapping.message_table import MessageMapping, ReportSource, load_message_mapping
from adapter.mapping.places import Place

FILES = MappingFiles()
NAMES = load_hl7_names(FILES)
ORDERS: OrderMapping = load_order_mapping(FILES)
MESSAGES: MessageMapping = load_message_mapping(FILES)
SOURCE = ReportSource(
    name="x",
    senders=("*",),
    meaning="signed",  # type: ignore[arg-type]
)


@dataclass(frozen=True)
class Value:
    """One thing that is read. Of several places the first that holds a value counts.

    `a` and `b` are two contents that mean different things; `key` is its key in orders.yaml or
    messages.yaml, empty where the place is fixed.
    """

    name: str
    places: tuple[Place, ...]
    needed: bool
    a: str
    b: str
    key: str = ""
    many: bool = False
    stands: int = 0  # number of the place where it stands while other values are tried

    @property
    def usage(self) -> str:
        """R: without it the message is refused; RE: it is read where it is there."""
        return "R" if self.needed else "RE"

    @property
    def cardinality(self) -> str:
        """How often it may stand there."""
        return f"[{1 if self.needed else 0}..{'*' if self.many else 1}]"


def _at(*places: str) -> tuple[Place, ...]:
    return tuple(_place(each) for each in places)


def _place(text: str) -> Place:
    segment, _, rest = text.partition("-")
    return Place(segment, *map(int, rest.split(".")))


def _in(mapping: tuple[Place, ...], segment: str) -> tuple[Place, ...]:
    return tuple(place for place in mapping if place.segment == segment)


def _near(mapping: tuple[Place, ...]) -> tuple[Place, ...]:
    """The places that a report has: an order's visit, ORC and OBR."""
    return (*(place for place in mapping if place.segment in ("PV1", "ORC", "OBR")),)


PATIENT = [
    Value("Patient number", _in(ORDERS.patient_id, "PID"), True, "M1", "M2", "patient_id", True),
    Value("Its assigning authority", _at("PID-3.4"), False, "NORTH", "SOUTH"),
    Value("Family name", _at("PID-5"), False, "Doe", "Roe", many=True),
    Value("Given name", _at("PID-5.2"), False, "Ann", "Eve"),
    Value("Birth date", _at("PID-7"), False, "19700101", "19800202"),
    Value("Sex", _at("PID-8"), False, "F", "M"),
]
ORDER = [
    Value("Order control", _at("ORC-1"), True, "SC", "CA"),
    Value("Order status", _at("ORC-5"), False, "IP", "CM"),
    Value("Accession number", ORDERS.accession, True, "ACC1", "ACC2", "accession"),
    Value("Placer order number", _at("ORC-2", "OBR-2"), False, "P1", "P2"),
    Value("Filler order number", _at("ORC-3", "OBR-3"), False, "F1", "F2"),
    Value("Procedure", ORDERS.procedure, True, "X1^Chest^L", "X2^Head^L", "procedure"),
    Value("Modality", ORDERS.modality, False, "CT", "MR", "modality"),
    Value("Priority", ORDERS.priority, False, "S", "T", "priority"),
    Value("Side", ORDERS.side, False, "L", "R", "side"),
    Value("Reason", ORDERS.reason, False, "R05^Cough", "R06^Dyspnoea", "reason", True),
    Value("Who ordered", ORDERS.requester, False, "1^Weiss", "2^Schwarz", "requester"),
    Value("Start", ORDERS.scheduled_at, False, "20260101", "20260202", "scheduled_at"),
    Value("Patient class", ORDERS.patient_class, False, "I", "E", "patient_class"),
    *(
        Value(f"Access: {name}", _in(places, segment), False, "ONE", "TWO", name, many=True)
        for name, segment, places in (
            ("location", "PV1", ORDERS.location),
            ("service", "PV1", ORDERS.service),
            ("confidentiality", "PV1", ORDERS.confidentiality),
        )
    ),
    Value("Study instance UID", ORDERS.study_uid, False, "1.2.3", "1.2.4", "study_uid"),
]
APPOINTMENT = [
    *(value for value in PATIENT if value.name in ("Patient number", "Its assigning authority")),
    Value(
        "Accession number",
        MESSAGES.appointment_accession,
        True,
        "ACC1",
        "ACC2",
        "appointment_accession",
    ),
    Value("Start", MESSAGES.appointment_start, True, "20260101", "20260202", "appointment_start"),
]
MERGE = [
    Value("Number that retires", _at("MRG-1"), True, "OLD1", "OLD2", many=True),
    Value("Its assigning authority", _at("MRG-1.4"), False, "NORTH", "SOUTH"),
]
_OWN = ("Order control", "Order status", "Accession number", "Start")
_START = tuple(place for place in _near(ORDERS.scheduled_at) if place not in SOURCE.examined_at)
REPORT = [
    Value("Accession number", SOURCE.accession, True, "ACC1", "ACC2", "reports.accession"),
    Value("Status of the text", SOURCE.status, False, "F", "X", "reports.status"),
    Value("Who signed", SOURCE.person, False, "1^Weiss", "2^Schwarz", "reports.person"),
    Value(
        "When signed",
        SOURCE.signed_at,
        False,
        "20260101",
        "20260202",
        "reports.signed_at",
        stands=1,
    ),
    Value(
        "When examined",
        (*SOURCE.examined_at, *_START),
        False,
        "20260101",
        "20260202",
        "reports.examined_at",
    ),
    Value("Text", _at("OBX-5"), True, "No finding.", "A nodule.", many=True),
    *(
        replace(value, places=_near(value.places), needed=False)
        for value in ORDER
        if value.name not in _OWN and _near(value.places)
    ),
]


def place_name(place: Place) -> str:
    """`ORC-7.4`."""
    parts = [f"{place.segment}-{place.field}"]
    if place.component > 1 or place.subcomponent > 1:
        parts.append(str(place.component))
    if place.subcomponent > 1:
        parts.append(str(place.subcomponent))
    return ".".join(parts)


def rows(values: list[Value]) -> Iterator[tuple[str, ...]]:
    """Place, name, usage, cardinality, what it is, mapping key: one row a place."""
    for value in values:
        for number, place in enumerate(value.places):
            usage = value.usage if len(value.places) == 1 else f"{value.usage} ({number + 1})"
            field = NAMES.field(place.segment, place.field)
            key = f"`{value.key}`" if value.key else "fixed"
            yield place_name(place), field, usage, value.cardinality, value.name, key
