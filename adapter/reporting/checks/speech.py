"""Safety tokens that the recogniser was not sure of, or that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.reporting.checks.sheet import Found, Sheet


def low_confidence(sheet: Sheet) -> Iterator[Found]:
    """Negations, sides, numbers, units, levels and changes heard with less than the limit."""
    for line in sheet.lines:
        for doubt in line.doubts:
            if not doubt.contradicts and doubt.heard is not None:
                shown = line.text[doubt.start : doubt.end]
                sure = f"{doubt.heard.confidence:.0%}"
                message = f"heard with doubt ({doubt.kind}, {sure}): {shown}; listen again"
                yield Found("low_confidence", message, line, (doubt.start, doubt.end), doubt.heard)


def heard_contradiction(sheet: Sheet) -> Iterator[Found]:
    """Two such words side by side that cannot both be meant: left right, 5 mm cm."""
    for line in sheet.lines:
        for doubt in line.doubts:
            if doubt.contradicts:
                shown = line.text[doubt.start : doubt.end]
                message = f"cannot be meant so ({doubt.kind}): {shown}; listen again"
                yield Found(
                    "heard_contradiction", message, line, (doubt.start, doubt.end), doubt.heard
                )
