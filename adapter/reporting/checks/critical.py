"""Findings that cannot wait: somebody must be told, and the report must say so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapter.reporting.checks.sheet import Found, Sheet, mentions, name

_CATEGORY = "ACR category 1 (minutes)"
_TOLD = re.compile(
    r"\b(?:discussed|communicated|notified|telephoned|conveyed|relayed|informed|paged|called"
    r"|reported|phoned|alerted|made aware|verbal\w*)\b",
    re.IGNORECASE,
)
_WHOM = re.compile(
    r"\b(?:dr|doctor|md|np|pa|rn|nurse|physician|provider|clinician|resident|attending|team"
    r"|surgeon|referring|practitioner|ed|er|emergency)\b",
    re.IGNORECASE,
)
_WHEN = re.compile(
    r"\b\d{1,2}[:.]\d{2}\b|\b\d{1,2}\s?(?:am|pm|a\.m|p\.m)|\b\d{4}\s?h(?:ou)?rs?\b", re.I
)


def critical(sheet: Sheet) -> Iterator[Found]:
    """Findings of ACR category 1 that the report affirms or suspects."""
    lacks = _lacks(sheet)
    told: set[str] = set()
    for said in mentions(tuple(line for line in sheet.body if line.spoken)):
        fact = said.mention.fact
        if sheet.lexicon.findings[fact.finding].urgency != "critical" or fact.finding in told:
            continue
        if not said.mention.present or said.mention.chronic:
            continue
        told.add(fact.finding)
        head = f"{name(fact.finding)}: {_CATEGORY}"
        if lacks is None:
            message = f"{head}; communicate and record it"
            yield Found("critical_finding", message, said.line, said.chars)
        elif lacks:
            message = f"{head}; its communication is recorded without {' and '.join(lacks)}; add it"
            yield Found("critical_communicated", message, said.line, said.chars)


def _lacks(sheet: Sheet) -> list[str] | None:
    """What the record of a communication lacks; None: there is no record."""
    for line in sheet.lines:
        if line.spoken and _TOLD.search(line.text) and (whom := _WHOM.search(line.text)):
            parts = {"who was told": whom, "the time": _WHEN.search(line.text)}
            return [part for part, match in parts.items() if match is None]
    return None
