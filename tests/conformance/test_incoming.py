"""Each field said to be read is read, each said to be needed is needed, and no other counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from adapter.domain.event import Event
from adapter.mapping.places import Place
from tests.conformance.incoming import (
    APPOINTMENT,
    MERGE,
    ORDER,
    PATIENT,
    REPORT,
    Value,
    place_name,
)
from tests.conformance.probe import (
    Fields,
    filled,
    is_refused,
    put,
    read_appointment,
    read_merge,
    read_order,
    read_report,
)

Read = Callable[[Fields], Sequence[Event]]
_OBX = {("OBX", 1): "1", ("OBX", 2): "TX", ("OBX", 3): "1^Findings"}
KINDS: dict[str, tuple[Read, list[Value], Fields]] = {
    "order": (read_order, [*PATIENT, *ORDER], {("OBR", 1): "1"}),
    "merge": (read_merge, [*PATIENT, *MERGE], {}),
    "appointment": (read_appointment, APPOINTMENT, {}),
    "report": (read_report, [*PATIENT, *REPORT], {("OBR", 1): "1", **_OBX}),
}
CASES = [
    (kind, value, place)
    for kind, (_, values, _) in KINDS.items()
    for value in values
    for place in value.places
]
LONGEST = 45


def without(kind: str, value: Value) -> Fields:
    """A message of the kind in which `value` stands nowhere."""
    _, values, fixed = KINDS[kind]
    return fixed | filled(values, but=value)


@pytest.mark.parametrize(
    ("kind", "value", "place"), CASES, ids=[f"{k}-{place_name(p)}-{v.name}" for k, v, p in CASES]
)
def test_a_field_said_to_be_read_changes_what_the_message_means(
    kind: str, value: Value, place: Place
) -> None:
    read = KINDS[kind][0]
    fields = without(kind, value)
    assert read(put(fields, place, value.a)) != read(put(fields, place, value.b))


@pytest.mark.parametrize("kind", list(KINDS))
def test_what_is_said_to_be_needed_is_needed_and_nothing_else(kind: str) -> None:
    read, values, _ = KINDS[kind]
    for value in values:
        assert is_refused(read, without(kind, value)) is value.needed, value.name


@pytest.mark.parametrize("kind", list(KINDS))
def test_no_other_field_changes_what_the_message_means(kind: str) -> None:
    read, values, fixed = KINDS[kind]
    said = {(place.segment, place.field) for value in values for place in value.places}
    fields = fixed | filled(values)
    before = read(fields)
    others = (
        "PID",
        "PV1",
        "ORC",
        "TQ1",
        "OBR",
        "IPC",
        "ZDS",
        "NTE",
        "DG1",
        "MRG",
        "TXA",
        "SCH",
        "AIS",
    )
    for segment in others:
        for number in range(1, LONGEST):
            if (segment, number) not in said and (segment, number) not in fields:
                changed = read(fields | {(segment, number): "20270101^zz~yy"})
                assert changed == before, f"{segment}-{number}"
