"""A report on paper from what is stored here alone: it needs no other system."""

from __future__ import annotations

from adapter.clock import TIME_OF_DAY, local_time
from adapter.domain.codec import from_json
from adapter.domain.delivery import DeliveryKind
from adapter.domain.identifiers import ControlId
from adapter.domain.order import OrderStatus
from adapter.domain.people import Practitioner
from adapter.domain.study import Study
from adapter.mapping.workspace import PaperForm
from adapter.reporting.pipeline import ReportInputs
from adapter.reporting.printed_report import printed_report
from adapter.store import reports, studies
from adapter.store.database import Database
from adapter.store.reports import StoredReport
from adapter.workflow.report_messages import report_message

_KINDS = {
    "final": DeliveryKind.FINAL,
    "addendum": DeliveryKind.ADDENDUM,
    "corrected": DeliveryKind.CORRECTION,
    "retracted": DeliveryKind.RETRACTION,
}


def print_report(database: Database, accession: str, form: PaperForm) -> bytes:
    """The version that stands now as PDF, marked as what it is; earlier ones are not printed.

    Raises NotFound without a report, Conflict without an order.
    """
    with database.read() as tx:
        study, stored = studies.get(tx, accession), reports.get_latest(tx, accession)
    inputs, report = from_json(ReportInputs, stored.inputs_json), reports.shown(stored)
    message = report_message(
        ControlId(""),
        _standing(study, stored),
        inputs,
        report,
        stored.created_at,
        from_json(Practitioner, stored.person) if stored.person else None,
        (),
        {},
    )
    filled = [section for section in report.sections if section.statements]
    issued = local_time(stored.created_at, form.timezone).strftime(TIME_OF_DAY)
    return printed_report(message, filled, form.words, form.page, issued)


def _standing(study: Study, stored: StoredReport) -> DeliveryKind:
    if found := _KINDS.get(stored.status):
        return found
    cancelled = study.order_status is OrderStatus.CANCELLED
    return DeliveryKind.CANCELLATION if cancelled else DeliveryKind.PRELIMINARY
