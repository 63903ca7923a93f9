"""Written as it comes, a dictation is what it is when written at once."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapter.domain.transcript import Word, WrittenText
from adapter.mapping.files import MappingFiles
from adapter.mapping.vocabulary import Vocabulary, load_vocabulary
from adapter.reporting import live_cuts
from adapter.reporting.live_text import Acted, GrowingText, LiveText
from adapter.reporting.written_form import write
from tests.reporting.phrases import pairs

SINGLE = """left right no the a is nodule mass two three point by to and centimeters normal period
comma colon quote prior impression number one l four image series correction undo lungs are clear.
3.2 cm, liver heart size upper"""
SAYINGS = (
    *SINGLE.split(),
    "scratch that",
    "period scratch that",
    "delete last sentence",
    "correction left",
    "correction three centimeters",
    "correction no",
    "correction l five",
    "grade two",
    "march third",
    "insert macro",
    "go to impression",
    "next field",
    "literally period",
    "spell alpha bravo",
    "new line",
    "new paragraph",
    "impression colon",
    "the lungs are clear period",
    "there is a mass in the left upper lobe period",
    "open paren",
)
CHUNKS = st.lists(st.lists(st.sampled_from(SAYINGS), min_size=1, max_size=7), max_size=24)


@cache
def vocabulary(language: str = "en") -> Vocabulary:
    return load_vocabulary(MappingFiles(), language)


def heard(text: str, first: int = 0) -> tuple[Word, ...]:
    """Words of 100 ms each."""
    numbered = enumerate(text.split(), first)
    return tuple(Word(each, 100 * n, 100 * n + 90, 0.9) for n, each in numbered)


def at_once(words: Sequence[Word], held: str, language: str) -> WrittenText:
    spoken = " ".join(word.text for word in words)
    assert spoken.endswith(held)
    return write(spoken[: len(spoken) - len(held)].rstrip(), vocabulary(language))


def assert_same(now: LiveText, words: Sequence[Word], language: str = "en") -> None:
    whole = at_once(words, now.held, language)
    assert now.text == whole.text
    told = [(each.name, each.argument, each.at) for each in now.commands]
    assert told == [(each.name, each.argument, each.out_at) for each in whole.commands]


def assert_follows(before: LiveText, now: LiveText) -> None:
    """Everything in front is as it was; what is stable only a command takes back."""
    assert before.text[: now.start] == now.text[: now.start]
    assert before.commands[: now.first_command] == now.commands[: now.first_command]
    known = {(each.name, each.start_ms, each.end_ms) for each in before.commands}
    told = {(each.name, each.start_ms, each.end_ms) for each in now.commands[now.first_command :]}
    if min(now.start, now.stable) < before.stable or now.first_command < before.stable_commands:
        assert told - known


def assert_grows(chunks: list[list[str]]) -> None:
    growing, words = GrowingText(vocabulary()), ()
    for chunk in chunks:
        more = heard(" ".join(chunk), len(words))
        before = growing.now
        for count in range(1, len(more) + 1):
            seen = growing.look(more[:count])
            assert_same(seen, (*words, *more[:count]))
            assert_follows(before, seen)
        words = (*words, *more)
        now = growing.add(more)
        assert_same(now, words)
        assert_follows(before, now)
        assert now.stable <= len(now.text)
    assert_same(growing.whole(), words)
    assert growing.whole().held == ""


@settings(max_examples=150, deadline=None)
@given(CHUNKS)
@example([["the lungs are clear period"], ["there is a mass period"] * 4, ["scratch that"] * 5])
@example(
    [
        ["period", "left", "no", "no", "no"],
        ["correction three centimeters"] * 2,
        ["insert macro", "left", "correction left"],
    ]
)
def test_it_is_what_is_written_at_once(chunks: list[list[str]]) -> None:
    assert_grows(chunks)


@pytest.mark.parametrize("language", ["en", "de"])
def test_dictations_of_the_phrase_set_are_written_as_at_once(language: str) -> None:
    chance = random.Random(5)
    said = [pair.spoken for pair in pairs(language) if "\n" not in pair.spoken]
    stop = {"en": "period", "de": "punkt"}[language]
    for ending in (stop, ""):
        growing, words = GrowingText(vocabulary(language)), ()
        for _ in range(150):
            text = f"{chance.choice(said)} {chance.choice((ending, ''))}"
            while text:
                length = chance.randint(1, 9)
                more = heard(" ".join(text.split()[:length]), len(words))
                text = " ".join(text.split()[length:])
                words = (*words, *more)
                before, now = growing.now, growing.add(more)
                assert_follows(before, now)
        assert_same(now, words, language)
        assert_same(growing.whole(), words, language)


@pytest.mark.parametrize(
    "saying",
    [
        "there is a five millimeter nodule in the left upper lobe period",
        "there is a nodule in the left upper lobe period a mass scratch that",
        "there is a five millimeter nodule in the left upper lobe and",  # never a full stop
    ],
)
def test_however_long_it_gets_only_its_end_is_written_anew(
    saying: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = 0

    def spying(spoken: str, table: Vocabulary) -> WrittenText:
        nonlocal longest
        longest = max(longest, len(spoken.split()))
        return write(spoken, table)

    monkeypatch.setattr(live_cuts, "write", spying)
    growing = GrowingText(vocabulary())
    for count in range(300):
        now = growing.add(heard(saying, 20 * count))
    assert longest < 5 * live_cuts.CONTEXT
    assert now.stable > 0.9 * len(now.text)
    assert now.text == write(" ".join([saying] * 300), vocabulary()).text


@pytest.mark.parametrize(
    ("spoken", "held"),
    [
        ("no effusion period scratch", "scratch"),
        ("no effusion go to", "go to"),
        ("no effusion go to the", "go to the"),
        ("clear period normal right", "normal right"),
        ("insert macro", "insert macro"),
        ("normal", "normal"),
        ("clear period normal", "normal"),
        ("accept finding", "accept finding"),
        ("right effusion correction", "correction"),
        ("her name is spell", "spell"),
        ("the heart is normal", ""),
        ("compared to the prior", ""),
        ("we would like to go to", ""),
        ("surgical correction", ""),
        ("scratch that", ""),
        ("insert macro normal", ""),
        ("the lungs are clear", ""),
        ("", ""),
    ],
)
def test_what_may_begin_a_command_is_held_back(spoken: str, held: str) -> None:
    growing = GrowingText(vocabulary())
    assert growing.look(heard(spoken)).held == held
    assert growing.add(heard(spoken)).held == held
    assert growing.whole().text == write(spoken, vocabulary()).text


def test_a_command_has_the_times_of_what_it_covers() -> None:
    growing = GrowingText(vocabulary())
    growing.add(heard("no effusion period there is a mass"))
    (told,) = growing.add(heard("scratch that", 7)).commands
    assert told == Acted("scratch_that", "", len("No effusion."), 300, 890)
