"""A normal and an abnormal dictation into each packaged template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from adapter.domain.report import Origin, Report
from adapter.mapping.templates import Template
from adapter.reporting.facts import read
from adapter.reporting.pipeline import ReportInputs, build_report
from tests.reporting.tables import tables, typed

_FILE = Path(__file__).parent.parent / "samples" / "template_dictations.yaml"
SAMPLES: dict[str, dict[str, Any]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))


def report(name: str, *lines: str) -> Report:
    inputs = ReportInputs((typed("\n".join(lines)),), template=name)
    made = build_report(inputs, tables())
    assert made.certificate.ok, made.certificate.problems
    return made


def values(name: str) -> dict[str, tuple[str, str]]:
    """Field -> its label and the words for it."""
    fields = tables().templates.get(name).form.fields
    told = SAMPLES[name].get("values", {})
    return {field: (fields[field].rule.label, words) for field, words in told.items()}


def test_each_template_has_a_dictation() -> None:
    assert set(SAMPLES) == {each.table.id for each in tables().templates}
    assert len(SAMPLES) >= 30


def test_half_of_the_templates_have_fields() -> None:
    with_fields = [name for name in SAMPLES if tables().templates.get(name).form.fields]
    assert len(with_fields) >= 18
    assert all(values(name) for name in with_fields)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_normal_study(name: str) -> None:
    said = [f"{label}: {words}." for label, words in values(name).values()]
    made = report(name, *said, "Otherwise normal.", "Impression: Normal study.")
    states = {each.id: each for each in made.fields}
    for field in values(name):
        assert states[field].state == "filled"
        assert (states[field].statement or "").startswith("f")
    codes = {flag.code for flag in made.flags}
    assert not codes & {"field_unfit", "field_implausible", "unrouted", "template_remnant"}
    assert not [flag for flag in made.flags if flag.severity.value == "alert"]
    _no_default_beside_its_contrary(made, tables().templates.get(name))


@pytest.mark.parametrize("name", SAMPLES)
def test_an_abnormal_study(name: str) -> None:
    wanted = SAMPLES[name]["abnormal"]
    said = [sentence for sentences in wanted.values() for sentence in sentences]
    made = report(name, *said, "Otherwise normal.")
    where = {
        statement.text: section.id
        for section in made.sections
        for statement in section.statements
        if statement.origin is Origin.DICTATED
    }
    for section, sentences in wanted.items():
        for sentence in sentences:
            assert where.get(sentence) == section, (sentence, where.get(sentence))
    _no_default_beside_its_contrary(made, tables().templates.get(name))


def _no_default_beside_its_contrary(made: Report, template: Template) -> None:
    lexicon, defaults = tables().lexicon, {name: each for _, name, each in template.defaults}
    statements = [each for section in made.sections for each in section.statements]
    standing = [defaults[s.source.template] for s in statements if s.source.template in defaults]
    for statement in statements:
        if statement.source.template in defaults:
            continue
        for mention in read(statement.text, lexicon).mentions:
            touched = lexicon.touched(mention.fact.finding, mention.organ)
            assert not any(touched & set(default.absent) for default in standing)
