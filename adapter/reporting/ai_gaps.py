"""Groups of patients, scanners and sites in which a model agrees less than in the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from adapter.reporting.shares import Interval, difference, z_among


class Group(NamedTuple):
    """One group of a dimension such as `sex`: settled findings, and those agreed with."""

    dimension: str
    value: str
    hits: int
    of: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A group against all others of its dimension; `interval` None: too few to tell.

    `interval`: of the difference of the shares, 95 % for all comparisons together.
    """

    group: Group
    others: Group
    interval: Interval | None

    @property
    def share(self) -> float | None:
        """Of the group; None where it is too small to be told."""
        return self.group.hits / self.group.of if self.interval else None

    @property
    def gap(self) -> float | None:
        """How much more is agreed with than among the others."""
        if self.share is None:
            return None
        return self.share - self.others.hits / self.others.of

    @property
    def stands_out(self) -> bool:
        """Whether chance is no explanation."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]


def gaps(groups: Iterable[Group], least: int) -> list[Gap]:
    """Each group against the rest of its dimension, where both hold `least` settled findings."""
    known = sorted(groups)
    rest = {each: _others(each, known) for each in known}
    told = {each for each, others in rest.items() if min(each.of, others.of) >= max(1, least)}
    z = z_among(len(told))
    return [
        Gap(
            each,
            others,
            difference((each.hits, each.of), (others.hits, others.of), z) if each in told else None,
        )
        for each, others in rest.items()
    ]


def _others(group: Group, groups: Iterable[Group]) -> Group:
    rest = [each for each in groups if each.dimension == group.dimension and each != group]
    return Group(group.dimension, "", sum(each.hits for each in rest), sum(e.of for e in rest))
