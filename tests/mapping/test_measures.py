"""Sizes as a language writes them, from its file alone."""

from __future__ import annotations

from adapter.mapping.lexicon_table import MeasureWords
from adapter.mapping.measures import Measures, beginnings

GERMAN = Measures(
    [
        MeasureWords(units={"mm": 1, "Zentimeter": 10}, by=("mal",), to=("auf",)),
        MeasureWords(units={"cm": 10}, distances=("oberhalb",)),
    ]
)


def test_a_language_brings_its_own_units_and_joints() -> None:
    match = GERMAN.size.search("Zyste von 3 mal 4 Zentimeter")
    assert match is not None
    assert GERMAN.one.findall(match[1]) == [("3", ""), ("4", "")]
    assert GERMAN.millimeters(4, match[2]) == 40
    assert GERMAN.size.search("3 by 4 inches") is None


def test_the_files_of_a_language_add_up() -> None:
    assert GERMAN.millimeters(1.25, "CM") == 12.5
    assert GERMAN.distance.match(" oberhalb der Karina")
    assert not GERMAN.distance.match(" above the carina")


def test_an_earlier_size_may_leave_its_unit_to_the_later() -> None:
    match = GERMAN.first.search("von 3 auf 5 cm")
    assert match is not None
    assert match.groups() == ("3", "cm")


def test_without_words_nothing_is_a_size() -> None:
    nothing = Measures([])
    for pattern in (nothing.size, nothing.first, nothing.distance, nothing.may_be):
        assert pattern.search("3 x 4 mm above") is None


def test_words_are_told_by_their_beginnings() -> None:
    assert beginnings(["hyper", "weight"]).match("Hyperintense")
    assert not beginnings(["hyper"]).match("not hyper")
    assert not beginnings([]).match("hyper")
