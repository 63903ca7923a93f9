"""Whether a process keeps its memory: what it still grows by once it is warm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression, median

MOST_GROWTH = 4 << 20
"""Bytes that the line through the second half may rise by, over that half."""
_FEWEST = 10_000  # frames; fewer tell nothing
_MIB = 1 << 20


@dataclass(frozen=True)
class Flatness:
    """Bytes at the start of the second half and what was added over it, by the line through it."""

    warm: float
    growth: float
    per_10_000: float
    frames: int

    @property
    def is_flat(self) -> bool:
        """Whether it does not grow; too short a run is not judged."""
        return self.frames < _FEWEST or self.growth <= MOST_GROWTH

    def __str__(self) -> str:
        if self.frames < _FEWEST:
            return "memory: too few frames to judge"
        verdict = "flat" if self.is_flat else "GROWS"
        return (
            f"memory {verdict}: warm at {self.warm / _MIB:.1f} MiB, "
            f"then {self.growth / _MIB:+.1f} MiB ({self.per_10_000 / _MIB:+.2f} in 10,000 frames)"
        )


def judge(memory: Sequence[tuple[int, int]]) -> Flatness:
    """Of (frames sent, bytes) over a run.

    The first half warms caches up: the page caches of the database fill to their bound. A sample is
    the median of three, so that one large message in hand is no growth.
    """
    half = sorted(memory)[len(memory) // 2 :]
    if len(half) < 4:
        return Flatness(0.0, 0.0, 0.0, 0)
    frames = [each for each, _ in half[1:-1]]
    held = [median(size for _, size in half[at - 1 : at + 2]) for at in range(1, len(half) - 1)]
    slope, start = linear_regression(frames, held)
    warm, growth = start + slope * frames[0], slope * (frames[-1] - frames[0])
    return Flatness(warm, growth, slope * 10_000, half[-1][0])
