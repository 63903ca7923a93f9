"""What the agreement of each model was at first, and how far it has been watched since."""

from __future__ import annotations

from dataclasses import dataclass, fields

import sqlalchemy as sa

from adapter.store.ai_daily import Series
from adapter.store.ai_tables import ai_baseline


@dataclass(frozen=True, slots=True)
class StoredBaseline:
    """One series; days are ISO 8601. `scatter`: as reporting/ai_drift.py has it."""

    series: Series
    first_day: str
    last_day: str
    hits: int
    settled: int
    scatter: float
    watched: str  # the last day that was looked at


_ALL = sa.select(
    *(ai_baseline.c[name] for name in Series._fields),
    *(ai_baseline.c[each.name] for each in fields(StoredBaseline)[1:]),
)


def find(tx: sa.Connection, series: Series) -> StoredBaseline | None:
    """Of one series; None while it has none."""
    row = tx.execute(_ALL.where(*_of(series))).first()
    return None if row is None else StoredBaseline(series, *row[3:])


def listed(tx: sa.Connection) -> dict[Series, StoredBaseline]:
    """All of them."""
    found = (StoredBaseline(Series(*row[:3]), *row[3:]) for row in tx.execute(_ALL))
    return {each.series: each for each in found}


def keep(tx: sa.Connection, new: StoredBaseline) -> None:
    """Store it in place of what was known of the series."""
    forget(tx, new.series)
    values = {
        **new.series._asdict(),
        "first_day": new.first_day,
        "last_day": new.last_day,
        "hits": new.hits,
        "settled": new.settled,
        "scatter": new.scatter,
        "watched": new.watched,
    }
    tx.execute(sa.insert(ai_baseline).values(values))


def forget(tx: sa.Connection, series: Series) -> None:
    """The next look begins anew."""
    tx.execute(sa.delete(ai_baseline).where(*_of(series)))


def watched(tx: sa.Connection, series: Series, day: str) -> None:
    """The series was looked at until the end of this day."""
    tx.execute(sa.update(ai_baseline).where(*_of(series)).values(watched=day))


def _of(series: Series) -> tuple[sa.ColumnElement[bool], ...]:
    return tuple(ai_baseline.c[name] == value for name, value in series._asdict().items())
