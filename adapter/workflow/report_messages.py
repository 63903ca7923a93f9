"""The message that a report version owes a destination: made once, and again by a replay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapter.domain.delivery import DeliveryKind, ReportMessage
from adapter.domain.identifiers import ControlId
from adapter.domain.people import Practitioner
from adapter.domain.report import Report
from adapter.errors import Conflict
from adapter.reporting.pipeline import ReportInputs
from adapter.store.deliveries import OwedDelivery


def report_message(
    control_id: ControlId,
    kind: DeliveryKind,
    inputs: ReportInputs,
    report: Report,
    issued_at: str,
    person: Practitioner | None,
    earlier: Sequence[OwedDelivery],
    known: Mapping[int, Report],
) -> ReportMessage:
    """All that a translator needs; `earlier` went to the same destination, `known` by row id.

    Raises Conflict where the order is not known: such a report leaves for nowhere.
    """
    if inputs.order is None:
        raise Conflict("the order of this study has not arrived yet", code="temporary")
    return ReportMessage(
        control_id=control_id,
        kind=kind,
        order=inputs.order,
        report=report,
        issued_at=issued_at,
        author=person,
        assistant=inputs.prepared_by,
        previous=earlier[-1].delivery.control_id if earlier else None,
        before=tuple(known[each.report_id] for each in earlier),
        communications=inputs.communications,
    )


def is_owed(kind: DeliveryKind, earlier: Sequence[OwedDelivery]) -> bool:
    """Whether a destination that takes this kind gets it: some need a report that stands there."""
    if not (kind.takes_back or kind is DeliveryKind.COMMUNICATION):
        return True
    return bool(earlier) and not earlier[-1].delivery.kind.takes_back
