"""Quality checks of a report: each says where, why, and what to do. Pure; no model."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from adapter.domain.order import Order
from adapter.domain.report import Flag, Severity
from adapter.mapping.reporting import ReportingTables
from adapter.reporting.checks import (
    acceptance,
    critical,
    dates,
    impression,
    level,
    modality,
    negation,
    patient,
    prior,
    rads,
    recording,
    regions,
    sections,
    sentence,
    sides,
    sizes,
    speech,
    units,
)
from adapter.reporting.checks.layout import text_lines
from adapter.reporting.checks.sheet import Check, Found, Sheet
from adapter.reporting.checks.study_day import age_at, day_of

CHECKS: tuple[Check, ...] = (
    sides.side_against_order,
    patient.sex_mismatch,
    modality.wrong_modality,
    regions.wrong_body_part,
    sides.side_within_report,
    impression.against_findings,
    negation.contradictions,
    critical.critical,
    level.level_impossible,
    patient.age_mismatch,
    modality.wrong_contrast,
    modality.other_modality_words,
    impression.unsupported,
    impression.not_concluded,
    units.unit_missing,
    sizes.implausible,
    sizes.change_against_numbers,
    prior.prior_contradiction,
    prior.organ_removed,
    dates.date_impossible,
    dates.date_in_future,
    rads.rads_format,
    sections.impression_missing,
    sections.findings_missing,
    sections.section_missing,
    sections.field_missing,
    sections.template_remnant,
    sentence.duplicated_sentence,
    sentence.unfinished_sentence,
    sentence.repeated_word,
    speech.low_confidence,
    speech.heard_contradiction,
    recording.unheard_speech,
    recording.words_set_apart,
    acceptance.ai_unsupported,
)


def check(sheet: Sheet) -> tuple[Flag, ...]:
    """What the checks that are on find; `chars` within the statement, or the text without one."""
    return tuple(_flag(found, severity) for found, severity in _found(sheet))


def _found(sheet: Sheet) -> Iterator[tuple[Found, Severity]]:
    for each in CHECKS:
        for found in islice(each(sheet), sheet.checks.table.most):
            rule = sheet.checks.rule(found.code)
            if rule:
                yield found, rule.severity


def _flag(found: Found, severity: Severity) -> Flag:
    line = found.line
    if line is None:
        return Flag(found.code, severity, found.message)
    start, end = found.chars or (0, len(line.text))
    chars = (line.start + start, line.start + end)
    return Flag(
        found.code, severity, found.message, line.statement, line.ai, chars=chars, heard=found.heard
    )


def check_text(
    text: str,
    tables: ReportingTables,
    order: Order | None = None,
    age: int | None = None,
    prior: str = "",
) -> tuple[Flag, ...]:
    """The flags of any report text, in its order; a flag on no place stands at the end."""
    sheet = Sheet(
        lines=tuple(text_lines(text, tables)),
        checks=tables.checks,
        lexicon=tables.lexicon,
        order=order,
        day=day_of(order),
        age=age if age is not None else age_at(order),
        prior=tuple(text_lines(prior, tables)),
    )
    size = len(text)
    flags = (
        each if each.chars else Flag(each.code, each.severity, each.message, chars=(size, size))
        for each in check(sheet)
    )
    return tuple(sorted(flags, key=lambda flag: flag.chars or (size, size)))


__all__ = ["CHECKS", "Sheet", "check", "check_text"]
