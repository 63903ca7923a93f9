"""The report for people: what stands above it, and the whole as a PDF, in the site's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from adapter.domain.delivery import ReportMessage
from adapter.domain.people import Patient, Practitioner
from adapter.domain.report import Section
from adapter.mapping.report_form import PageWords
from adapter.reporting.fitting import Fitting
from adapter.reporting.render import section_text

PRINTED = Fitting("cp1252")  # those of the fonts that every PDF reader has


def report_facts(
    message: ReportMessage, words: PageWords, issued: str
) -> tuple[tuple[str, str], ...]:
    """(label, text) of what is known of patient, examination and signer; `issued` for people."""
    order = message.order
    facts = (
        (words.patient, name_of(order.patient)),
        (words.birth_date, iso_date(order.patient.birth_date.reveal())),
        (words.number, order.patient.mrn.reveal()),
        (words.accession, order.accession),
        (words.procedure, order.procedure.text or order.procedure.code),
        (words.study_date, iso_date(order.scheduled_at)),
        (words.requester, _person(order.requester)),
        (words.author, _person(message.author)),
        (words.issued, issued),
    )
    return tuple(each for each in facts if each[1])


def report_mark(message: ReportMessage, words: PageWords) -> str:
    """What the report is: preliminary, final, …"""
    return str(getattr(words, message.standing.value))


def printed_report(
    message: ReportMessage,
    sections: Sequence[Section],
    words: PageWords,
    page: Literal["a4", "letter"],
    issued: str,
) -> bytes:
    """The PDF; the same values give the same bytes."""
    from adapter.reporting.printed_page import Print, print_pdf  # 12 MB: only where it is asked for

    line = PRINTED.line
    facts = report_facts(message, words, issued)
    return print_pdf(
        Print(
            title=line(words.title),
            mark=line(report_mark(message, words)),
            facts=tuple((line(label), line(text)) for label, text in facts),
            sections=tuple(
                (line(each.title), tuple(PRINTED.lines(section_text(each)))) for each in sections
            ),
            footer=line(message.order.accession),
            page_word=line(words.page),
            page=page,
        )
    )


def name_of(patient: Patient) -> str:
    """Family name, given name."""
    return ", ".join(filter(None, (patient.family.reveal(), patient.given.reveal())))


def iso_date(text: str) -> str:
    """YYYYMMDD… as YYYY-MM-DD."""
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}" if len(text) >= 8 else text


def _person(person: Practitioner | None) -> str:
    if person is None:
        return ""
    return " ".join(filter(None, (person.given, person.family))) or person.id
