"""Intervals of shares, held to published figures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.reporting.shares import difference, wilson, z_among

COUNT = st.integers(1, 400).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
     (1, 29, 0.0061, 0.1718)],
)  # fmt: skip
def test_wilson_as_newcombe_prints_it(hits: int, of: int, low: float, high: float) -> None:
    """Newcombe, Statist. Med. 17, 857-872 (1998), table I, method 3."""
    assert wilson(hits, of) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090),
     ((10, 10), (0, 10), 0.6075, 1.0), ((5, 56), (0, 29), -0.0381, 0.1926)],
)  # fmt: skip
def test_differences_as_newcombe_prints_them(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    """Newcombe, Statist. Med. 17, 873-890 (1998), table II, method 10."""
    assert difference(one, other) == pytest.approx((low, high), abs=5e-5)


@given(COUNT, COUNT)
def test_intervals_hold_what_was_seen(one: tuple[int, int], other: tuple[int, int]) -> None:
    low, high = wilson(*one)
    assert 0 <= low <= one[0] / one[1] + 1e-9
    assert one[0] / one[1] - 1e-9 <= high <= 1
    low, high = difference(one, other)
    assert -1 <= low <= high <= 1
    assert difference(other, one) == pytest.approx((-high, -low))


def test_many_comparisons_ask_for_more() -> None:
    assert z_among(0) == pytest.approx(1.95996, abs=1e-5)
    assert z_among(10) == pytest.approx(2.80703, abs=1e-5)
