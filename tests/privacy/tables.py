"""The packaged words, read once, and identifiers of a synthetic patient."""

from __future__ import annotations

from functools import cache

from adapter.mapping.files import MappingFiles
from adapter.mapping.privacy import load_privacy
from adapter.privacy.identifiers import Identifiers, Person
from adapter.privacy.leak_check import LeakCheck
from adapter.privacy.text import Deidentifier
from adapter.privacy.words import PrivacyWords, privacy_words
from tests.fakes.house import tables
from tests.privacy.planted import Case


@cache
def words() -> PrivacyWords:
    return privacy_words(load_privacy(MappingFiles()), tables())


def known(family: str = "Kowalski", given: str = "Jane Ann", **more: object) -> Identifiers:
    values = {
        "patients": (Person(family, given),),
        "providers": (Person("Lindqvist", "Ada"),),
        "numbers": ("H00123456", "A-20-4711"),
        "birth_dates": ("19570314",),
        "texts": ("12 Long Meadow Road", "617 555 0123"),
        "study_day": "20260301",
    }
    return Identifiers(**(values | more))  # type: ignore[arg-type]


def known_of(case: Case) -> Identifiers:
    return Identifiers(
        patients=(Person(case.family, case.given),),
        providers=(Person(*case.requester),),
        numbers=(case.mrn, case.accession),
        birth_dates=(f"{case.born:%Y%m%d}",),
        texts=(case.address, case.phone),
        study_day=f"{case.study:%Y%m%d}",
    )


def cleaned(text: str, family: str = "Kowalski", given: str = "Jane Ann") -> str:
    return Deidentifier(known(family, given), words()).text(text)


def check(family: str = "Kowalski", given: str = "Jane Ann") -> LeakCheck:
    return LeakCheck(known(family, given), words())
