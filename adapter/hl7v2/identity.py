"""Everything in an HL7 v2 message that identifies somebody: patient, relatives, clinicians."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adapter.errors import Rejected
from adapter.hl7v2.message import Message, Segment
from adapter.privacy.identifiers import Identifiers, Person

_NAMES = {"PID": (5, 6, 9), "NK1": (2, 30), "GT1": (3, 4), "IN1": (16,), "MRG": (7,)}  # XPN
_CLINICIANS = {  # XCN
    "PV1": (7, 8, 9, 17),
    "PD1": (4,),
    "ORC": (10, 11, 12, 19),
    "OBR": (10, 16, 28, 32, 33, 34, 35),
    "TXA": (5, 9, 10, 11, 22),
}
_NUMBERS = {  # CX, EI, ST
    "PID": (2, 3, 4, 18, 19, 20, 21),
    "MRG": (1, 2, 3, 4, 5, 6),
    "PV1": (5, 19, 50),
    "ORC": (2, 3, 4),
    "OBR": (2, 3, 18, 19, 20, 21),
    "IN1": (2, 36, 49),
    "GT1": (2, 12),
    "IPC": (1, 2, 3),
}
_PLACES = {"PID": (11,), "NK1": (4,), "GT1": (5,), "IN1": (19,)}  # XAD
_PHONES = {"PID": (13, 14), "NK1": (5, 6), "GT1": (6, 7), "ORC": (14,), "OBR": (17,)}  # XTN
_BIRTHS = {"PID": (7,), "GT1": (8,), "IN1": (18,)}
_PLACE_PARTS = (1, 2, 3, 5)  # street, other designation, city, postal code
_PHONE_PARTS = (1, 4, 7, 12)
_SHORTEST_NUMBER = 3


def read_identity(body: bytes) -> Identifiers:
    """What the message tells of people; nothing where it cannot be read."""
    try:
        message = Message.parse(body)
    except Rejected:
        return Identifiers()
    found = Identifiers()
    for segment in message.segments:
        found = found.and_(_identity(segment))
    return found


def _identity(segment: Segment) -> Identifiers:
    return Identifiers(
        patients=tuple(_people(segment, _NAMES, 1)),
        providers=tuple(_people(segment, _CLINICIANS, 2)),
        numbers=tuple(
            text
            for text in (*_parts(segment, _NUMBERS, (1,)), *_parts(segment, _CLINICIANS, (1,)))
            if len(text) >= _SHORTEST_NUMBER
        ),
        birth_dates=tuple(text[:8] for text in _parts(segment, _BIRTHS, (1,))),
        texts=(
            *_parts(segment, _PLACES, _PLACE_PARTS),
            *_parts(segment, _PHONES, _PHONE_PARTS),
        ),
    )


def _people(segment: Segment, where: Mapping[str, tuple[int, ...]], first: int) -> Iterator[Person]:
    """Names whose family name is component `first`, then the given and the further given names."""
    for number in where.get(segment.name, ()):
        for repetition in segment.repetitions(number):
            family, *given = (segment.part(repetition, first + n).strip() for n in range(3))
            person = Person(family, " ".join(filter(None, given)))
            if person.is_named:
                yield person


def _parts(
    segment: Segment, where: Mapping[str, tuple[int, ...]], components: tuple[int, ...]
) -> Iterator[str]:
    for number in where.get(segment.name, ()):
        for repetition in segment.repetitions(number):
            yield from filter(None, (segment.part(repetition, n).strip() for n in components))
