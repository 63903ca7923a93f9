"""Sentences to findings: the traps, the offsets, and text that is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain.finding import Fact
from adapter.reporting.facts import facts, read
from tests.reporting.tables import tables

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
SENTENCES: list[dict[str, Any]] = yaml.safe_load(
    (SAMPLES / "merge" / "sentences.yaml").read_text(encoding="utf-8")
)
HARD: dict[str, dict[str, list[str]]] = {  # "negation lists" -> sentence -> facts
    f"{file.stem} {group}": rows
    for file in sorted((SAMPLES / "facts").glob("*.yaml"))
    for group, rows in yaml.safe_load(file.read_text(encoding="utf-8")).items()
}
MARKS = ("negated", "uncertain", "historical", "family")


def compact(fact: Fact) -> str:
    """The fact in the words of the sample file."""
    words = [fact.finding, *(mark for mark in MARKS if getattr(fact, mark))]
    words += [fact.side.value] if fact.side else []
    words += [fact.level] if fact.level else []
    words += [size(fact.size_mm)] if fact.size_mm else []
    words += [f"was {size(fact.prior_size_mm)}"] if fact.prior_size_mm else []
    return " ".join(words)


def course(fact: Fact) -> str:
    """The same with what has become of it, and how many there are."""
    count = [f"x{fact.count}"] if fact.count else []
    return " ".join([compact(fact), *([fact.time] if fact.time else []), *count])


def size(mm: tuple[float, ...]) -> str:
    return "x".join(f"{each:g}" for each in mm) + "mm"


@pytest.mark.parametrize("row", SENTENCES, ids=lambda row: row["text"][:60])
def test_a_sentence_states(row: dict[str, Any]) -> None:
    assert [compact(fact) for fact in facts(row["text"], tables().lexicon)] == row["facts"]


def words(told: str) -> list[str]:
    """A fact of a sample file whose marks stand in any order."""
    return sorted(told.split())


@pytest.mark.parametrize("group", HARD)
def test_hard_sentences_state(group: str) -> None:
    wrong = {}
    stated = course if group.startswith("course") else compact
    for text, told in HARD[group].items():
        found = facts(text, tables().lexicon)
        assert all(text[fact.start : fact.end] == fact.text for fact in found)
        if [words(stated(fact)) for fact in found] != [words(each) for each in told]:
            wrong[text] = [stated(fact) for fact in found]
    assert not wrong


def test_hard_sentences_are_many() -> None:
    assert sum(map(len, HARD.values())) >= 500


@pytest.mark.parametrize("row", SENTENCES, ids=lambda row: row["text"][:60])
def test_offsets_are_those_of_the_words(row: dict[str, Any]) -> None:
    text = row["text"]
    for fact in facts(text, tables().lexicon):
        assert text[fact.start : fact.end] == fact.text
        assert fact.text.strip() == fact.text != ""


@pytest.mark.parametrize("row", SENTENCES, ids=lambda row: row["text"][:60])
def test_letter_case_and_leading_text_do_not_matter(row: dict[str, Any]) -> None:
    plain = [compact(fact) for fact in facts(row["text"], tables().lexicon)]
    upper = [compact(fact) for fact in facts(row["text"].upper(), tables().lexicon)]
    assert upper == plain


def test_several_sentences_keep_their_scopes_and_offsets() -> None:
    text = "No effusion. Small pneumothorax."
    found = facts(text, tables().lexicon)
    assert [(fact.negated, text[fact.start : fact.end]) for fact in found] == [
        (True, "effusion"),
        (False, "pneumothorax"),
    ]


@pytest.mark.parametrize(
    ("sentence", "organs"),
    [
        ("The lungs are clear.", {"lungs"}),
        ("Normal liver.", {"liver"}),
        ("The liver, spleen and pancreas are unremarkable.", {"liver", "spleen", "pancreas"}),
        ("The heart is abnormal.", set()),
        ("The lungs are clear but the heart is enlarged.", {"lungs"}),
    ],
)
def test_organs_called_normal(sentence: str, organs: set[str]) -> None:
    assert read(sentence, tables().lexicon).normal == organs


def test_a_denial_with_an_adjective_is_limited() -> None:
    (limited,) = read("No acute fracture.", tables().lexicon).mentions
    (plain,) = read("No fracture.", tables().lexicon).mentions
    assert limited.limited
    assert not plain.limited


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_has_facts_with_exact_offsets(text: str) -> None:
    for fact in facts(text, tables().lexicon):
        assert text[fact.start : fact.end] == fact.text


@given(st.lists(st.sampled_from([row["text"] for row in SENTENCES]), max_size=6))
@settings(max_examples=200, deadline=None)
def test_sentences_do_not_reach_into_each_other(texts: list[str]) -> None:
    complete = [text if text[-1] in ".?" else f"{text}." for text in texts]
    apart = [compact(fact) for text in complete for fact in facts(text, tables().lexicon)]
    joined = [compact(fact) for fact in facts("\n".join(complete), tables().lexicon)]
    assert joined == apart


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([row["text"] for row in SENTENCES]),
    st.integers(1, 40),
    st.sampled_from([",", " and", ";", " with", " or", ""]),
)
def test_a_sentence_may_break_off_anywhere(text: str, words: int, joint: str) -> None:
    cut = " ".join(text.split()[:words]).rstrip(".,;") + joint
    for fact in facts(cut, tables().lexicon):
        assert cut[fact.start : fact.end] == fact.text


def test_nothing_behind_a_joint_begins_anew() -> None:
    (fact,) = facts("1. 3.4 CM ENHANCING LEFT RENAL MASS,", tables().lexicon)
    assert fact.finding == "renal_mass"


def test_family_history_far_into_a_text_is_still_family_history() -> None:
    text = "Her mother had breast cancer " + "and nothing else " * 400
    found = read(text, tables().lexicon)
    assert found.family
    assert [mention.fact.family for mention in found.mentions][:1] == [True]


@pytest.mark.parametrize(
    ("text", "organs"),
    [
        ("No acute osseous abnormality.", ["bones"]),
        ("No acute intracranial abnormality.", ["brain"]),
        ("No acute intra-abdominal process.", ["peritoneum"]),
        ("T8 metastasis with epidural extension.", ["extraaxial"]),
        ("Metastasis with epidural extension and cord compression.", ["general", "cord"]),
        ("Stone in the left ureter.", ["kidneys"]),
        ("Nodule in the left lobe of the thyroid.", ["thyroid"]),
        ("A 3 cm cyst.", ["general"]),
    ],
)
def test_a_mention_knows_its_organ(text: str, organs: list[str]) -> None:
    assert [mention.organ for mention in read(text, tables().lexicon).mentions] == organs
