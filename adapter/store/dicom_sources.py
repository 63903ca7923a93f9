"""Archives: how often each was asked, and its studies as they were when all of each was read."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from adapter.store.intake_tables import dicom_seen, dicom_source


class SourceState(NamedTuple):
    """One archive."""

    name: str
    turn: int = 0  # counts the times it was asked; the job of another turn is out of date


def state(tx: sa.Connection, name: str, *, lock: bool = False) -> SourceState:
    """What is known of an archive; a new one has its beginnings."""
    query = sa.select(*_STATE).where(dicom_source.c.name == name)
    row = tx.execute(query.with_for_update() if lock else query).first()
    return SourceState(name) if row is None else SourceState(*row)


def keep_state(tx: sa.Connection, new: SourceState) -> None:
    """Write it."""
    tx.execute(sa.delete(dicom_source).where(dicom_source.c.name == new.name))
    tx.execute(sa.insert(dicom_source).values(new._asdict()))


def mark_of(tx: sa.Connection, source: str, study_uid: str) -> str | None:
    """How the study was when all of it was read; None: it never was."""
    query = sa.select(dicom_seen.c.mark).where(*_same(source, study_uid))
    return tx.execute(query).scalar()


def keep_mark(tx: sa.Connection, source: str, study_uid: str, date: str, mark: str) -> None:
    """All of the study was read as it is now."""
    tx.execute(sa.delete(dicom_seen).where(*_same(source, study_uid)))
    values = {"source": source, "study_uid": study_uid, "study_date": date, "mark": mark}
    tx.execute(sa.insert(dicom_seen).values(values))


def forget(tx: sa.Connection, source: str, before: str) -> None:
    """Studies of earlier days are not asked for again."""
    old = dicom_seen.c.source == source, dicom_seen.c.study_date < before
    tx.execute(sa.delete(dicom_seen).where(*old))


def _same(source: str, study_uid: str) -> tuple[sa.ColumnElement[bool], ...]:
    return dicom_seen.c.source == source, dicom_seen.c.study_uid == study_uid


_STATE = [dicom_source.c[name] for name in SourceState._fields]
