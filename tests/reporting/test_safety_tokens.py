"""Safety tokens: what they are, how doubtful ones are flagged, and what cannot be meant."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain.decision import Decision, DecisionKind
from adapter.domain.report import Flag
from adapter.domain.transcript import Transcript, Word
from adapter.mapping.checks import Checks
from adapter.reporting.dictated import Dictated
from adapter.reporting.pipeline import ReportInputs, build_report
from adapter.reporting.safety_tokens import contradictions, doubts
from adapter.reporting.written_form import write
from tests.reporting.phrases import pairs
from tests.reporting.tables import tables

CODES = ("low_confidence", "heard_contradiction")


def recording(
    spoken: str, unsure: str = "", language: str = "en", least: float = 0.95
) -> Transcript:
    """Words of 300 ms each; those of `unsure` were heard with 0.3, the others with `least`."""
    words = tuple(
        Word(word, n * 300, n * 300 + 250, 0.3 if word in unsure.split() else 0.95)
        for n, word in enumerate(spoken.split())
    )
    return Transcript("d-1", "m", language, len(words) * 300, words)


def flags(transcript: Transcript, *decisions: Decision) -> list[Flag]:
    inputs = ReportInputs((transcript,), template="xr_chest_2v", decisions=decisions)
    return [flag for flag in build_report(inputs, tables()).flags if flag.code in CODES]


@pytest.mark.parametrize(
    ("spoken", "unsure", "kind", "shown", "ms"),
    [
        ("no effusion period", "no", "negation", "No", (0, 250)),
        ("small left effusion period", "left", "side", "left", (300, 550)),
        ("a five millimeter nodule", "five", "number", "5", (300, 550)),
        ("a five millimeter nodule", "millimeter", "unit", "mm", (600, 850)),
        ("a five millimeter nodule", "five millimeter", "number", "5 mm", (300, 850)),
        ("three point two by two centimeters", "point", "number", "3.2", (0, 850)),
        ("fracture of t twelve", "twelve", "level", "T12", (600, 1150)),
        ("disc bulge at l four l five", "four", "level", "L4-L5", (900, 2050)),
        ("effusion has increased", "increased", "change", "increased", (600, 850)),
        ("lung rads four b", "four", "number", "4B", (600, 1150)),
    ],
)
def test_a_doubtful_safety_token_is_flagged_with_its_audio(
    spoken: str, unsure: str, kind: str, shown: str, ms: tuple[int, int]
) -> None:
    transcript = recording(spoken, unsure)
    (flag,) = flags(transcript)

    assert flag.chars is not None
    assert flag.heard is not None
    text = write(transcript.spoken, tables().vocabulary("en")).text
    assert text[slice(*flag.chars)] == shown
    assert (flag.heard.kind, flag.heard.ms, flag.heard.confidence) == (kind, ms, 0.3)
    assert flag.heard.dictation == "d-1"


def test_words_that_are_no_safety_tokens_are_let_pass() -> None:
    assert flags(recording("small pleural effusion seen period", "small pleural effusion")) == []


def test_two_places_are_two_flags() -> None:
    found = flags(recording("left effusion and right nodule", "left right"))
    assert [flag.chars for flag in found] == [(0, 4), (18, 23)]


def test_german_words_are_known_too() -> None:
    found = flags(recording("kein Erguss links Punkt", "kein links", "de"))
    assert [flag.heard.kind for flag in found if flag.heard] == ["negation", "side"]


def test_a_person_can_put_the_flag_aside() -> None:
    transcript = recording("small left effusion period", "left")
    (flag,) = flags(transcript)
    heard_again = Decision(DecisionKind.DISMISS, flag.id, "listened", "p1", "2026-01-01T00:00:00Z")

    (settled,) = flags(transcript, heard_again)
    assert settled.dismissed is not None
    assert settled.dismissed.person == "p1"


def test_limits_go_by_kind_and_language() -> None:
    table = tables().checks.table
    made = Checks(
        table.model_copy(
            update={
                "least_confidence": 0.5,
                "least_confidence_of": {"side": 0.7},
                "least_confidence_in": {"de": {"side": 0.4, "number": 0.9}},
            }
        )
    )
    assert (made.least("en", "side"), made.least("en", "number")) == (0.7, 0.5)
    assert (made.least("de", "side"), made.least("de", "number")) == (0.4, 0.9)
    assert (made.most_certain("en"), made.most_certain("de")) == (0.7, 0.9)


@pytest.mark.parametrize(
    ("language", "text", "kind"),
    [
        ("en", "Small left right effusion.", "side"),
        ("en", "No without effusion.", "negation"),
        ("en", "A 5 mm cm nodule.", "unit"),
        ("en", "A 6-5 mm nodule.", "number"),
        ("en", "A 3 x 2 x cm mass.", "number"),
        ("en", "Increased decreased effusion.", "change"),
        ("de", "Kleiner Erguss links rechts.", "side"),
        ("de", "Herd 6-5 mm.", "number"),
    ],
)
def test_what_cannot_be_meant_is_flagged(language: str, text: str, kind: str) -> None:
    found = contradictions(text, tables().vocabulary(language))
    assert [token.kind for token in found] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "Left greater than right.",
        "Right, left and bilateral.",
        "No small bowel obstruction.",
        "Not without a small effusion.",
        "3 times the upper limit.",
        "Decreased from 6 to 5 mm.",
        "Disc bulge at L4-5.",
        "A 3 x 2 x 1 cm mass.",
        "500 mGy-cm.",
    ],
)
def test_what_can_be_meant_is_let_pass(text: str) -> None:
    assert list(contradictions(text, tables().vocabulary("en"))) == []


def test_a_contradiction_in_a_dictation_has_its_audio() -> None:
    (flag,) = flags(recording("small left right effusion period"))
    assert flag.code == "heard_contradiction"
    assert flag.heard is not None
    assert flag.heard.ms == (300, 850)


@pytest.mark.parametrize("language", ["en", "de"])
def test_nothing_is_flagged_in_phrases_that_were_heard_well(language: str) -> None:
    """All public phrases, heard with 0.95."""
    vocabulary, checks = tables().vocabulary(language), tables().checks
    for pair in pairs(language):
        transcript = recording(pair.spoken, language=language)
        dictated = Dictated("d-1", write(transcript.spoken, vocabulary), transcript)
        least = partial(checks.least, language)
        found = doubts(dictated, 0, len(dictated.text), vocabulary, least)
        assert found == [], pair.spoken
        assert list(contradictions(dictated.text, vocabulary)) == [], pair.written


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["en", "de"]), st.text(max_size=60))
def test_every_doubt_lies_in_the_text(language: str, spoken: str) -> None:
    vocabulary = tables().vocabulary(language)
    transcript = replace(recording(spoken, spoken), language=language)
    dictated = Dictated("d-1", write(transcript.spoken, vocabulary), transcript)
    for doubt in doubts(dictated, 0, len(dictated.text), vocabulary, lambda _: 1.0):
        assert 0 <= doubt.start < doubt.end <= len(dictated.text)
        assert doubt.heard is not None
        assert doubt.heard.ms[0] <= doubt.heard.ms[1]
