"""Reports in: ORU^R01 and MDM of other systems, by the source that the site's mapping names."""

from __future__ import annotations

from dataclasses import replace

from adapter.domain.order import Code, Order, OrderOrigin
from adapter.domain.outside_report import OutsideReport, OutsideStatus
from adapter.domain.people import Patient
from adapter.errors import Rejected
from adapter.hl7v2 import fields
from adapter.hl7v2.message import Message
from adapter.hl7v2.order_fields import accession_of, order_of, procedure_of
from adapter.hl7v2.origin import read_origin
from adapter.hl7v2.report_groups import ReportGroup, report_groups
from adapter.hl7v2.report_text import left_out, text_of
from adapter.hl7v2.subject import identified, identifier_of
from adapter.mapping.hl7_orders import OrderMapping
from adapter.mapping.message_table import MessageMapping, ReportSource

_LONGEST = 100_000  # characters of one report
_NO_TEXT = frozenset((OutsideStatus.UNSIGNED, OutsideStatus.RETRACTED))


def read_reports(
    message: Message, source: ReportSource, messages: MessageMapping, orders: OrderMapping
) -> tuple[OutsideReport, ...]:
    """One report for each accession; an OBR without OBX shares the text of its neighbour.

    Raises Rejected, with its ERL location, for content.
    """
    identified(message, orders)
    groups = list(report_groups(message))
    if not groups:
        raise Rejected("the report has no OBR segment", location="OBR^1", code="required")
    _share(groups)
    return tuple(_report(each, message, source, messages, orders) for each in groups)


def _share(groups: list[ReportGroup]) -> None:
    """The text of an OBR without OBX is that of the one before it, else of the one after."""
    for sequence in (groups, groups[::-1]):
        last: ReportGroup | None = None
        for group in sequence:
            if not group.rows and last is not None and last.pid is group.pid:
                group.rows = last.rows
            last = group if group.rows else last


def _report(
    group: ReportGroup,
    message: Message,
    source: ReportSource,
    messages: MessageMapping,
    orders: OrderMapping,
) -> OutsideReport:
    request = group.request
    status = source.statuses.get(request.first(source.status).upper(), OutsideStatus.UNSIGNED)
    text = text_of(group.rows, messages.report_titles, message.header.delimiters)
    person = request.where(source.person)
    report = OutsideReport(
        meaning=source.meaning,
        source=source.name,
        status=status,
        order=_order(group, source, orders, read_origin(message, orders)),
        text=text,
        person=fields.signer(*person) if person else None,
        signed_at=fields.time(request.first(source.signed_at)),
        left_out=left_out(group.rows),
    )
    _check(report, request.number)
    return report


def _order(
    group: ReportGroup, source: ReportSource, orders: OrderMapping, origin: OrderOrigin
) -> Order:
    patient: Patient = fields.patient(group.pid, identifier_of(group.pid, orders))
    accession = accession_of(group.request, source.accession)
    procedure = procedure_of(group.request, orders) or Code("")
    order = order_of(group.request, orders, patient, accession, procedure, origin)
    examined = fields.time(group.request.first(source.examined_at))
    return replace(order, scheduled_at=examined or order.scheduled_at)


def _check(report: OutsideReport, number: int) -> None:
    if len(report.text) > _LONGEST:
        raise Rejected(
            f"the report is longer than {_LONGEST} characters",
            location=f"OBX^{number}^5",
            code="value",
        )
    if not report.text and not report.left_out and report.status not in _NO_TEXT:
        raise Rejected("the report has no text in OBX-5", location="OBX^1^5", code="required")
