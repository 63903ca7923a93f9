"""Pure: how sure the recogniser says it is, brought to how often it is right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

_EDGE = 1e-4  # a model that says 0 or 1 is not infinitely sure
_ROUNDS = 50
_BINS = 10


class Calibration(NamedTuple):
    """A logistic curve over the model's own log-odds (Platt); 1 and 0 leave them as they are."""

    slope: float = 1.0
    offset: float = 0.0

    def __call__(self, probability: float) -> float:
        """The chance, 0 to 1, that a word heard with this probability is the one said."""
        if self == (1.0, 0.0):
            return probability
        return _chance(self.slope * _log_odds(probability) + self.offset)

    def after(self, first: Calibration) -> Calibration:
        """One curve for `first` and then this one."""
        offset = self.slope * first.offset + self.offset
        return Calibration(round(self.slope * first.slope, 4), round(offset, 4))


def fitted(probabilities: Sequence[float], right: Sequence[bool]) -> Calibration:
    """The curve under which these words are likeliest right and wrong, by Newton's method.

    Counts are smoothed as Platt has it, so that a model that is never wrong stays finite. Raises
    ValueError without both right and wrong words.
    """
    count = sum(right)
    if not 0 < count < len(right):
        raise ValueError("both right and wrong words are needed")
    high, low = (count + 1) / (count + 2), 1 / (len(right) - count + 2)
    points = [
        (_log_odds(p), high if ok else low) for p, ok in zip(probabilities, right, strict=True)
    ]
    slope, offset = 1.0, 0.0
    for _ in range(_ROUNDS):
        step = _newton(points, slope, offset)
        slope, offset = slope + step[0], offset + step[1]
        if max(map(abs, step)) < 1e-9:
            break
    return Calibration(round(slope, 4), round(offset, 4))


def calibration_error(probabilities: Sequence[float], right: Sequence[bool]) -> float:
    """Mean gap between confidence and share of right words, over tenths, weighted by words."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(_BINS)]
    for probability, ok in zip(probabilities, right, strict=True):
        bins[min(_BINS - 1, int(probability * _BINS))].append((probability, ok))
    gaps = (abs(sum(p for p, _ in each) - sum(ok for _, ok in each)) for each in bins if each)
    return sum(gaps) / max(1, len(right))


def _newton(
    points: Sequence[tuple[float, float]], slope: float, offset: float
) -> tuple[float, float]:
    """One damped step up the likelihood."""
    chances = [_chance(slope * x + offset) for x, _ in points]
    gaps = [(x, target - p) for (x, target), p in zip(points, chances, strict=True)]
    weights = [(x, p * (1 - p)) for (x, _), p in zip(points, chances, strict=True)]
    g1, g0 = sum(x * gap for x, gap in gaps), sum(gap for _, gap in gaps)
    h11 = sum(w * x * x for x, w in weights) + 1e-6
    h10 = sum(w * x for x, w in weights)
    h00 = sum(w for _, w in weights) + 1e-6
    determinant = h11 * h00 - h10 * h10
    step = (h00 * g1 - h10 * g0) / determinant, (h11 * g0 - h10 * g1) / determinant
    size = max(1.0, *map(abs, step))
    return step[0] / size, step[1] / size


def _log_odds(probability: float) -> float:
    inside = min(1 - _EDGE, max(_EDGE, probability))
    return math.log(inside / (1 - inside))


def _chance(log_odds: float) -> float:
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    return math.exp(log_odds) / (1 + math.exp(log_odds))
