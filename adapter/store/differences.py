"""How reports signed in other systems differ from ours."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.domain.codec import from_json, to_json
from adapter.domain.difference import Difference
from adapter.store.tables import report_difference


def add(tx: sa.Connection, accession: str, new: Difference) -> None:
    """Store the comparison of one signed version."""
    values = {"accession": accession, "number": new.number, "difference_json": to_json(new)}
    tx.execute(sa.insert(report_difference).values(**values))


def latest(tx: sa.Connection, accession: str) -> Difference | None:
    """The comparison of the latest text signed elsewhere; None when there is none."""
    query = sa.select(report_difference.c.difference_json).where(
        report_difference.c.accession == accession
    )
    row = tx.execute(query.order_by(report_difference.c.number.desc()).limit(1)).first()
    return None if row is None else from_json(Difference, row[0])
