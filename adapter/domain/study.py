"""The study: an order and the report that is being written for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adapter.domain.order import Order, OrderStatus
from adapter.domain.review import ReviewState


class ReportStatus(StrEnum):
    """Where the report stands: DiagnosticReport.status, OBR-25, in the words radiologists use."""

    NONE = "none"
    DRAFT = "draft"
    PRELIMINARY = "preliminary"  # OBR-25 P
    FINAL = "final"  # OBR-25 F
    ADDENDED = "addended"  # OBR-25 A or C by destination
    CORRECTED = "corrected"  # OBR-25 C
    CANCELLED = "cancelled"  # OBR-25 X
    RETRACTED = "retracted"  # signed in error; DiagnosticReport.status entered-in-error

    @classmethod
    def signed(cls) -> tuple[ReportStatus, ...]:
        """The states of a report that somebody has signed."""
        return (cls.FINAL, cls.ADDENDED, cls.CORRECTED)

    @classmethod
    def closed(cls) -> tuple[ReportStatus, ...]:
        """The states of a report that is signed, or was and is retracted."""
        return (*cls.signed(), cls.RETRACTED)


@dataclass(frozen=True, slots=True)
class Study:
    """One row of the worklist."""

    order: Order
    order_status: OrderStatus
    report_status: ReportStatus
    version: int
    created_at: str  # ISO 8601, UTC
    updated_at: str
    review: ReviewState = ReviewState.NONE
    labels: frozenset[str] = frozenset()  # of access.yaml

    def may_be_told_of_in(self, other: Study) -> bool:
        """Whether everybody who may see the other study may see this one, too."""
        return self.labels <= other.labels
