"""The report's text as OBX segments, laid out as the destination's profile asks."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from adapter.domain.delivery import DeliveryKind, ReportMessage
from adapter.domain.report import Section
from adapter.hl7v2.escape import escape
from adapter.hl7v2.text import Fitting
from adapter.mapping.mllp_profile import Layout, MllpProfile, ObservationCode
from adapter.reporting.render import section_text

_LINE_BREAK = r"\.br\ ".strip()


def observations(
    message: ReportMessage, profile: MllpProfile, fitting: Fitting, issued_at: str
) -> list[str]:
    """OBX segments in order; `issued_at` (TS) stands in OBX-14."""
    status = profile.observation_status.of(message.kind)
    tail = f"||||||{status}|||{issued_at}"
    rows = _layout(message, profile, fitting)
    return [
        f"OBX|{number}|{kind}|{_code(code)}|{sub}|{text}{tail}"
        for number, (kind, code, sub, text) in enumerate(rows, start=1)
    ]


def _layout(
    message: ReportMessage, profile: MllpProfile, fitting: Fitting
) -> Iterator[tuple[str, ObservationCode, int, str]]:
    """(OBX-2, code, OBX-4, escaped OBX-5): OBX-4 numbers the sections."""
    texts = [
        (_section_code(section, profile), _section_lines(section, profile, fitting))
        for section in _sections(message, profile)
    ]
    if profile.layout is Layout.FORMATTED_TEXT:
        yield "FT", profile.report_code, 1, _formatted([line for _, part in texts for line in part])
        return
    for place, (code, lines) in enumerate(texts, start=1):
        if profile.layout is Layout.SECTIONS:
            yield "FT", code, place, _formatted(lines)
        else:
            yield from (("TX", code, place, escape(line)) for line in lines)


def _sections(message: ReportMessage, profile: MllpProfile) -> list[Section]:
    """The sections that hold text; of an addendum only the new ones where the profile asks so."""
    only_new = message.kind is DeliveryKind.ADDENDUM and profile.addendum == "only"
    return [
        section
        for section in message.report.sections
        if section.statements and (not only_new or section.id == "addendum")
    ]


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


def _code(code: ObservationCode) -> str:
    """OBX-3: the suffix is a second subcomponent of the identifier."""
    identifier = f"{code.code}&{code.suffix}" if code.suffix else code.code
    return "^".join([identifier, code.text, code.system]).rstrip("^")


def _formatted(lines: list[str]) -> str:
    return _LINE_BREAK.join(escape(line) for line in lines)
