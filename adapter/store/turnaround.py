"""When studies were ordered and signed: what the figures of the house are made of."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from adapter.store.tables import study


class Signed(NamedTuple):
    """One signed study; times are ISO 8601, UTC."""

    modality: str
    rank: int
    created_at: str
    signed_at: str


def signed(tx: sa.Connection, since: str, until: str, most: int) -> list[Signed]:
    """Studies signed for the first time in [since, until), oldest first, at most so many."""
    columns = (study.c.modality, study.c.rank, study.c.created_at, study.c.signed_at)
    query = sa.select(*columns).where(study.c.signed_at >= since, study.c.signed_at < until)
    rows = tx.execute(query.order_by(study.c.signed_at).limit(most))
    return [Signed(*row) for row in rows]
