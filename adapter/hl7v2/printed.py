"""The report as a PDF: what is printed on it, in the words of the destination's profile."""

from __future__ import annotations

from collections.abc import Sequence

from adapter.domain.delivery import ReportMessage
from adapter.domain.people import Practitioner
from adapter.domain.report import Section
from adapter.hl7v2.report_segments import local_time
from adapter.hl7v2.text import Fitting
from adapter.mapping.report_form import PdfForm
from adapter.reporting.printed_page import Print, print_pdf
from adapter.reporting.render import section_text

_LETTERS = Fitting("cp1252")  # those of the fonts that every PDF reader has


def printed_report(
    message: ReportMessage, sections: Sequence[Section], form: PdfForm, timezone: str
) -> bytes:
    """The PDF; the same message gives the same bytes."""
    words, order = form.words, message.order
    name = ", ".join(filter(None, (order.patient.family.reveal(), order.patient.given.reveal())))
    facts = (
        (words.patient, name),
        (words.birth_date, _date(order.patient.birth_date.reveal())),
        (words.number, order.patient.mrn.reveal()),
        (words.accession, order.accession),
        (words.procedure, order.procedure.text or order.procedure.code),
        (words.study_date, _date(order.scheduled_at)),
        (words.requester, _person(order.requester)),
        (words.author, _person(message.author)),
        (words.issued, local_time(message.issued_at, timezone).strftime("%Y-%m-%d %H:%M %z")),
    )
    line = _LETTERS.line
    return print_pdf(
        Print(
            title=line(words.title),
            mark=line(str(getattr(words, message.kind.value))),
            facts=tuple((line(label), line(text)) for label, text in facts if text),
            sections=tuple(
                (line(each.title), tuple(_LETTERS.lines(section_text(each)))) for each in sections
            ),
            footer=line(order.accession),
            page_word=line(words.page),
            page=form.page,
        )
    )


def _date(text: str) -> str:
    """YYYYMMDD… as YYYY-MM-DD."""
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}" if len(text) >= 8 else text


def _person(person: Practitioner | None) -> str:
    if person is None:
        return ""
    return " ".join(filter(None, (person.given, person.family))) or person.id
