"""What pages of figures share: the period asked for, numbers, shares with their interval."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, NamedTuple

from fastapi import Query

from adapter.errors import Rejected
from adapter.web.pages import plot
from adapter.web.pages.markup import Child, Html, el
from adapter.web.parts import Parts

_LONGEST = timedelta(days=366)
_ONE = timedelta(days=1)

Day = Annotated[date | None, Query()]


class Period(NamedTuple):
    """First and last day."""

    first: date
    last: date

    @property
    def end(self) -> str:
        """The day behind it."""
        return (min(self.last, date.max - _ONE) + _ONE).isoformat()


def share_cell(share: float | None, interval: tuple[float, float] | None) -> Child:
    """A share with its 95 % interval, drawn and in words."""
    if share is None or interval is None:
        return el("span", "none settled", class_="muted")
    low, high = interval
    told = f"{share:.0%}, 95 % interval {low:.0%} to {high:.0%}"
    words = f" {share:.0%} ({low:.0%}-{high:.0%})"
    return el("span", plot.interval(told, low, share, high), words, class_="share")


def number(value: str) -> Html:
    """A number in a cell."""
    return el("span", value, class_="number")


def form(path: str, period: Period, *more: Child, until: bool = True) -> Html:
    """What asks for another period."""

    def day(name: str, label: str, value: date) -> Html:
        return el("label", label, el("input", type="date", name=name, value=value.isoformat()))

    return el(
        "form",
        day("since", "From", period.first),
        day("until", "Until", period.last) if until else None,
        more,
        el("button", "Show", type="submit"),
        method="get",
        action=path,
        class_="period",
    )


def period_of(parts: Parts, since: date | None, until: date | None, days: int) -> Period:
    """The period, else the last so many days; raises Rejected."""
    last = until or parts.house.clock.now().date()
    first = since or last - timedelta(days=days)
    if not timedelta(0) <= last - first <= _LONGEST:
        raise Rejected("the period must be a day to a year, its first day first", code="period")
    return Period(first, last)
