"""What is told of two sides in turn: "in the right and left lung, 5 mm and 8 mm, respectively"."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from adapter.domain.finding import Course
from adapter.domain.order import Side
from adapter.reporting.facts.course import TELLING, course_of
from adapter.reporting.facts.events import Line, row_of
from adapter.reporting.facts.measurements import Size
from adapter.reporting.facts.side_words import side_of

_SIDES = frozenset((Side.LEFT, Side.RIGHT))


class Turn(NamedTuple):
    """One of the sides, with what was told of it in turn."""

    side: Side
    size: Size | None = None
    prior: Size | None = None
    time: Course | None = None


def in_turn(line: Line, measured: Iterable[Size]) -> tuple[Line, list[Turn]]:
    """The line without what is told in turn, and that: of two sides, or nothing."""
    end = next((at for at, e in enumerate(line.events) if "respectively" in e.kinds), None)
    if end is None or len(line.terms) != 1:
        return line, []
    told = (side for side in map(side_of, line.events[:end]) if side)
    sides = [side for side, _ in groupby(told)]
    if len(sides) != len(_SIDES) or set(sides) != _SIDES:
        return line, []
    every = list(measured)
    sizes = [size for size in every if not size.past]
    courses = [at for at in range(end) if not line.events[at].kinds.isdisjoint(TELLING)]
    now, before = every[: len(sides)], every[len(sides) :]
    if len(before) == len(sides) and [size.past for size in every[:3]] == [False, False, True]:
        return line, [Turn(*each) for each in zip(sides, now, before, strict=True)]
    if len(sizes) == len(sides):
        return line, [Turn(side, size) for side, size in zip(sides, sizes, strict=True)]
    if len(courses) == len(sides):
        times = [course_of(line, at) for at in courses]
        left = [event for at, event in enumerate(line.events) if at not in courses]
        turns = [Turn(side, time=time) for side, time in zip(sides, times, strict=True)]
        return row_of(line.tokens, left), turns
    return line, []
