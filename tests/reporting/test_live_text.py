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
from adapter.reporting import live_text
from adapter.reporting.live_text import GrowingText, LiveText
from adapter.reporting.written_form import write
from tests.reporting.phrases import pairs

SAYINGS = (
    *"left right no the a is nodule mass two three point by to and centimeters normal".split(),
    *"period comma colon quote prior impression number one l four image series correction".split(),
    *"lungs are clear. 3.2 cm, liver heart size upper".split(),
    "scratch that",
    "period scratch that",
    "delete last sentence",
    "correction left",
    "correction three centimeters",
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
    "undo",
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


def at_once(words: Sequence[Word], held: str) -> WrittenText:
    spoken = " ".join(word.text for word in words)
    assert spoken.endswith(held)
    return write(spoken[: len(spoken) - len(held)].rstrip(), vocabulary())


def assert_same(now: LiveText, words: Sequence[Word]) -> None:
    whole = at_once(words, now.held)
    assert now.text == whole.text
    told = [(each.name, each.argument, each.at) for each in now.commands]
    assert told == [(each.name, each.argument, each.out_at) for each in whole.commands]


def assert_follows(before: LiveText, now: LiveText) -> None:
    """Everything in front is as it was; what is stable only a command takes back."""
    assert before.text[: now.start] == now.text[: now.start]
    assert before.commands[: now.first_command] == now.commands[: now.first_command]
    new = now.commands[now.first_command :]
    if min(now.start, now.stable) < before.stable or now.first_command < before.stable_commands:
        assert any(each.at <= before.stable for each in new)


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
def test_it_is_what_is_written_at_once(chunks: list[list[str]]) -> None:
    assert_grows(chunks)
