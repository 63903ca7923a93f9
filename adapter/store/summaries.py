"""Patient summaries that a person released, one a study: the last one."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from adapter.domain.codec import from_json, to_json
from adapter.domain.summary import Summary
from adapter.store.tables import summary_release


class Release(NamedTuple):
    """What was released, of which version of the report, when and by whom."""

    accession: str
    number: int
    summary: Summary
    released_at: str
    person: str


def keep(tx: sa.Connection, new: Release) -> None:
    """In place of the one before; the caller holds the study's row."""
    tx.execute(sa.delete(summary_release).where(summary_release.c.accession == new.accession))
    values = {
        "accession": new.accession,
        "number": new.number,
        "summary_json": to_json(new.summary),
        "released_at": new.released_at,
        "person": new.person,
    }
    tx.execute(sa.insert(summary_release).values(values))


def released(tx: sa.Connection, accession: str) -> Release | None:
    """The last release of a study, whatever became of the report since; None: there is none."""
    query = sa.select(
        summary_release.c.accession,
        summary_release.c.number,
        summary_release.c.summary_json,
        summary_release.c.released_at,
        summary_release.c.person,
    )
    row = tx.execute(query.where(summary_release.c.accession == accession)).first()
    return None if row is None else Release(row[0], row[1], from_json(Summary, row[2]), *row[3:])
