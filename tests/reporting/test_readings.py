"""All that a sentence tells, not its facts alone: organs, what is normal, topics, old and acute."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from adapter.reporting.facts import Mention, Reading, read
from tests.reporting.tables import tables
from tests.reporting.test_facts import course

SAMPLE = Path(__file__).resolve().parents[1] / "samples" / "readings.yaml"
READINGS: dict[str, dict[str, list[str]]] = yaml.safe_load(SAMPLE.read_text(encoding="utf-8"))


def told(reading: Reading) -> list[str]:
    """The reading in the words of the sample file."""
    return [
        *(mention(each) for each in reading.mentions),
        *(f"organ {each}" for each in reading.organs),
        *(f"normal {each}" for each in sorted(reading.normal)),
        *(f"topic {each}" for each in reading.topics),
        *(["family"] if reading.family else []),
        *([] if reading.whole else ["part"]),
    ]


def mention(each: Mention) -> str:
    """ "fracture negated limited @bones"."""
    marks = [*(["limited"] if each.limited else []), *(["chronic"] if each.chronic else [])]
    return " ".join([course(each.fact), *marks, f"@{each.organ}"])


@pytest.mark.parametrize("group", READINGS)
def test_a_sentence_tells(group: str) -> None:
    wrong = {}
    for text, expected in READINGS[group].items():
        found = told(read(text, tables().lexicon))
        if found != expected:
            wrong[text] = found
    assert not wrong


@pytest.mark.parametrize("blank", ["", " "])
def test_a_text_that_nobody_speaks_in_one_sentence_is_read_in_pieces(blank: str) -> None:
    first = "Right pneumothorax is seen. ".ljust(980) + blank
    text = first + "Effusion is seen and her mother had breast cancer " + "x" * 1_200
    found = read(text, tables().lexicon)
    assert [mention(each) for each in found.mentions] == [
        "pneumothorax right @pleura",
        "pleural_effusion @pleura",
        "breast_cancer family @breast",
    ]
    assert all(text[m.fact.start : m.fact.end] == m.fact.text for m in found.mentions)
    assert (found.family, found.whole) == (True, False)


@pytest.mark.parametrize("length", [999, 1_000, 1_001, 1_005, 2_000, 2_005])
def test_a_word_at_the_cut_stays_whole(length: int) -> None:
    text = ("word " * 400)[: length - len(" pneumothorax")] + " pneumothorax"
    found = read(f"{text} and effusion", tables().lexicon)
    assert [m.fact.text for m in found.mentions] == ["pneumothorax", "effusion"]
