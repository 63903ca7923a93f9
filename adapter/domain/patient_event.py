"""What a message tells of a patient: changed data, a merge, or another number."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adapter.domain.people import Patient


class PatientAction(StrEnum):
    """What an ADT message asks for, by its event (table 0003)."""

    UPDATE = "update"  # A01-A08, A11, A13
    MERGE = "merge"  # A18, A34, A40
    CHANGE_ID = "change_id"  # A47


@dataclass(frozen=True, slots=True)
class PatientEvent:
    """`patient` is how PID has it; what PID leaves empty stays as it is known.

    `retired`: the patient under the number of MRG-1, which nobody has any more.
    """

    action: PatientAction
    patient: Patient
    retired: Patient | None = None
    cleared: frozenset[str] = frozenset()  # fields of the patient that are deleted
