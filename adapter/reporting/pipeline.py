"""All stages in order: stored inputs and mapping tables in, a report with its proof out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from adapter.domain.ai_source import AiRuling
from adapter.domain.communication import Communication
from adapter.domain.decision import Decision
from adapter.domain.finding import AiFinding
from adapter.domain.order import Order
from adapter.domain.outside_report import SignedElsewhere
from adapter.domain.people import Practitioner
from adapter.domain.prior import PriorReport
from adapter.domain.report import (
    FieldState,
    Flag,
    Origin,
    Report,
    Section,
    Severity,
    Statement,
)
from adapter.domain.transcript import Transcript
from adapter.mapping.reporting import ReportingTables
from adapter.mapping.templates import Template
from adapter.reporting.addendum import addenda, with_addenda
from adapter.reporting.certificate import Evidence, certify
from adapter.reporting.checks import Sheet, check
from adapter.reporting.checks.layout import report_lines, text_lines
from adapter.reporting.checks.sheet import Line
from adapter.reporting.checks.study_day import age_at, day_of
from adapter.reporting.dictated import Dictated
from adapter.reporting.dismissals import with_dismissals
from adapter.reporting.doubts import Listener
from adapter.reporting.elsewhere import report_of
from adapter.reporting.macros import applied
from adapter.reporting.merge import merge
from adapter.reporting.render import sections_text
from adapter.reporting.route import UNROUTED
from adapter.reporting.said import Dictation, listen
from adapter.reporting.verdicts import Verdicts
from adapter.reporting.written_form import write


@dataclass(frozen=True, slots=True)
class ReportInputs:
    """All that a report is made of, besides the mapping files."""

    transcripts: tuple[Transcript, ...] = ()  # in dictation order
    ai: tuple[AiFinding, ...] = ()  # in any order
    order: Order | None = None
    template: str | None = None  # id; None: chosen by the order
    decisions: tuple[Decision, ...] = ()  # oldest first
    status: str = "preliminary"  # as that of the Report
    addenda: tuple[Transcript | str, ...] = ()  # dictated or typed, oldest first
    earlier: PriorReport | None = None  # the report before
    communications: tuple[Communication, ...] = ()  # oldest first
    elsewhere: SignedElsewhere | None = None  # the text signed in another system, which then counts
    prepared_by: Practitioner | None = None  # who handed it over to the one who signed
    ai_rulings: tuple[AiRuling, ...] = ()  # modes of the models of `ai`, as they stood


def build_report(inputs: ReportInputs, tables: ReportingTables) -> Report:
    """The report of these inputs; the same inputs and tables give the same report, byte for byte.

    Raises NotFound for a template that does not exist, and nothing else: when the proof fails,
    the dictation as written is the report, flagged for review.
    """
    if inputs.elsewhere is not None:
        return _elsewhere(inputs.elsewhere, inputs, tables)
    dictated = tuple(_written(each, tables) for each in inputs.transcripts)
    commands = (command for each in dictated for command in each.written.commands)
    template = applied(commands, tables.templates) or _template(inputs, tables)
    dictation = listen(dictated, template, tables.lexicon)
    verdicts = Verdicts(inputs.decisions)
    merged = merge(
        dictated,
        dictation,
        inputs.ai,
        template,
        tables.lexicon,
        verdicts,
        inputs.status,
        inputs.earlier,
        inputs.ai_rulings,
    )
    added = addenda(inputs.addenda, len(dictated), template, tables)
    sections = with_addenda(merged.sections, added, verdicts, tables.lexicon)
    evidence = Evidence(
        (*dictated, *(each.dictated for each in added)),
        (
            *dictation.headers,
            *merged.headers,
            *(header for each in added for header in each.headers),
        ),
        template,
        inputs.ai,
        inputs.decisions,
        inputs.status,
        inputs.earlier,
        inputs.ai_rulings,
    )
    certificate = certify(sections, merged.removed, sections_text(sections), evidence)
    report = Report(
        template.ref,
        inputs.status,
        sections,
        merged.suggestions,
        merged.flags,
        certificate,
        inputs.earlier.ref if inputs.earlier else None,
        merged.fields,
    )
    report = report if certificate.ok else _raw(report, evidence)
    checked = check(_sheet(report, inputs, dictation, evidence, tables))
    found = (*report.flags, *_unspoken(inputs, tables), *checked)
    return replace(report, flags=with_dismissals(found, report.sections, inputs.decisions))


def _elsewhere(signed: SignedElsewhere, inputs: ReportInputs, tables: ReportingTables) -> Report:
    """What was signed in another system, checked as it stands there."""
    template = _template(inputs, tables)
    report, lines = report_of(signed, inputs.status, template, inputs.earlier, tables)
    found = check(_study_sheet(lines, inputs, tables))
    return replace(report, flags=with_dismissals(found, report.sections, inputs.decisions))


def _study_sheet(lines: tuple[Line, ...], inputs: ReportInputs, tables: ReportingTables) -> Sheet:
    """The lines with the study that they are held against."""
    return Sheet(
        lines=lines,
        checks=tables.checks,
        lexicon=tables.lexicon,
        order=inputs.order,
        day=day_of(inputs.order),
        age=age_at(inputs.order),
        prior=tuple(text_lines(inputs.earlier.text, tables)) if inputs.earlier else (),
        communications=inputs.communications,
    )


def _sheet(
    report: Report,
    inputs: ReportInputs,
    dictation: Dictation,
    evidence: Evidence,
    tables: ReportingTables,
) -> Sheet:
    language = tables.templates.get(report.template.id).table.language
    listener = Listener(evidence.dictated, tables, language)
    readings = {each.id: (each.text, each.reading) for each in dictation.said}
    lines = tuple(report_lines(report.sections, readings, listener.doubts, tables.lexicon))
    return replace(
        _study_sheet(lines, inputs, tables),
        empty=_empty(report, tables),
        unfilled=tuple(each.label for each in report.fields if each.required and _is_open(each)),
        suggestions=report.suggestions,
        recordings=(*inputs.transcripts, *(t for t in inputs.addenda if isinstance(t, Transcript))),
    )


def _empty(report: Report, tables: ReportingTables) -> tuple[str, ...]:
    """Required sections in which nothing stands."""
    filled = {section.id for section in report.sections if section.statements}
    rules = tables.templates.get(report.template.id).table.sections
    return tuple(rule.id for rule in rules if rule.required and rule.id not in filled)


def _is_open(field: FieldState) -> bool:
    return field.state in ("empty", "unfit")


def _template(inputs: ReportInputs, tables: ReportingTables) -> Template:
    if inputs.template is not None:
        return tables.templates.get(inputs.template)
    return tables.choose(inputs.order)


def _written(transcript: Transcript, tables: ReportingTables) -> Dictated:
    written = write(transcript.spoken, tables.vocabulary(transcript.language))
    heard = transcript if transcript.duration_ms else None  # typed text has no audio
    return Dictated(transcript.dictation_id, written, heard)


def _unspoken(inputs: ReportInputs, tables: ReportingTables) -> tuple[Flag, ...]:
    """One flag for each language dictated in that has no vocabulary."""
    said = (each for each in (*inputs.transcripts, *inputs.addenda) if isinstance(each, Transcript))
    unknown = {each.language for each in said} - {"", *tables.vocabularies}
    return tuple(
        Flag(
            "language_unknown",
            Severity.WARN,
            f"dictated in {language!r}, for which there is no vocabulary: the words stand as they "
            f"were heard, findings are read by the words of mappings/findings; add "
            f"mappings/vocabulary/{language}.yaml",
        )
        for language in sorted(unknown)
    )


def _raw(report: Report, evidence: Evidence) -> Report:
    """Every dictation whole, in one section for review."""
    statements = tuple(
        Statement(f"s{n}", each.text, Origin.DICTATED, each.source(0, len(each.text)))
        for n, each in enumerate(evidence.dictated.values(), 1)
    )
    problems = "; ".join(report.certificate.problems)
    message = f"the report could not be proved, the dictation follows as it was said: {problems}"
    flag = Flag("certificate_failed", Severity.ALERT, message)
    section = Section(UNROUTED, "Unrouted (review)", statements)
    return replace(report, sections=(section,), flags=(flag, *report.flags), fields=())
