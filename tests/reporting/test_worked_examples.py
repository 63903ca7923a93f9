"""Twelve worked examples of the merge, with the small templates that they were written for.

Where they disagree with the design of the merge, the design wins:
- they print the header with its sentence ("Impression: No acute disease."); it is not repeated;
- they put "Otherwise normal." under commands; told as text it stays a dictated sentence, and is
  routed like one;
- they call origin `template` `default`; they know neither `critical_finding` nor
  `spans_sections`, which add flags.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapter.domain.finding import AiFinding
from adapter.domain.order import Side
from adapter.domain.report import Flag, Report
from adapter.domain.transcript import Span, WrittenText
from adapter.mapping.checks import Checks
from adapter.mapping.files import MappingFiles
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.template_table import TemplateTable
from adapter.mapping.templates import Template
from adapter.reporting.certificate import Evidence, certify
from adapter.reporting.checks import Sheet, check
from adapter.reporting.checks.layout import report_lines
from adapter.reporting.dictated import Dictated
from adapter.reporting.merge import Merged, merge
from adapter.reporting.render import sections_text
from adapter.reporting.said import listen
from adapter.reporting.verdicts import Verdicts

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "merge" / "worked_examples.yaml"
DATA: dict[str, Any] = yaml.safe_load(SAMPLES.read_text(encoding="utf-8"))
NOT_IN_EXAMPLES = {"critical_finding", "spans_sections"}


@lru_cache
def lexicon() -> Lexicon:
    return Lexicon.load(MappingFiles())[0]


def template(name: str, policy: str) -> Template:
    """The example's template in the format of this product."""
    sections = []
    for section in DATA["templates"][name]["sections"]:
        defaults = [
            {
                "id": f"d{n}",
                "text": each["text"],
                "absent": each["absent"],
                "supersede_keyword": each.get("keyword", ""),
            }
            for n, each in enumerate(section["defaults"])
        ]
        only = {"header_only": section["id"] == "impression"}
        sections.append({**section, "defaults": defaults, **only})
    table = TemplateTable.model_validate(
        {
            "schema": "report-template/1",
            "id": name,
            "version": 1,
            "title": name,
            "defaults_policy": policy,
            "sections": sections,
        }
    )
    return Template(table, "", lexicon().headers)


def finding(row: dict[str, Any]) -> AiFinding:
    return AiFinding(
        id=row["id"],
        text=row["text"],
        model="m",
        version="1",
        finding=row["finding"],
        side=Side(row["laterality"]) if "laterality" in row else None,
        level=row.get("level"),
        size_mm=tuple(map(float, row.get("size_mm", ()))),
    )


def merged(example: dict[str, Any]) -> Merged:
    form = template(example["template"], example["policy"]["defaults"])
    text = example["dictation"]
    dictated = (Dictated("d-1", WrittenText(text, (Span(0, len(text), 0, len(text)),))),)
    said = listen(dictated, form, lexicon())
    ai = [finding(row) for row in example["ai_findings"]]
    result = merge(dictated, said, ai, form, lexicon(), Verdicts(()), "preliminary")
    evidence = Evidence(dictated, said.headers, form, ai, (), "preliminary")
    printed = sections_text(result.sections)
    assert certify(result.sections, result.removed, printed, evidence).ok
    return result


def contradicting(result: Merged) -> list[Flag]:
    """What the check of contradictions finds; the examples know no other check."""
    lines = tuple(report_lines(result.sections, {}, lambda _: (), lexicon()))
    flags = check(Sheet(lines, Checks.load(MappingFiles())[0], lexicon()))
    return [flag for flag in flags if flag.code == "dictation_self_contradiction"]


def expected_items(example: dict[str, Any]) -> list[tuple[str, str, str]]:
    origins = {"default": "template", "dictated": "dictated"}
    rows = (row for row in example["items"] if row["section"] not in ("ai_suggestions", "commands"))
    return [
        (row["section"], row["text"].removeprefix("Impression: "), origins[row["origin"]])
        for row in rows
    ]


def actual_items(result: Merged | Report) -> list[tuple[str, str, str]]:
    return [
        (section.id, statement.text, statement.origin.value)
        for section in result.sections
        for statement in section.statements
        if statement.text != "Otherwise normal."
    ]


@pytest.mark.parametrize("example", DATA["examples"], ids=lambda each: each["id"])
def test_statements_are_those_of_the_example(example: dict[str, Any]) -> None:
    assert actual_items(merged(example)) == expected_items(example)


@pytest.mark.parametrize("example", DATA["examples"], ids=lambda each: each["id"])
def test_flags_are_those_of_the_example(example: dict[str, Any]) -> None:
    result = merged(example)
    flags = (*result.flags, *contradicting(result))
    found = sorted(
        (flag.code, flag.severity.value, flag.statement, flag.ai)
        for flag in flags
        if flag.code not in NOT_IN_EXAMPLES
    )
    wanted = sorted(
        (row["code"], row["severity"], statement_of(row), row.get("ai")) for row in example["flags"]
    )
    assert [each[:2] for each in found] == [each[:2] for each in wanted]
    for got, want in zip(found, wanted, strict=True):
        if want[2]:
            assert got[2] == want[2]


def statement_of(row: dict[str, Any]) -> str | None:
    by = row.get("dictated") or (row["by"] if str(row.get("by", "")).startswith("d") else None)
    name = by[-1] if isinstance(by, list) else by
    return name.replace("d", "s") if name else None
