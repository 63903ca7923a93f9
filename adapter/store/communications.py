"""Records of urgent findings that were told to somebody."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.domain.codec import from_json, to_json
from adapter.domain.communication import Communication
from adapter.store.tables import communication


def add(tx: sa.Connection, accession: str, new: Communication) -> None:
    """Store a record."""
    tx.execute(
        sa.insert(communication).values(
            accession=accession,
            id=new.id,
            number=int(new.id.removeprefix("c-")),
            communication_json=to_json(new),
        )
    )


def of_study(tx: sa.Connection, accession: str) -> tuple[Communication, ...]:
    """All records of a study, oldest first."""
    query = sa.select(communication.c.communication_json).where(
        communication.c.accession == accession
    )
    rows = tx.execute(query.order_by(communication.c.number)).scalars()
    return tuple(from_json(Communication, text) for text in rows)
