"""Findings that cannot wait: somebody must be told, and the record must say so."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.domain.communication import Communication
from adapter.mapping.checks import AcrCategory, CheckId
from adapter.reporting.checks.sheet import Found, Said, Sheet, mentions, name
from adapter.reporting.facts import read

_FIRST = 1  # the ACR category in which every minute counts
_HOUR, _DAY = 60, 1440


def critical(sheet: Sheet) -> Iterator[Found]:
    """Findings with an ACR category that the report affirms or suspects, unless told in time."""
    lacks = _lacks(sheet)
    told: set[str] = set()
    for said in mentions(tuple(line for line in sheet.body if line.spoken)):
        category = category_of(said, sheet)
        finding = said.mention.fact.finding
        if category is None or finding in told:
            continue
        told.add(finding)
        number, rule = category
        head = f"{name(finding)}: ACR category {number} (within {_span(rule.within_minutes)})"
        record = next((c for c in sheet.communications if _is_about(c, finding, sheet)), None)
        late = record.minutes - rule.within_minutes if record else 0
        if record and late > 0:
            message = f"{head}; {record.receiver} was told {_span(late)} too late; say why"
            yield Found("critical_communicated", message, said.line, said.chars)
        elif record is None and lacks:
            message = f"{head}; its communication is recorded without {' and '.join(lacks)}; add it"
            yield Found("critical_communicated", message, said.line, said.chars)
        elif record is None and lacks is None:
            code: CheckId = "critical_finding" if number == _FIRST else "actionable_finding"
            message = f"{head}; tell the referrer and record it"
            yield Found(code, message, said.line, said.chars)


def category_of(said: Said, sheet: Sheet) -> tuple[int, AcrCategory] | None:
    """The most urgent category of a finding that is there and not known for long."""
    finding = said.mention.fact.finding
    if not said.mention.present or said.mention.chronic or said.mention.organ in sheet.foreign:
        return None
    kinds = sheet.lexicon.ancestors[finding]
    urgency = sheet.lexicon.findings[finding].urgency
    for number, rule in sorted(sheet.checks.table.acr.items()):
        if urgency in rule.urgency or kinds & set(rule.findings):
            return number, rule
    return None


def _is_about(record: Communication, finding: str, sheet: Sheet) -> bool:
    """Whether the record names the finding, by its id or in words."""
    words = record.finding.replace("_", " ")
    named = {mention.fact.finding for mention in read(words, sheet.lexicon).mentions}
    return any(sheet.lexicon.related(each, finding) for each in {record.finding, *named})


def _span(minutes: float) -> str:
    if minutes < 2 * _HOUR:
        return f"{minutes:.0f} minutes"
    return f"{minutes / _HOUR:.0f} hours" if minutes < 2 * _DAY else f"{minutes / _DAY:.0f} days"


def _lacks(sheet: Sheet) -> list[str] | None:
    """What the dictated record of a communication lacks; None: there is no such sentence."""
    for line in sheet.lines:
        if (
            line.spoken
            and sheet.says("told", line.text)
            and (whom := sheet.says("told_whom", line.text))
        ):
            parts = {"who was told": whom, "the time": sheet.says("told_when", line.text)}
            return [part for part, match in parts.items() if match is None]
    return None
