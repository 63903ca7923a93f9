"""When a study is to be made, as the scheduling system tells it."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.domain.identifiers import Accession
from adapter.domain.order import OrderStatus
from adapter.domain.people import Patient


@dataclass(frozen=True, slots=True)
class AppointmentEvent:
    """A change of an appointment; of the patient only the number is told."""

    accession: Accession  # SCH-27
    patient: Patient
    start: str = ""  # AIS-4 as YYYYMMDDHHMMSS; empty: it stays
    status: OrderStatus | None = None  # None: it stays
