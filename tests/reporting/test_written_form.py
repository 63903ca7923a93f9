"""The phrase set, and what holds for every text."""

from __future__ import annotations

import random
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapter.domain.transcript import WrittenText
from adapter.mapping.files import MappingFiles
from adapter.mapping.vocabulary import Vocabulary, load_vocabulary
from adapter.reporting.written_form import write
from tests.reporting.phrases import Pair, pairs, scores

LANGUAGES = ("en", "de")
PHRASES = [(language, pair) for language in LANGUAGES for pair in pairs(language)]
FLOOR = {"en": 400, "de": 100}
NOT_AGAIN = ("literal",)  # its words are a mark's or a command's name: read again, they are that
WORDS = tuple(
    """left right bilateral no not without negative for evidence stable increased new unchanged
    one two three four five ten twelve twenty thirty hundred point zero by to and or millimeters
    centimeters percent millimeter weeks l c t s period comma colon impression findings nodule
    effusion the a is are there measuring image series grade bi rads open paren close new line
    doctor smith march third type version out per second hours a n x i v hyphen slash dash
    correction scratch that accept finding normal liver spell literally go next field 5mm
    3x4cm L4-L5 c7-t1 10:30 am .5 -20 2-3 tesla mrn stage quote degree sign""".split()  # noqa: SIM905
)
SIGNS = "0123456789.,-/×–x:()'\"°% \nabLmMT"


@cache
def vocabulary(language: str = "en") -> Vocabulary:
    return load_vocabulary(MappingFiles(), language)


def name(case: tuple[str, Pair]) -> str:
    return f"{case[0]}-{case[1].group}-{case[1].spoken[:60]}"


@pytest.mark.parametrize("case", PHRASES, ids=name)
def test_phrase_is_written_traced_and_stays(case: tuple[str, Pair]) -> None:
    language, pair = case
    first = write(pair.spoken, vocabulary(language))

    assert first.text == pair.written
    assert_traceable(pair.spoken, first)
    if not any(command.name in NOT_AGAIN for command in first.commands):
        assert write(first.text, vocabulary(language)).text == first.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrase_set_is_large_enough_and_split_by_what_matters(language: str) -> None:
    groups = scores(language)

    assert sum(score.total for score in groups.values()) >= FLOOR[language]
    assert {"numbers", "measurements", "units", "sides", "negations", "levels"} <= set(groups)
    assert all(score.right == score.total for score in groups.values())


def assert_traceable(spoken: str, written: WrittenText) -> None:
    """Spans tile the text and lie in the spoken text, and no spoken word is lost."""
    at = 0
    for span in written.spans:
        assert span.out_start == at < span.out_end
        assert 0 <= span.in_start < span.in_end <= len(spoken)
        at = span.out_end
    assert at == len(written.text)
    corrected = any(command.name == "correction" for command in written.commands)
    starts = [span.in_start for span in written.spans]
    assert corrected or starts == sorted(starts)
    covered = [False] * len(spoken)
    places = [(span.in_start, span.in_end) for span in written.spans]
    places += [(command.in_start, command.in_end) for command in written.commands]
    for start, end in places:
        covered[start:end] = [True] * (end - start)
    assert all(done or sign.isspace() for done, sign in zip(covered, spoken, strict=True))
    assert all(0 <= command.out_at <= len(written.text) for command in written.commands)


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=80))
@example("")
@example("\n")
@example(". , ; period\n\n( ")
@example("ŉ ß ǆ İ")
def test_any_text_is_written_and_traced(spoken: str) -> None:
    written = write(spoken, vocabulary())

    assert_traceable(spoken, written)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(LANGUAGES), st.text(SIGNS, max_size=30))
def test_any_figures_and_signs_are_written_and_traced(language: str, spoken: str) -> None:
    assert_traceable(spoken, write(spoken, vocabulary(language)))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
def test_dictated_words_are_traced(spoken: str) -> None:
    assert_traceable(spoken, write(spoken, vocabulary()))


@pytest.mark.parametrize(("language", "stop"), [("en", " period "), ("de", " Punkt ")])
def test_writing_twice_changes_nothing_in_generated_dictations(language: str, stop: str) -> None:
    apart = ("commands", "punctuation")
    table = [pair for pair in pairs(language) if pair.group not in apart]
    chance = random.Random(3)
    for _ in range(400):
        chosen = [chance.choice(table).spoken.rstrip(".") for _ in range(4)]
        text = write(stop.join(chosen) + stop, vocabulary(language)).text

        assert write(text, vocabulary(language)).text == text


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(["nodule", "mass", "left", "no", "stent", "shows"]), max_size=9))
def test_plain_words_come_out_as_they_went_in(words: list[str]) -> None:
    spoken = " ".join(words)

    assert write(spoken, vocabulary()).text.lower() == spoken


def test_a_long_dictation_is_written_in_one_go() -> None:
    sentence = "there is a five millimeter nodule in the left upper lobe period "
    long = sentence * 4000

    written = write(long, vocabulary())

    assert written.text.count("There is a 5 mm nodule in the left upper lobe.") == 4000


@pytest.mark.parametrize(
    "hard",
    [
        "one and ",
        "scratch that ",
        "correction left ",
        "l four correction l five ",
        "no effusion correction small effusion ",
        "three point ",
        "l four ",
        "march ",
        "a b c ",
        "five of ",
        "images two three ",
        "three four five six ",
        "1-",
        "3x",
        "spell a, ",
        "accept finding one and ",
        "normal liver ",
    ],
)
def test_repetition_does_not_slow_it_down(hard: str) -> None:
    """A rule that looked over its shoulder without bound would not end within the test's limit."""
    assert_traceable(hard * 5_000, write(hard * 5_000, vocabulary()))


def test_each_written_part_points_to_its_own_words() -> None:
    spoken = "three point two by two centimeters"
    written = write(spoken, vocabulary())

    parts = [
        (written.text[s.out_start : s.out_end], spoken[s.in_start : s.in_end])
        for s in written.spans
    ]
    assert [part for part in parts if part[0] != " "] == [
        ("3.2", "three point two"),
        ("x", "by"),
        ("2", "two"),
        ("cm", "centimeters"),
    ]
