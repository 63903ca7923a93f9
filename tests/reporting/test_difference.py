from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.difference import ChangeKind
from adapter.reporting.difference import compare

OURS = ["The lungs are clear.", "No pleural effusion.", "Heart size is normal."]


def told(ours: list[str], signed: list[str]) -> list[tuple[str, str, str]]:
    return [(each.kind.value, each.ours, each.signed) for each in compare(ours, signed)]


@pytest.mark.parametrize(
    ("signed", "kinds"),
    [
        (OURS, "stands stands stands"),
        (["the lungs  are clear", *OURS[1:]], "stands stands stands"),
        ([OURS[0], "Small left pleural effusion.", OURS[2]], "stands changed stands"),
        ([OURS[0], OURS[2]], "stands removed stands"),
        ([*OURS, "Old rib fractures."], "stands stands stands added"),
        (["Fracture of the left wrist."], "added removed removed removed"),
        ([], "removed removed removed"),
    ],
)
def test_the_fate_of_each_sentence(signed: list[str], kinds: str) -> None:
    assert " ".join(kind for kind, _, _ in told(OURS, signed)) == kinds


def test_a_changed_sentence_stands_beside_what_it_was() -> None:
    found = told(["No effusion.", "Nodule of 8 mm in the right upper lobe."],
                 ["Nodule of 9 mm in the right upper lobe."])  # fmt: skip
    assert found == [
        ("removed", "No effusion.", ""),
        ("changed", "Nodule of 8 mm in the right upper lobe.",
         "Nodule of 9 mm in the right upper lobe."),
    ]  # fmt: skip


SENTENCES = st.lists(st.sampled_from([*OURS, "Nodule of 8 mm.", "Nodule of 9 mm.", "x", ""]))


@given(SENTENCES, SENTENCES)
def test_every_sentence_of_both_is_in_it_once_and_in_order(
    ours: list[str], signed: list[str]
) -> None:
    found = compare(ours, signed)
    has_ours = [each for each in found if each.kind is not ChangeKind.ADDED]
    has_signed = [each for each in found if each.kind is not ChangeKind.REMOVED]
    assert [each.ours for each in has_ours] == ours
    assert [each.signed for each in has_signed] == signed


def test_repeated_words_and_sentences_without_end_are_compared_at_once() -> None:
    (changed,) = compare(["word " * 12_000], ["word two " * 7_000])
    assert changed.kind is ChangeKind.CHANGED
    assert {each.kind for each in compare(["Clear."] * 9_000, ["Clear."] * 9_000)} == {
        ChangeKind.STANDS
    }
