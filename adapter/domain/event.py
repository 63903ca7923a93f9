"""What a message means for the studies, whichever protocol brought it."""

from __future__ import annotations

from adapter.domain.ai_result import AiResult
from adapter.domain.appointment import AppointmentEvent
from adapter.domain.order import NumberRequest, OrderEvent
from adapter.domain.outside_report import OutsideReport
from adapter.domain.patient_event import PatientEvent

Event = OrderEvent | NumberRequest | PatientEvent | OutsideReport | AppointmentEvent | AiResult
