"""A template with fields of each type, beside the packaged ones."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from adapter.domain.decision import Decision
from adapter.domain.report import FieldState, Part, Report, Statement
from adapter.mapping.files import MappingFile
from adapter.mapping.reporting import ReportingTables
from adapter.mapping.templates import Template, Templates, read_template
from adapter.reporting.pipeline import ReportInputs, build_report
from tests.reporting.tables import tables, typed

BODY = """
schema: report-template/1
id: form
version: 1
title: Form
sections:
- id: history
  title: History
  header_only: true
  fields:
  - {id: reason, label: Clinical history}
  - {id: prior, label: Comparison date, type: date}
  lines: [{id: reason_line, text: "History: {reason}; compared with {prior}."}]
- id: prostate
  title: Prostate
  organs: [prostate]
  fields:
  - {id: volume, label: Prostate volume, type: number, unit: mL, other_units: {cc: 1, L: 1000},
     least: 5, most: 400, says: [gland volume], required: true}
  - {id: size, label: Gland size, type: number, unit: cm, other_units: {mm: 0.1}, dimensions: 3}
  - id: category
    label: PI-RADS
    type: choice
    keywords: ["pi.?rads"]
    choices: [{text: PI-RADS 1, says: ["1", one]}, {text: PI-RADS 4, says: ["4", four]}]
  - {id: coil, label: Coil, type: choice, default: body,
     choices: [{text: body}, {text: endorectal}]}
  lines:
  - {id: volume_line, text: "Prostate volume: {volume}."}
  - {id: size_line, text: "The gland measures {size}."}
  - {id: category_line, text: "Overall {category}."}
  - {id: coil_line, text: "A {coil} coil was used."}
  defaults: [{id: no_lesion, text: "No suspicious prostate lesion.", absent: [prostate_lesion]}]
- {id: other, title: Other, organs: [general]}
- {id: impression, title: Impression, header_only: true}
"""


def read_form(body: str = BODY) -> Template:
    file = MappingFile("templates/form.yaml", Path("form.yaml"), body.encode())
    return read_template(file, tables().lexicon)


@lru_cache(maxsize=1)
def form_tables() -> ReportingTables:
    return replace(tables(), templates=Templates([*tables().templates, read_form()]))


def filled(text: str, *decisions: Decision, **more: str) -> Report:
    """The proved report of a typed dictation into the form."""
    inputs = ReportInputs((typed(text),), template="form", decisions=decisions, **more)
    made = build_report(inputs, form_tables())
    assert made.certificate.ok, made.certificate.problems
    return made


def statements(report: Report) -> list[Statement]:
    return [each for section in report.sections for each in section.statements]


def printed(report: Report) -> list[str]:
    return [each.text for each in statements(report)]


def field(report: Report, name: str) -> FieldState:
    (found,) = (each for each in report.fields if each.id == name)
    return found


def value(report: Report, name: str) -> Part:
    """The part of a line that holds a field's value."""
    parts = (part for each in statements(report) for part in each.parts if part.field == name)
    return next(parts)


def codes(report: Report) -> set[str]:
    return {flag.code for flag in report.flags}
