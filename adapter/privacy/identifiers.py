"""Who must not be recognised: what order, patient and messages tell of people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from adapter.domain.order import Order
from adapter.domain.people import Patient, Practitioner


@dataclass(frozen=True, slots=True)
class Person:
    """Names as they are told: family and given names (with middle names); never printed."""

    family: str = field(repr=False)
    given: str = field(default="", repr=False)

    @property
    def is_named(self) -> bool:
        """Whether there is any name."""
        return bool(self.family.strip() or self.given.strip())


@dataclass(frozen=True, slots=True)
class Identifiers:
    """All that identifies somebody around one study; prints without any of it."""

    patients: tuple[Person, ...] = field(default=(), repr=False)  # and relatives
    providers: tuple[Person, ...] = field(default=(), repr=False)
    numbers: tuple[str, ...] = field(default=(), repr=False)
    birth_dates: tuple[str, ...] = field(default=(), repr=False)  # YYYYMMDD
    texts: tuple[str, ...] = field(default=(), repr=False)  # addresses, phones, e-mail
    study_day: str = field(default="", repr=False)  # YYYYMMDD

    def and_(self, other: Identifiers) -> Identifiers:
        """Both together; the day of the study is the first one told."""
        return Identifiers(
            _once(self.patients + other.patients),
            _once(self.providers + other.providers),
            _once(self.numbers + other.numbers),
            _once(self.birth_dates + other.birth_dates),
            _once(self.texts + other.texts),
            self.study_day or other.study_day,
        )

    def with_providers(self, people: Iterable[Practitioner]) -> Identifiers:
        """The same with further clinicians."""
        named = (Person(each.family, each.given) for each in people)
        numbers = (each.id for each in people)
        return replace(
            self,
            providers=_once((*self.providers, *(each for each in named if each.is_named))),
            numbers=_once((*self.numbers, *filter(None, numbers))),
        )


def of_order(order: Order, study_day: str = "") -> Identifiers:
    """What the order tells; `study_day` (YYYYMMDD) where the order has no time of its own."""
    people = [order.requester] if order.requester else []
    day = order.scheduled_at[:8] or study_day
    numbers = (order.accession, *order.linked, order.placer_number, order.filler_number)
    known = Identifiers(numbers=tuple(filter(None, (*numbers, order.study_uid))), study_day=day)
    return known.and_(of_patient(order.patient)).with_providers(people)


def of_patient(patient: Patient) -> Identifiers:
    """What the patient's record tells."""
    person = Person(patient.family.reveal(), patient.given.reveal())
    return Identifiers(
        patients=(person,) if person.is_named else (),
        numbers=tuple(filter(None, (patient.mrn.reveal(),))),
        birth_dates=tuple(filter(None, (patient.birth_date.reveal()[:8],))),
    )


def _once(values: tuple[object, ...]) -> tuple:  # type: ignore[type-arg]
    return tuple(dict.fromkeys(values))
