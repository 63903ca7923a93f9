"""Shares of small numbers: intervals that stay honest (Wilson 1927, Newcombe 1998)."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

Z95 = 1.959964
"""Of a two-sided 95 % interval."""

Interval = tuple[float, float]


def wilson(hits: int, of: int, z: float = Z95) -> Interval:
    """Interval of a share of `of` > 0 trials, 95 % unless `z` says otherwise."""
    share, square = hits / of, z * z
    middle = share + square / (2 * of)
    reach = z * sqrt(share * (1 - share) / of + square / (4 * of * of))
    whole = 1 + square / of
    return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)


def difference(one: tuple[int, int], other: tuple[int, int], z: float = Z95) -> Interval:
    """Interval of the first share less the second, each as (hits, of): Newcombe's method 10."""
    first, second = one[0] / one[1], other[0] / other[1]
    low, high = wilson(*one, z)
    other_low, other_high = wilson(*other, z)
    gap = first - second
    below = sqrt((first - low) ** 2 + (other_high - second) ** 2)
    above = sqrt((high - first) ** 2 + (second - other_low) ** 2)
    return max(-1.0, gap - below), min(1.0, gap + above)


def z_among(comparisons: int) -> float:
    """The z of 95 % for all of so many comparisons together (Bonferroni)."""
    return NormalDist().inv_cdf(1 - 0.025 / max(1, comparisons))
