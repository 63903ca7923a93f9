"""FHIR servers: how far each was searched, its Subscription, and which orders were seen of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa

from adapter.domain.identifiers import Accession
from adapter.store.fhir_tables import fhir_seen, fhir_source
from adapter.store.tables import study


class SourceState(NamedTuple):
    """One server."""

    name: str
    cursor: str = ""  # last change that is known, ISO 8601
    turn: int = 0  # counts the searches; the job of another turn is out of date
    subscription: str = ""  # its id on the server
    renew_at: str = ""
    last_event: int = 0


class SeenOrder(NamedTuple):
    """One order of a server. `accession` is empty where it was refused, with the reason."""

    source: str
    id: str
    version: str
    accession: str = ""
    reason: str = ""
    task: str = ""  # id of the Task that tells of it
    task_status: str = ""
    task_version: int = 0  # version of the study that it told


def state(tx: sa.Connection, name: str, *, lock: bool = False) -> SourceState:
    """What is known of a server; a new one has its beginnings."""
    query = sa.select(*_STATE).where(fhir_source.c.name == name)
    row = tx.execute(query.with_for_update() if lock else query).first()
    return SourceState(name) if row is None else SourceState(*row)


def keep_state(tx: sa.Connection, new: SourceState) -> None:
    """Write it."""
    tx.execute(sa.delete(fhir_source).where(fhir_source.c.name == new.name))
    tx.execute(sa.insert(fhir_source).values(new._asdict()))


def seen(tx: sa.Connection, source: str, id_: str) -> SeenOrder | None:
    """What was seen of an order last."""
    row = tx.execute(sa.select(fhir_seen).where(*_same(source, id_))).first()
    return None if row is None else SeenOrder(*row)


def keep_seen(tx: sa.Connection, new: SeenOrder) -> None:
    """Write it; the Task that is known stays."""
    values = {name: getattr(new, name) for name in ("version", "accession", "reason")}
    if tx.execute(sa.update(fhir_seen).where(*_same(new.source, new.id)).values(values)).rowcount:
        return
    tx.execute(sa.insert(fhir_seen).values(new._asdict()))


def keep_task(tx: sa.Connection, source: str, id_: str, **values: Any) -> None:
    """Write columns `task`, `task_status`, `task_version`."""
    tx.execute(sa.update(fhir_seen).where(*_same(source, id_)).values(values))


def of_accession(tx: sa.Connection, accession: str) -> list[SeenOrder]:
    """The orders of all servers that a study is made of."""
    query = sa.select(fhir_seen).where(fhir_seen.c.accession == accession)
    return [SeenOrder(*row) for row in tx.execute(query.order_by(fhir_seen.c.source))]


def owed_tasks(tx: sa.Connection, sources: list[str]) -> list[Accession]:
    """Studies that have changed since the servers were told."""
    query = sa.select(fhir_seen.c.accession).join(study, study.c.accession == fhir_seen.c.accession)
    owed = query.where(fhir_seen.c.source.in_(sources), fhir_seen.c.task_version < study.c.version)
    return list(tx.execute(owed.distinct()).scalars())


def _same(source: str, id_: str) -> tuple[sa.ColumnElement[bool], ...]:
    return fhir_seen.c.source == source, fhir_seen.c.id == id_


_STATE = [fhir_source.c[name] for name in SourceState._fields]
