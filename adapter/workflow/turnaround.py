"""Turnaround: how long reports take from order to signature, by modality, priority and day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil

import sqlalchemy as sa

from adapter.domain.order import Priority
from adapter.store import turnaround
from adapter.store.turnaround import Signed

MOST = 200_000
"""Studies that one table is made of at most."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Of so many studies: minutes within which half, and nine of ten, were signed."""

    count: int
    median: float
    p90: float
    in_time: int | None = None
    """How many within their target; None: there is none."""


@dataclass(frozen=True, slots=True)
class Turnaround:
    """The figures of a period."""

    whole: Spread | None
    groups: dict[tuple[str, Priority], Spread]
    """By modality and priority."""
    days: dict[str, Spread]
    """By the day (UTC) of the signature."""
    cut: bool
    """Whether there were more studies than are counted."""


def figures(
    tx: sa.Connection, since: str, until: str, targets: Mapping[Priority, int]
) -> Turnaround:
    """Of the studies signed in [since, until) (ISO 8601); `targets` in minutes."""
    rows = turnaround.signed(tx, since, until, MOST + 1)
    taken = [(row, _minutes(row)) for row in rows[:MOST]]
    groups: dict[tuple[str, Priority], list[float]] = {}
    days: dict[str, list[float]] = {}
    for row, minutes in taken:
        groups.setdefault((row.modality, tuple(Priority)[row.rank]), []).append(minutes)
        days.setdefault(row.signed_at[:10], []).append(minutes)
    made = {key: spread(groups[key], targets.get(key[1])) for key in sorted(groups, key=_order)}
    return Turnaround(
        whole=_whole([minutes for _, minutes in taken], made.values()),
        groups=made,
        days={day: spread(found) for day, found in sorted(days.items())},
        cut=len(rows) > MOST,
    )


def spread(minutes: list[float], target: int | None = None) -> Spread:
    """Of at least one study; percentiles by nearest rank."""
    ordered = sorted(minutes)
    in_time = None if target is None else sum(each <= target for each in ordered)
    return Spread(len(ordered), _rank(ordered, 0.5), _rank(ordered, 0.9), in_time)


def _whole(minutes: list[float], groups: Iterable[Spread]) -> Spread | None:
    if not minutes:
        return None
    known = [each.in_time for each in groups if each.in_time is not None]
    made = spread(minutes)
    return Spread(made.count, made.median, made.p90, sum(known) if known else None)


def _rank(ordered: list[float], share: float) -> float:
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def _minutes(row: Signed) -> float:
    begun, ended = datetime.fromisoformat(row.created_at), datetime.fromisoformat(row.signed_at)
    return max(0.0, (ended - begun).total_seconds() / 60)


def _order(key: tuple[str, Priority]) -> tuple[str, int]:
    return key[0], tuple(Priority).index(key[1])
