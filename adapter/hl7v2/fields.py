"""Data types of order fields: people, identifiers, codes, times (HL7 v2 chapter 2A)."""

from __future__ import annotations

import re
from typing import NamedTuple

from adapter.domain.identifiers import Phi
from adapter.domain.order import Code
from adapter.domain.people import Patient, Practitioner, Sex
from adapter.hl7v2.message import Segment

_SEXES = {"F": Sex.FEMALE, "M": Sex.MALE, "O": Sex.OTHER, "A": Sex.OTHER}
_TIME = re.compile(r"(\d{8})(\d{2})?(\d{2})?(\d{2})?")


class Identifier(NamedTuple):
    """A CX: number (CX.1) and who issued it (CX.4)."""

    number: str
    issuer: str


def identifier(pid: Segment, numbers: list[int], types: tuple[str, ...]) -> Identifier:
    """The identifier in these fields whose type (CX.5) comes first; empty when there is none."""
    every = [each for field in numbers for each in pid.repetitions(field) if pid.part(each, 1)]
    rank = {kind: place for place, kind in enumerate(types)}
    best = min(every, key=lambda each: rank.get(pid.part(each, 5), len(rank)), default="")
    return Identifier(pid.part(best, 1), pid.part(best, 4))


def patient(pid: Segment, identifier: Identifier) -> Patient:
    """PID as a patient; of several names the legal one."""
    names = pid.repetitions(5)
    name = next((each for each in names if pid.part(each, 7) == "L"), names[0] if names else "")
    return Patient(
        mrn=Phi(identifier.number),
        issuer=identifier.issuer,
        family=Phi(pid.part(name, 1)),
        given=Phi(pid.part(name, 2)),
        birth_date=Phi(time(pid.text(7))[:8]),
        sex=_SEXES.get(pid.text(8).upper(), Sex.UNKNOWN),
    )


def cleared(pid: Segment) -> frozenset[str]:
    """What of the patient PID deletes by the null value `""` (chapter 2.5.3)."""
    parts = {"family": 5, "given": 5, "birth_date": 7, "sex": 8}
    found = {name for name, field in parts.items() if pid.is_null(field)}
    return frozenset(found | ({"given"} if pid.is_null(5, 2) else set()))


def practitioner(segment: Segment, field: int) -> Practitioner | None:
    """The first person of an XCN field; None when it is empty."""
    person = Practitioner(segment.text(field), segment.text(field, 2), segment.text(field, 3))
    return person if person.id or person.family else None


def signer(segment: Segment, field: int) -> Practitioner | None:
    """The first person of an NDL (`ID&Family&Given^time`), XCN or PPN field; None: empty."""
    if segment.text(field, 1, 2):
        id_, family, given = (segment.text(field, 1, part) for part in (1, 2, 3))
        return Practitioner(id_, family, given)
    return practitioner(segment, field)


def code(segment: Segment, field: int) -> Code | None:
    """A CE or CWE field; the alternate code where the first is empty."""
    first = Code(segment.text(field, 1), segment.text(field, 2), segment.text(field, 3))
    if first.code or first.text:
        return first
    other = Code(segment.text(field, 4), segment.text(field, 5), segment.text(field, 6))
    return other if other.code or other.text else None


def prose(segment: Segment, field: int) -> str:
    """The texts of a field's repetitions: CE.2 where it is given, else CE.1."""
    texts = (segment.part(each, 2) or segment.part(each, 1) for each in segment.repetitions(field))
    return "; ".join(text for text in texts if text)


def time(text: str) -> str:
    """TS or DTM as YYYYMMDDHHMMSS without fraction and offset; "" when it is no date."""
    match = _TIME.match(text)
    return "".join(part or "00" for part in match.groups()) if match else ""
