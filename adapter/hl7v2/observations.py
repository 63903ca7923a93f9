"""The report's text as OBX segments, laid out as the destination's profile asks."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from textwrap import wrap
from typing import NamedTuple

from adapter.clock import TIME_OF_DAY, local_time
from adapter.domain.delivery import DeliveryKind, ReportMessage
from adapter.domain.order import Code
from adapter.domain.report import Section
from adapter.hl7v2.escape import escape
from adapter.mapping.mllp_profile import Layout, MllpProfile
from adapter.mapping.report_form import ObservationCode, PdfForm
from adapter.reporting.fitting import Fitting
from adapter.reporting.printed_report import printed_report
from adapter.reporting.render import section_text

_LINE_BREAK = r"\.br\ ".strip()
_ADDENDUM = "addendum"  # id of the section that holds addenda


def observations(
    message: ReportMessage, profile: MllpProfile, fitting: Fitting, issued_at: str
) -> list[str]:
    """OBX segments in order; `issued_at` (TS) stands in OBX-14."""
    status = profile.observation_status.of(message.kind)
    tail = f"||||||{status}|||{issued_at}"
    name = _Names(message.order.procedure, profile, fitting)
    rows = [*_study(message, profile, fitting), *_layout(message, profile, fitting)]
    if profile.pdf is not None:
        after = rows[-1].sub + 1 if rows else 1
        rows.append(_pdf(message, profile, profile.pdf, after))
    return [
        f"OBX|{number}|{row.kind}|{name.of(row.code)}|{row.sub}|{row.value}{tail}"
        for number, row in enumerate(rows, start=1)
    ]


class _Row(NamedTuple):
    """OBX-2, the code of OBX-3, OBX-4 (which numbers the sections), and OBX-5 escaped."""

    kind: str
    code: ObservationCode
    sub: int
    value: str


def _study(message: ReportMessage, profile: MllpProfile, fitting: Fitting) -> Iterator[_Row]:
    """The study instance UID, where the profile asks for it and the order has it."""
    uid = message.order.study_uid
    if profile.study_code is not None and uid:
        yield _Row("ST", profile.study_code, 1, escape(fitting.line(uid)))


def _layout(message: ReportMessage, profile: MllpProfile, fitting: Fitting) -> Iterator[_Row]:
    """The text of the report."""
    if profile.layout is Layout.NONE:
        return
    texts = [
        (_section_code(section, profile), _section_lines(section, profile, fitting))
        for section in _sections(message, profile)
    ]
    if profile.layout is Layout.FORMATTED_TEXT:
        lines = [line for _, part in texts for line in part]
        yield _Row("FT", profile.report_code, 1, _formatted(lines))
        return
    for place, (code, lines) in enumerate(texts, start=1):
        if profile.layout is Layout.SECTIONS:
            yield _Row("FT", code, place, _formatted(lines))
        else:
            yield from (_Row("TX", code, place, escape(line)) for line in lines)


def _pdf(message: ReportMessage, profile: MllpProfile, form: PdfForm, sub: int) -> _Row:
    """The PDF as ED (chapter 2A.24): Base64 needs no escape."""
    issued = local_time(message.issued_at, profile.timezone).strftime(TIME_OF_DAY)
    printed = printed_report(message, _sections(message, profile), form.words, form.page, issued)
    data = b64encode(printed).decode("ascii")
    return _Row("ED", form.code, sub, f"^{form.type_of_data}^{form.subtype}^Base64^{data}")


def _sections(message: ReportMessage, profile: MllpProfile) -> list[Section]:
    """The sections that hold text; of an addendum's the new ones first or alone, if asked so."""
    found = [section for section in message.report.sections if section.statements]
    if message.kind is not DeliveryKind.ADDENDUM or profile.addendum == "complete":
        return found
    new = [section for section in found if section.id == _ADDENDUM]
    return new if profile.addendum == "only" else sorted(found, key=lambda each: each not in new)


def _section_lines(section: Section, profile: MllpProfile, fitting: Fitting) -> list[str]:
    """Title and text: a line for each sentence in layout `lines`, else paragraphs."""
    title = [section.title.upper() + ":"] if profile.titles and section.title else []
    if profile.layout is Layout.LINES:
        texts = [statement.text for statement in section.statements]
    else:
        texts = [section_text(section)]
    lines = [line for text in title + texts for line in fitting.lines(text) if line.strip()]
    if profile.line_length == 0:
        return lines
    return [part for line in lines for part in wrap(line, profile.line_length)]


def _section_code(section: Section, profile: MllpProfile) -> ObservationCode:
    return profile.section_codes.get(section.id, profile.default_code)


class _Names:
    """Writes OBX-3: the suffix is a second subcomponent of the identifier."""

    def __init__(self, procedure: Code, profile: MllpProfile, fitting: Fitting) -> None:
        told = (procedure.code, procedure.text, procedure.system)
        self._procedure = [escape(fitting.line(each)) for each in told]
        self._by_procedure = profile.procedure_in_observation and any(self._procedure)

    def of(self, code: ObservationCode) -> str:
        """By the code's own words, or by those of the procedure."""
        own = [code.code, code.text, code.system]
        identifier, text, system = self._procedure if self._by_procedure else own
        if code.suffix:
            identifier += f"&{code.suffix}"
        return "^".join([identifier, text, system]).rstrip("^")


def _formatted(lines: list[str]) -> str:
    return _LINE_BREAK.join(escape(line) for line in lines)
