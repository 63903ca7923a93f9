"""What is to stand in the custom fields of an order; same inputs, same bytes."""

from __future__ import annotations

import json

from adapter.domain.delivery import ReportMessage
from adapter.domain.report import Report
from adapter.mapping.custom_fields_profile import CustomFieldsProfile
from adapter.reporting.fitting import Fitting
from adapter.reporting.render import plain_text, section_text

_ASCII = Fitting("ascii", fold=True)
_WHOLE = "report"


def build_fields(message: ReportMessage, profile: CustomFieldsProfile) -> bytes:
    """JSON of accession and field -> value; every value is empty where the report is taken back."""
    gone = message.kind.takes_back
    values = {
        name: "" if gone else _ascii(_text(message.report, part))
        for name, part in profile.fields.items()
    }
    return json.dumps({"accession": message.order.accession, "fields": values}).encode()


def _text(report: Report, part: str) -> str:
    if part == _WHOLE:
        return plain_text(report)
    return "\n".join(section_text(each) for each in report.sections if each.id == part)


def _ascii(text: str) -> str:
    """The service takes ASCII alone."""
    return "\r\n".join(_ASCII.lines(text))
