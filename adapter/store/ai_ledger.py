"""The ledger of AI findings: what became of each in each signed version of a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from adapter.store.ai_tables import ai_day_changed, ai_due, ai_label, ai_ledger
from adapter.store.database import Database
from adapter.store.padding import padded
from adapter.store.sight import seen_by

_AT_ONCE = 1_000


class LedgerRow(NamedTuple):
    """One finding of one signed version, as the table holds it; times are ISO 8601, UTC."""

    accession: str
    number: int
    at: str
    day: str
    model: str
    version: str
    mode: str
    finding_id: str
    finding: str
    present: int
    fate: str
    how: str
    decision: str
    probability: float | None
    site: str
    scanner: str
    modality: str
    body_part: str
    sex: str
    age_band: str
    after_s: float | None
    ahead_s: float | None
    settled: int
    concordant: int
    positive: int
    confirmed: int
    miss: int


_COLUMNS = [ai_ledger.c[name] for name in LedgerRow._fields]


def owe(tx: sa.Connection, accession: str, number: int) -> None:
    """Version `number` is still to be judged."""
    tx.execute(sa.insert(ai_due).values(accession=accession, number=number))


def owed(tx: sa.Connection, accession: str) -> dict[int, int]:
    """Row -> version that is still to be judged."""
    query = sa.select(ai_due.c.id, ai_due.c.number).where(ai_due.c.accession == accession)
    return dict(tx.execute(query).tuples().all())


def every_owed(tx: sa.Connection) -> list[str]:
    """Accessions with something still to be judged."""
    return list(tx.scalars(sa.select(ai_due.c.accession).distinct()))


def settle(tx: sa.Connection, ids: Iterable[int]) -> None:
    """These promises are kept."""
    tx.execute(sa.delete(ai_due).where(ai_due.c.id.in_(padded(ids))))


def write(tx: sa.Connection, accession: str, rows: Sequence[LedgerRow]) -> None:
    """What is known of a study's findings now, in place of what was; rows of one version, or none.

    Rows of earlier versions stay, superseded; of the same version they are replaced.
    """
    same = ai_ledger.c.accession == accession
    days = set(tx.scalars(sa.select(ai_ledger.c.day.distinct()).where(same)))
    if days:
        again = ai_ledger.c.number.in_({row.number for row in rows})
        tx.execute(sa.delete(ai_ledger).where(same, again))
        tx.execute(sa.update(ai_ledger).where(same).values(current=0))
    if rows:
        tx.execute(sa.insert(ai_ledger), [row._asdict() for row in rows])
    changed = sorted(days | {row.day for row in rows})
    if changed:
        tx.execute(sa.insert(ai_day_changed), [{"day": day} for day in changed])


def first_signed(tx: sa.Connection, accession: str) -> str | None:
    """When the report was signed for the first time; None while the study has no row."""
    query = sa.select(sa.func.min(ai_ledger.c.at)).where(ai_ledger.c.accession == accession)
    at: str | None = tx.scalar(query)
    return at


def scope(
    tx: sa.Connection, models: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], frozenset[str]]:
    """(Model, version) -> findings that it has told."""
    found = dict[tuple[str, str], frozenset[str]]()
    for model, version in models:
        query = sa.select(ai_label.c.finding.distinct()).where(
            ai_label.c.model == model, ai_label.c.version == version
        )
        found[model, version] = frozenset(tx.scalars(query))
    return found


def widen(tx: sa.Connection, told: Mapping[tuple[str, str], Iterable[str]]) -> None:
    """Add findings to the scope of models; those that are there already stay once."""
    known = scope(tx, told)
    new = [
        {"model": model, "version": version, "finding": finding}
        for (model, version), findings in told.items()
        for finding in sorted(set(findings) - known[model, version])
    ]
    if new:
        tx.execute(sa.insert(ai_label), new)


def rows(database: Database, since: str, until: str) -> Iterator[LedgerRow]:
    """Rows in force of the days [since, until) (ISO 8601), by day; read a part at a time."""
    last = ("", 0)
    while True:
        place = sa.tuple_(ai_ledger.c.day, ai_ledger.c.id)
        query = sa.select(ai_ledger.c.id, *_COLUMNS).where(
            ai_ledger.c.current == 1, ai_ledger.c.day >= since, ai_ledger.c.day < until
        )
        if last[0]:
            query = query.where(place > sa.tuple_(*map(sa.literal, last)))
        with database.read() as tx:
            query = query.where(*seen_by(tx, ai_ledger.c.accession))
            page = query.order_by(ai_ledger.c.day, ai_ledger.c.id).limit(_AT_ONCE)
            found = [(row[0], LedgerRow(*row[1:])) for row in tx.execute(page)]
        yield from (row for _, row in found)
        if len(found) < _AT_ONCE:
            return
        last = (found[-1][1].day, found[-1][0])
