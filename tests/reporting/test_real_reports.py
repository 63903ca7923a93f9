"""Whole reports as dictation: nothing lost, nothing unrouted, no default against what was said."""

from __future__ import annotations

from functools import lru_cache

import pytest
import yaml

from adapter.reporting.defaults import choose
from tests.reporting.real_reports import SAMPLES, Score, heard, measure, reports
from tests.reporting.tables import tables

CONTRADICTED: list[tuple[str, dict[str, list[str]]]] = [  # template, default -> sentences
    each
    for file in sorted((SAMPLES.parent / "defaults").glob("*.yaml"))
    for each in yaml.safe_load(file.read_text(encoding="utf-8")).items()
]


@lru_cache(maxsize=1)
def score() -> Score:
    return measure()


def test_reports_are_many_and_of_every_examination() -> None:
    assert score().reports >= 250
    served = {each.table.id for each in tables().templates} - {"generic"}
    assert {template for template, _ in reports()} == served


def test_no_character_is_lost() -> None:
    assert score().lost == 0


def test_hardly_a_sentence_is_without_a_section_of_its_own() -> None:
    assert score().why["none"] == 0
    assert score().why["general"] <= 0.03 * score().sentences


def test_no_default_stands_beside_what_denies_it() -> None:
    assert score().surviving == 0


@pytest.mark.parametrize(("template", "rows"), CONTRADICTED)
def test_an_abnormal_sentence_withdraws_the_default(
    template: str, rows: dict[str, list[str]]
) -> None:
    standing = []
    for default, sentences in rows.items():
        for sentence in sentences:
            found, _, routed = heard(template, sentence)
            sections = frozenset(rule.id for rule in found.table.sections)
            choice = choose(found, sections, routed, (), tables().lexicon)
            assert default in {name for _, name, _ in found.defaults}
            if default in {each.name for each in choice.entered}:
                standing.append((default, sentence))
    assert not standing
