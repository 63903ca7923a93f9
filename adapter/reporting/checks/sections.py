"""Sections that are missing, and what templates leave behind."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.reporting.checks.sheet import IMPRESSION, Found, Sheet, name


def impression_missing(sheet: Sheet) -> Iterator[Found]:
    """Findings without impression."""
    if sheet.findings and not sheet.impression:
        yield Found("impression_missing", "there are findings but no impression; add one")


def findings_missing(sheet: Sheet) -> Iterator[Found]:
    """Impression without findings."""
    if sheet.impression and not sheet.findings:
        message = "there is an impression but nothing that was found; add the findings"
        yield Found("findings_missing", message, sheet.impression[0])


def section_missing(sheet: Sheet) -> Iterator[Found]:
    """A section that the template requires."""
    for section in sheet.empty:
        if section != IMPRESSION:
            yield Found("section_missing", f"section {name(section)} is required; fill it")


def field_missing(sheet: Sheet) -> Iterator[Found]:
    """A field that the template requires."""
    for label in sheet.unfilled:
        yield Found("field_missing", f"{label} is required and has no value; give it one")


def template_remnant(sheet: Sheet) -> Iterator[Found]:
    """Empty fields and marks of templates."""
    for line in sheet.lines:
        for match in sheet.checks.remnants.finditer(line.text):
            message = f"{match[0]!r} was left by a template; fill it or take it out"
            yield Found("template_remnant", message, line, match.span())
