"""Where sentences end, character by character."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.reporting.sentences import split


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t ", []),
        ("No effusion", ["No effusion"]),
        ("A 1.5 cm mass. No effusion.", ["A 1.5 cm mass.", "No effusion."]),
        ("Bulge at L4-L5. Next.", ["Bulge at L4-L5.", "Next."]),
        ("Discussed with Dr. Smith at noon.", ["Discussed with Dr. Smith at noon."]),
        ("Edema vs. infection. Clear.", ["Edema vs. infection.", "Clear."]),
        ("See No. 3. No. Not so.", ["See No. 3.", "No.", "Not so."]),
        ("1. No effusion. 2. Clear.", ["1. No effusion.", "2. Clear."]),
        ("Impression: 1. Clear. 2. Small.", ["Impression: 1. Clear.", "2. Small."]),
        ("Is it new? Yes! Fine.", ["Is it new?", "Yes!", "Fine."]),
        ("Lungs clear.No effusion.", ["Lungs clear.", "No effusion."]),
        ("FINDINGS:\nLungs clear\nHeart normal", ["FINDINGS:", "Lungs clear", "Heart normal"]),
        ("wrapped in the\nmiddle of it.", ["wrapped in the\nmiddle of it."]),
        ("One\n\ntwo", ["One", "two"]),
        ("- first\n- second", ["- first", "- second"]),
        ('He said "clear." Then left.', ['He said "clear."', "Then left."]),
        ("Ends with a number 5. Next.", ["Ends with a number 5.", "Next."]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in split(text)] == expected


@given(st.text(max_size=400) | st.text(alphabet="aA1.: \n-", max_size=60))
@settings(max_examples=500, deadline=None)
def test_every_character_is_in_one_sentence_or_blank(text: str) -> None:
    at = 0
    for start, end in split(text):
        assert at <= start < end
        assert not text[at:start].strip()
        assert text[start:end] == text[start:end].strip()
        at = end
    assert not text[at:].strip()
