"""Sums of the AI ledger by day, model and group: made once a day, so that history costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import sqlalchemy as sa

from adapter.domain.ai_ledger import Fate
from adapter.store.ai_tables import ai_daily, ai_day_changed, ai_ledger

ALL = "all"
ARRIVAL = "arrival"
GROUPS = ("sex", "age_band", "scanner", "site", "modality")
"""Dimensions of which gaps are told."""

_MARKS = ("settled", "concordant", "positive", "confirmed", "miss")
_SUMS = (*(fate.value for fate in Fate), *_MARKS)
_KEY = ("model", "version", "mode", "dimension", "value")
_row = ai_ledger.c
_ARRIVALS = ((300, "within 5 min"), (900, "5 to 15 min"), (3_600, "15 to 60 min"),
             (14_400, "1 to 4 h"))  # fmt: skip
_LATE, _LATER = "after the signature", "over 4 h"
ARRIVALS = (*(name for _, name in _ARRIVALS), _LATER, _LATE)
"""Values of the dimension `arrival`, which tells how long after the order a finding came."""


class Series(NamedTuple):
    """What is watched as one: a version of a model in one mode."""

    model: str
    version: str
    mode: str


class Sums(NamedTuple):
    """Sums of one group: fates, then what they count for (domain/ai_ledger.py)."""

    model: str
    version: str
    mode: str
    dimension: str
    value: str
    agreed: int
    contradicted: int
    accepted: int
    edited: int
    rejected: int
    ignored: int
    missed: int
    settled: int
    concordant: int
    positive: int
    confirmed: int
    miss: int

    @property
    def series(self) -> Series:
        """Whose it is."""
        return Series(self.model, self.version, self.mode)

    @property
    def told(self) -> int:
        """Findings that the model told."""
        return sum(self[5:11])


def refresh(tx: sa.Connection) -> int:
    """Make the sums of the days that have changed; returns how many."""
    changed = tx.execute(sa.select(ai_day_changed.c.id, ai_day_changed.c.day)).all()
    days = sorted({day for _, day in changed})
    for day in days:
        tx.execute(sa.delete(ai_daily).where(ai_daily.c.day == day))
        for statement in _makings():
            tx.execute(statement, {"made": day})
    if changed:
        last = max(id_ for id_, _ in changed)
        gone = sa.delete(ai_day_changed).where(ai_day_changed.c.id <= last)
        tx.execute(gone.where(ai_day_changed.c.day.in_(days)))
    return len(days)


def sums(tx: sa.Connection, since: str, until: str, dimensions: Sequence[str] = ()) -> list[Sums]:
    """Sums of the days [since, until) by series, dimension and value; no dimensions: every one."""
    wanted = dimensions or tuple(_dimensions())
    whole = _whole(wanted, since, until).subquery()
    totals = [sa.func.sum(whole.c[name]) for name in _SUMS]
    key = [whole.c[name] for name in _KEY]
    rows = tx.execute(sa.select(*key, *totals).group_by(*key).order_by(*key))
    return [Sums(*row[:5], *map(int, row[5:])) for row in rows]


def by_day(
    tx: sa.Connection, since: str, until: str, series: Series | None = None
) -> dict[Series, list[tuple[str, int, int]]]:
    """Series -> (day, concordant, settled) of the days [since, until), oldest first."""
    whole = _whole((ALL,), since, until).subquery()
    query = sa.select(
        *(whole.c[name] for name in (*Series._fields, "day", "concordant", "settled"))
    )
    if series is not None:
        query = query.where(*(whole.c[name] == value for name, value in series._asdict().items()))
    found: dict[Series, list[tuple[str, int, int]]] = {}
    for model, version, mode, day, hits, of in tx.execute(query.order_by(whole.c.day)):
        found.setdefault(Series(model, version, mode), []).append((day, hits, of))
    return found


def _whole(dimensions: Sequence[str], since: str, until: str) -> sa.CompoundSelect[tuple[str]]:
    """Stored sums of days that stand, and those of changed days made from the ledger now."""
    changed = sa.select(ai_day_changed.c.day)
    kept = sa.select(*(ai_daily.c[name] for name in ("day", *_KEY, *_SUMS))).where(
        ai_daily.c.day >= since, ai_daily.c.day < until, ai_daily.c.dimension.in_(dimensions),
        ai_daily.c.day.not_in(changed),
    )  # fmt: skip
    fresh = (_row.day >= since, _row.day < until, _row.day.in_(changed))
    return sa.union_all(kept, *(_summed(each, *fresh) for each in dimensions))


@cache
def _makings() -> tuple[sa.Insert, ...]:
    """Statements that make the sums of the day `made`."""
    names, day = ["day", *_KEY, *_SUMS], _row.day == sa.bindparam("made")
    queries = (_summed(each, day) for each in _dimensions())
    return tuple(sa.insert(ai_daily).from_select(names, query) for query in queries)


def _dimensions() -> dict[str, sa.ColumnElement[str]]:
    """Dimension -> its value in a row of the ledger."""
    columns = {name: _row[name] for name in ("finding", *GROUPS, "body_part")}
    steps = [(_row.after_s < limit, name) for limit, name in _ARRIVALS]
    arrival = sa.case((_row.after_s.is_(None), ""), (_row.ahead_s < 0, _LATE), *steps, else_=_LATER)
    return {ALL: sa.literal(""), **columns, ARRIVAL: arrival}


def _summed(dimension: str, *where: sa.ColumnElement[bool]) -> sa.Select[tuple[str]]:
    value = _dimensions()[dimension].label("value")
    fates = [sa.func.sum(sa.case((_row.fate == each.value, 1), else_=0)) for each in Fate]
    marks = [sa.func.sum(_row[name]) for name in _MARKS]
    totals = [each.label(name) for each, name in zip((*fates, *marks), _SUMS, strict=True)]
    key = [_row.day, _row.model, _row.version, _row.mode]
    shown = [*key, sa.literal(dimension).label("dimension"), value]
    return sa.select(*shown, *totals).where(_row.current == 1, *where).group_by(*key, value)
