"""Model cards against CHAI's own schema (tests/samples/model_card, from their repository)."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.errors import NotFound
from adapter.mapping.model_card import Estimate, MeanSd, ModelCard, Single
from adapter.mapping.model_card_export import NAMESPACE, as_html, as_xml, card_of
from tests.fakes.house import tables
from tests.mapping.xsd import Schema

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "model_card"
SCHEMA = Schema(SAMPLES / "schema.xsd")
CARDS = [each.card for each in tables().ai_sources if each.card]


def problems(body: bytes) -> list[str]:
    return SCHEMA.problems(ET.fromstring(body))


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.basic_info.model_name)
def test_the_packaged_cards_keep_the_schema(card: ModelCard) -> None:
    assert problems(as_xml(card)) == []
    assert card.basic_info.model_name in as_html(card)


def test_the_schema_takes_the_example_of_its_makers_and_finds_faults() -> None:
    example = (SAMPLES / "OrbDoc_Voice-to-SOAP.xml").read_bytes()
    assert problems(example) == []
    root = ET.fromstring(example)
    summary = root.find(f"{{{NAMESPACE}}}ModelSummary")
    assert summary is not None
    root.remove(summary)
    assert SCHEMA.problems(root) == ["AppliedModelCard: ModelSummary is missing"]
    root.append(summary)
    assert "AppliedModelCard: ModelSummary is out of place" in SCHEMA.problems(root)


texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
numbers = st.floats(allow_nan=False, allow_infinity=False)
values = st.one_of(
    st.builds(Single, value=numbers, unit=st.sampled_from(("", "%"))),
    st.builds(Estimate, kind=st.just("estimate_ci"), estimate=numbers, lower=numbers,
              upper=numbers, level=numbers, unit=st.sampled_from(("", "s"))),
    st.builds(MeanSd, kind=st.just("mean_sd"), mean=numbers, sd=st.floats(0, 9)),
)  # fmt: skip


@given(texts, st.lists(texts, max_size=3), texts, values, st.booleans())
@settings(max_examples=40, deadline=None)
def test_any_card_keeps_the_schema_and_shows_its_words(
    name: str, keywords: list[str], goal: str, value: Single | Estimate | MeanSd, whole: bool
) -> None:
    body = CARDS[0].model_dump()
    body["basic_info"]["model_name"] = name
    body["model_summary"]["keywords"] = keywords
    body["key_metrics"]["fairness_equity"]["metric_goal"] = goal
    body["key_metrics"]["fairness_equity"]["results"] = [{"label": goal, "value_json": value}]
    if whole:
        body["release_info"]["ehr_compatibility"] = keywords
        body["trust_ingredients"]["ai_system_facts"]["security"] = goal
    card = ModelCard.model_validate(body)
    root = ET.fromstring(as_xml(card))
    assert SCHEMA.problems(root) == []
    told = [each.text for each in root.iter(f"{{{NAMESPACE}}}ValueJson")]
    assert json.loads(told[1] or "") == value.model_dump(exclude=None if value.unit else {"unit"})
    assert "<script" not in as_html(card)


def test_a_source_without_a_card_says_so() -> None:
    source = next(iter(tables().ai_sources)).model_copy(update={"card": None})
    with pytest.raises(NotFound, match="holds no `card`"):
        card_of(source)
