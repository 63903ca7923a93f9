"""Which models told something of which studies, and what people have set for their sources."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

import sqlalchemy as sa

from adapter.domain.ai_source import AiMode, AiSwitch
from adapter.domain.study import ReportStatus
from adapter.store.ai_tables import ai_study_model, ai_switch
from adapter.store.sight import seen_by
from adapter.store.tables import study

ModelVersion = tuple[str, str]
"""Name and version of a model."""

_COLUMNS = [ai_switch.c[name] for name in ("source", "mode", "at", "person", "reason")]


class Seen(NamedTuple):
    """One version of one model: since when, and of how many studies it told something."""

    model: str
    version: str
    first_at: str
    studies: int


def note_models(tx: sa.Connection, accession: str, models: Iterable[ModelVersion], at: str) -> None:
    """These models told something of a study; the caller holds the study's row."""
    known = set(of_study(tx, accession))
    new = sorted(set(models) - known)
    if new:
        rows = [
            {"accession": accession, "model": model, "version": version, "first_at": at}
            for model, version in new
        ]
        tx.execute(sa.insert(ai_study_model), rows)


def of_study(tx: sa.Connection, accession: str) -> list[ModelVersion]:
    """Models that told something of a study."""
    return of_studies(tx, [accession]).get(accession, [])


def of_studies(tx: sa.Connection, accessions: Collection[str]) -> dict[str, list[ModelVersion]]:
    """Accession -> models that told something of it; studies without are left out."""
    table = ai_study_model.c
    query = sa.select(table.accession, table.model, table.version)
    found: dict[str, list[ModelVersion]] = {}
    for accession, model, version in tx.execute(query.where(table.accession.in_(accessions))):
        found.setdefault(accession, []).append((model, version))
    return found


def is_known(tx: sa.Connection, model: str, version: str) -> bool:
    """Whether this version of a model told something before."""
    table = ai_study_model.c
    query = sa.select(table.model).where(table.model == model, table.version == version)
    return tx.execute(query.limit(1)).first() is not None


def seen(tx: sa.Connection) -> list[Seen]:
    """Every version of every model that told something."""
    table = ai_study_model.c
    query = sa.select(
        table.model, table.version, sa.func.min(table.first_at), sa.func.count()
    ).group_by(table.model, table.version)
    return [Seen(*row) for row in tx.execute(query.order_by(table.model, table.version))]


def recent(tx: sa.Connection, models: Collection[str], most: int) -> list[tuple[str, str, str]]:
    """(accession, model, version) of the studies that these models told of, the newest first."""
    table = ai_study_model.c
    query = sa.select(table.accession, table.model, table.version)
    query = query.where(table.model.in_(models), *seen_by(tx, table.accession))
    newest = query.order_by(table.first_at.desc(), table.accession)
    return [(row[0], row[1], row[2]) for row in tx.execute(newest.limit(most))]


def open_drafts(tx: sa.Connection, models: Collection[str] | None = None) -> list[str]:
    """Accessions of unsigned reports of whose study these models (None: any) told something."""
    query = (
        sa.select(ai_study_model.c.accession)
        .join(study, study.c.accession == ai_study_model.c.accession)
        .where(study.c.report_status.in_((ReportStatus.DRAFT, ReportStatus.PRELIMINARY)))
        .distinct()
        .order_by(ai_study_model.c.accession)
    )
    named = query if models is None else query.where(ai_study_model.c.model.in_(models))
    return list(tx.execute(named).scalars())


def switches(tx: sa.Connection) -> dict[str, AiSwitch]:
    """What people have set, by source."""
    rows = tx.execute(sa.select(*_COLUMNS)).tuples()
    return {row[0]: AiSwitch(row[0], AiMode(row[1]), *row[2:]) for row in rows}


def set_switch(tx: sa.Connection, new: AiSwitch) -> AiSwitch | None:
    """Set it; returns what was set before."""
    before = clear_switch(tx, new.source)
    values = {
        "source": new.source,
        "mode": new.mode,
        "at": new.at,
        "person": new.person,
        "reason": new.reason,
    }
    tx.execute(sa.insert(ai_switch).values(values))
    return before


def clear_switch(tx: sa.Connection, source: str) -> AiSwitch | None:
    """Take it back; returns what was set, None where nothing was."""
    query = sa.select(*_COLUMNS).where(ai_switch.c.source == source).with_for_update()
    row = tx.execute(query).first()
    tx.execute(sa.delete(ai_switch).where(ai_switch.c.source == source))
    return None if row is None else AiSwitch(row[0], AiMode(row[1]), *row[2:])
