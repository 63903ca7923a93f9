"""The worklist: queues, search, order, pages by key, and what stands beside each study.

Fast with 100,000 studies: queues run along an index in their order; a search runs through an index
that holds everything it looks at, and reads only the rows that it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from adapter.domain.delivery import DeliveryState
from adapter.domain.order import OrderStatus, Priority
from adapter.domain.report import AI_CONFLICTS
from adapter.domain.review import ReviewState, StudyLock
from adapter.domain.study import ReportStatus, Study
from adapter.store import reviews, sight
from adapter.store.alerts import AlertState
from adapter.store.studies import of_row
from adapter.store.tables import alert, communication, delivery, dictation, study

CRITICAL = "critical_finding"
_OVER = (OrderStatus.CANCELLED, OrderStatus.DISCONTINUED)
_WRITTEN = (ReportStatus.DRAFT, ReportStatus.PRELIMINARY)
_STANDING = (AlertState.OPEN, AlertState.PASSED)


class Queue(StrEnum):
    """The saved queues."""

    UNREAD = "unread"
    DRAFTS = "drafts"
    PENDING = "pending-signature"
    CRITICAL = "critical"
    FAILED = "delivery-failed"
    SIGNED = "signed"
    ALL = "all"


class Sort(StrEnum):
    """What the list is ordered by; the accession decides between equals."""

    PRIORITY = "priority"  # then who waits longest
    AGE = "age"
    CHANGED = "changed"
    PATIENT = "patient"
    MODALITY = "modality"


_KEYS: dict[Sort, tuple[sa.Column[Any], ...]] = {
    Sort.PRIORITY: (study.c.rank, study.c.created_at, study.c.accession),
    Sort.AGE: (study.c.created_at, study.c.accession),
    Sort.CHANGED: (study.c.updated_at, study.c.accession),
    Sort.PATIENT: (study.c.patient_name, study.c.accession),
    Sort.MODALITY: (study.c.modality, study.c.rank, study.c.created_at, study.c.accession),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for. `person`: whose drafts; `after`: key of the last row shown."""

    queue: Queue = Queue.UNREAD
    text: str = ""
    modality: str = ""
    priority: Priority | None = None
    sort: Sort = Sort.PRIORITY
    down: bool = False
    person: str = ""
    after: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """A page; `next` is the key behind which the next one begins, empty at the end."""

    studies: list[Study]
    next: tuple[str | int, ...]


@dataclass(slots=True)
class Marks:
    """What stands beside a study in the list."""

    lock: StudyLock | None = None
    dictations: int = 0
    ai: bool = False  # set by who knows the modes of AI sources
    discrepant: bool = False
    critical: bool = False
    told: bool = False
    signed_at: str = ""
    deliveries: dict[str, int] = field(default_factory=dict)
    """State -> how many."""


def page(tx: sa.Connection, wanted: Wanted, limit: int) -> Listed:
    """Studies as wanted; raises ValueError when `after` is not a key of this order."""
    keys = _KEYS[wanted.sort]
    order = [key.desc() if wanted.down else key.asc() for key in keys]
    query = sa.select(*keys).where(*_conditions(wanted), *sight.seen(tx))
    query = query.order_by(*order).limit(limit + 1)
    if wanted.after:
        query = query.where(_behind(keys, wanted))
    found = [tuple(row) for row in tx.execute(query)]
    shown = found[:limit]
    by_accession = {each.order.accession: each for each in _rows(tx, [row[-1] for row in shown])}
    more = shown[-1] if len(found) > limit else ()
    return Listed([by_accession[row[-1]] for row in shown if row[-1] in by_accession], more)


def counts(tx: sa.Connection, person: str, most: int) -> dict[Queue, int]:
    """How many studies wait in each queue, counted up to `most`."""
    found: dict[Queue, int] = {}
    visible = sight.seen(tx)
    for queue in (each for each in Queue if each not in (Queue.ALL, Queue.SIGNED)):
        waiting = sa.select(study.c.accession).where(*_in_queue(queue, person), *visible)
        inner = waiting.limit(most)
        found[queue] = tx.scalar(sa.select(sa.func.count()).select_from(inner.subquery())) or 0
    return found


