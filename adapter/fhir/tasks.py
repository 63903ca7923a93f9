"""How far an order is, as the status of a Task (fulfilment) whose focus is the order."""

from __future__ import annotations

from adapter.domain.order import OrderStatus
from adapter.domain.study import ReportStatus, Study
from adapter.fhir.elements import Json, clean, concept, identifier

REJECTED = "rejected"
_ENDED = ("completed", "rejected", "cancelled", "failed", "entered-in-error")
_OF_ORDER = {
    OrderStatus.CANCELLED: "cancelled",
    OrderStatus.DISCONTINUED: "cancelled",
    OrderStatus.HELD: "on-hold",
    OrderStatus.IN_PROGRESS: "in-progress",
    OrderStatus.COMPLETED: "in-progress",  # examined, and to be read
}
_BEGUN = (ReportStatus.DRAFT, ReportStatus.PRELIMINARY)


def task_status(study: Study) -> str:
    """task-status of a study: what is reported counts before what is ordered."""
    if study.report_status in ReportStatus.signed():
        return "completed"
    begun = "in-progress" if study.report_status in _BEGUN else "accepted"
    return _OF_ORDER.get(study.order_status, begun)


def has_ended(task: Json) -> bool:
    """Whether nothing follows on the Task's status any more."""
    return task.get("status") in _ENDED


def with_status(task: Json, status: str, reason: str, at: str) -> Json:
    """The Task as it is told now; what else it says stays."""
    told = {**task, "status": status, "lastModified": at}
    if reason:
        told["statusReason"] = concept(text=clean(reason))
    return told


def new_task(order: str, number: tuple[str, str], status: str, reason: str, at: str) -> Json:
    """A Task of ours for the order of this reference."""
    task = {
        "resourceType": "Task",
        "identifier": [identifier(*number)],
        "intent": "order",
        "code": concept({"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}),
        "focus": {"reference": order},
        "authoredOn": at,
    }
    return with_status(task, status, reason, at)
