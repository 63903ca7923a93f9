"""The patient and the people who order and report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from adapter.domain.identifiers import Phi

_NOTHING = Phi("")


class Sex(StrEnum):
    """Administrative sex: PID-8 (table 0001), Patient.gender."""

    FEMALE = "F"
    MALE = "M"
    OTHER = "O"
    UNKNOWN = "U"


@dataclass(frozen=True, slots=True)
class Patient:
    """PID / FHIR Patient / DICOM patient module."""

    mrn: Phi  # PID-3.1; Patient.identifier type MR
    issuer: str = ""  # PID-3.4; Patient.identifier.system
    family: Phi = _NOTHING  # PID-5.1
    given: Phi = _NOTHING  # PID-5.2
    birth_date: Phi = _NOTHING  # PID-7 as YYYYMMDD
    sex: Sex = Sex.UNKNOWN  # PID-8

    def may_be(self, other: Patient) -> bool:
        """Whether the numbers agree; without a number, as before the order came, anybody may be."""
        issuers = {self.issuer, other.issuer} - {""}
        return not self.mrn or (self.mrn == other.mrn and len(issuers) < 2)

    def corrected(self, told: Patient, cleared: frozenset[str] = frozenset()) -> Patient:
        """The patient as he is told now; what is left empty stays, unless it is `cleared`.

        A family name brings its given name with it. Another number is another patient.
        """
        if self.mrn and not self.may_be(told):
            return told
        kept = self._without(cleared)
        return replace(
            told,
            family=told.family or kept.family,
            given=told.given or (_NOTHING if told.family else kept.given),
            birth_date=told.birth_date or kept.birth_date,
            sex=kept.sex if told.sex is Sex.UNKNOWN else told.sex,
        )

    def _without(self, cleared: frozenset[str]) -> Patient:
        return replace(
            self,
            family=_NOTHING if "family" in cleared else self.family,
            given=_NOTHING if "given" in cleared else self.given,
            birth_date=_NOTHING if "birth_date" in cleared else self.birth_date,
            sex=Sex.UNKNOWN if "sex" in cleared else self.sex,
        )


@dataclass(frozen=True, slots=True)
class Practitioner:
    """A clinician: XCN; FHIR Practitioner. Not patient data."""

    id: str  # XCN.1; Practitioner.identifier.value
    family: str = ""
    given: str = ""
