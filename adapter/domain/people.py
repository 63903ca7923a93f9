"""The patient and the people who order and report."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Practitioner:
    """A clinician: XCN; FHIR Practitioner. Not patient data."""

    id: str  # XCN.1; Practitioner.identifier.value
    family: str = ""
    given: str = ""
