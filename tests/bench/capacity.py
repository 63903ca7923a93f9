"""How many cores or nodes a day's studies need: a queue simulation fed with measured costs.

`python -m tests.bench.capacity [--studies 200000] [--rtf 0.02]`. Arrivals follow the hours of
`tests.bench.day`; a dictation waits for a free core, is heard, merged and delivered. It says what
no single machine of ours can show, and what to measure again on the real one.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench.day import HOURS


@dataclass(frozen=True)
class Costs:
    """Core seconds; `rtf`: core seconds a second of audio."""

    rtf: float = 0.02
    a_study: float = 0.11  # order, merge, checks, two deliveries each of draft and final
    audio_median: float = 40.0
    audio_sigma: float = 0.6  # of the logarithm


@dataclass(frozen=True)
class Outcome:
    """What one size of installation would show."""

    cores: int
    busiest: float  # share of the cores that the busiest hour uses
    median: float  # seconds from dictation stored to draft delivered
    late: float  # of 95 in 100
    longest_queue: int


def arrivals(studies: int, chance: random.Random) -> Iterator[float]:
    """Seconds since midnight of each dictation."""
    at, total = 0.0, sum(HOURS)
    while at < 86_400:
        rate = studies * HOURS[min(int(at // 3600), 23)] / total / 3600
        at += chance.expovariate(rate)
        yield at


def simulate(studies: int, cores: int, costs: Costs, seed: int = 1) -> Outcome:
    """One day; first come, first served, one core a dictation."""
    chance = random.Random(seed)
    free = [0.0] * cores
    waits: list[float] = []
    begins: list[float] = []
    busy = [0.0] * 24
    longest = 0
    for at in arrivals(studies, chance):
        audio = chance.lognormvariate(math.log(costs.audio_median), costs.audio_sigma)
        work = audio * costs.rtf + costs.a_study
        start = max(at, heapq.heappop(free))
        heapq.heappush(free, start + work)
        busy[min(int(at // 3600), 23)] += work
        waits.append(start + work - at)
        while begins and begins[0] <= at:
            heapq.heappop(begins)
        if start > at:
            heapq.heappush(begins, start)
        longest = max(longest, len(begins))
    ordered = sorted(waits)
    return Outcome(
        cores,
        max(busy) / 3600 / cores,
        ordered[len(ordered) // 2],
        ordered[int(0.95 * len(ordered))],
        longest,
    )


def enough(studies: int, costs: Costs) -> int:
    """The fewest cores that the busiest hour uses to no more than seven tenths."""
    mean = costs.audio_median * math.exp(costs.audio_sigma**2 / 2)
    peak = studies * max(HOURS) / sum(HOURS) / 3600
    return math.ceil(peak * (mean * costs.rtf + costs.a_study) / 0.7)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=200_000)
    parser.add_argument("--rtf", type=float, default=Costs.rtf)
    parser.add_argument("--a-study", type=float, default=Costs.a_study)
    given = parser.parse_args()
    costs = Costs(rtf=given.rtf, a_study=given.a_study)
    print(
        f"{given.studies} studies a day, {costs.rtf:g} core seconds a second of audio,"
        f" {costs.a_study:g} a study beside it"
    )
    print(f"{'cores':>6}{'busiest hour':>14}{'median s':>10}{'95 % s':>9}{'queue':>8}")
    least = enough(given.studies, costs)
    for cores in sorted({max(1, least // 2), max(1, least - 1), least, least * 2}):
        made = simulate(given.studies, cores, costs)
        print(
            f"{cores:6}{made.busiest:13.0%} {made.median:10.2f}{made.late:9.2f}"
            f"{made.longest_queue:8}"
        )


if __name__ == "__main__":
    main()