def modalities(tx: sa.Connection) -> list[str]:
    """Every modality there is, each found by one step along the index."""
    return sight.values_of(tx, study.c.modality)


def marks(tx: sa.Connection, accessions: Sequence[str], now: str) -> dict[str, Marks]:
    """What stands beside these studies, at this moment (ISO 8601, UTC)."""
    found = {each: Marks() for each in accessions}
    for accession, held in reviews.locks(tx, accessions, now).items():
        found[accession].lock = held
    for accession, count in _counted(tx, dictation, accessions):
        found[accession].dictations = count
    for accession, _ in _counted(tx, communication, accessions):
        found[accession].told = True
    _mark_alerts(tx, found)
    _mark_deliveries(tx, found)
    signed = sa.select(study.c.accession, study.c.signed_at)
    for accession, at in tx.execute(signed.where(study.c.accession.in_(accessions))):
        found[accession].signed_at = at
    return found


def _mark_alerts(tx: sa.Connection, found: dict[str, Marks]) -> None:
    query = sa.select(alert.c.accession, alert.c.code).where(
        alert.c.accession.in_(tuple(found)),
        alert.c.code.in_((CRITICAL, *AI_CONFLICTS)),
        alert.c.state.in_(_STANDING),
    )
    for accession, code in tx.execute(query):
        if code == CRITICAL:
            found[accession].critical = True
        else:
            found[accession].discrepant = True


def _mark_deliveries(tx: sa.Connection, found: dict[str, Marks]) -> None:
    query = (
        sa.select(delivery.c.accession, delivery.c.state, sa.func.count())
        .where(delivery.c.accession.in_(tuple(found)))
        .group_by(delivery.c.accession, delivery.c.state)
    )
    for accession, state, count in tx.execute(query):
        found[accession].deliveries[state] = count


def _counted(
    tx: sa.Connection, table: sa.Table, accessions: Sequence[str]
) -> list[tuple[str, int]]:
    column = table.c.accession
    query = sa.select(column, sa.func.count()).where(column.in_(accessions)).group_by(column)
    return [(row[0], row[1]) for row in tx.execute(query)]


def _rows(tx: sa.Connection, accessions: Sequence[str]) -> list[Study]:
    query = sa.select(study).where(study.c.accession.in_(accessions))
    return [of_row(row) for row in tx.execute(query).mappings()]


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found = _in_queue(wanted.queue, wanted.person)
    for word in wanted.text.lower().split()[:8]:
        found.append(study.c.search.contains(word, autoescape=True))
    if wanted.modality:
        found.append(study.c.modality == wanted.modality)
    if wanted.priority is not None:
        found.append(study.c.rank == tuple(Priority).index(wanted.priority))
    return found


def _in_queue(queue: Queue, person: str) -> list[sa.ColumnElement[bool]]:
    status, review = study.c.report_status, study.c.review_state
    if queue is Queue.UNREAD:
        return [status == ReportStatus.NONE, study.c.order_status.not_in(_OVER)]
    if queue is Queue.DRAFTS:
        mine = sa.exists().where(
            dictation.c.accession == study.c.accession, dictation.c.author.in_((person, ""))
        )
        return [status.in_(_WRITTEN), review != ReviewState.PENDING_SIGNATURE, mine]
    if queue is Queue.PENDING:
        return [review == ReviewState.PENDING_SIGNATURE]
    if queue is Queue.CRITICAL:
        told = sa.exists().where(communication.c.accession == study.c.accession)
        urgent = sa.select(alert.c.accession).where(
            alert.c.code == CRITICAL, alert.c.state.in_(_STANDING)
        )
        return [study.c.accession.in_(urgent), ~told]
    if queue is Queue.FAILED:
        held = sa.select(delivery.c.accession).where(delivery.c.state == DeliveryState.HELD)
        return [study.c.accession.in_(held)]
    return [status.in_(ReportStatus.signed())] if queue is Queue.SIGNED else []


def _behind(keys: tuple[sa.Column[Any], ...], wanted: Wanted) -> sa.ColumnElement[bool]:
    if [type(each) for each in wanted.after] != [key.type.python_type for key in keys]:
        raise ValueError("not a key of this order")
    here, last = sa.tuple_(*keys), sa.tuple_(*map(sa.literal, wanted.after))
    return here < last if wanted.down else here > last
