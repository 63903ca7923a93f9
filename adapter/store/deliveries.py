"""Deliveries: a FIFO a destination; the bytes of a row never change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from adapter.domain.delivery import Delivery, DeliveryKind, DeliveryState
from adapter.domain.identifiers import Accession, ControlId, sha256_hex
from adapter.errors import NotFound
from adapter.store.database import row_id
from adapter.store.tables import delivery


class OwedDelivery(NamedTuple):
    """A row of the queue."""

    id: int
    report_id: int
    issued_at: str
    not_before: float
    answered_at: str
    body_sha256: str
    """Of the body, also once retention has removed it."""
    delivery: Delivery


def add(tx: sa.Connection, new: Delivery, report_id: int, issued_at: str) -> int:
    """Queue a delivery behind all earlier ones of its destination; returns its row id."""
    done = tx.execute(
        sa.insert(delivery).values(
            control_id=new.control_id,
            destination=new.destination,
            accession=new.accession,
            report_id=report_id,
            kind=new.kind,
            body=new.body,
            body_sha256=sha256_hex(new.body),
            issued_at=issued_at,
            state=new.state,
        )
    )
    return row_id(done)


def head(tx: sa.Connection, destination: str) -> OwedDelivery | None:
    """The next delivery to send: the oldest pending one whose study has nothing held before it."""
    held = delivery.alias("held")
    blocked = sa.exists().where(
        held.c.destination == delivery.c.destination,
        held.c.accession == delivery.c.accession,
        held.c.state == DeliveryState.HELD,
        held.c.id < delivery.c.id,
    )
    query = (
        sa.select(delivery)
        .where(delivery.c.destination == destination)
        .where(delivery.c.state == DeliveryState.PENDING)
        .where(~blocked)
        .order_by(delivery.c.id)
        .limit(1)
    )
    row = tx.execute(query).mappings().first()
    return None if row is None else _owed(row)


def settle(tx: sa.Connection, id_: int, **values: Any) -> bool:
    """Write the result of an attempt on a pending row: False when it is settled already."""
    done = tx.execute(
        sa.update(delivery)
        .where(delivery.c.id == id_, delivery.c.state == DeliveryState.PENDING)
        .values(attempts=delivery.c.attempts + 1, **values)
    )
    return bool(done.rowcount)


def release(tx: sa.Connection, control_id: str) -> OwedDelivery:
    """A held delivery becomes pending again, same id and bytes; raises NotFound."""
    query = sa.select(delivery).where(delivery.c.control_id == control_id)
    row = tx.execute(query.with_for_update()).mappings().first()
    if row is None:
        raise NotFound(f"no delivery has control id {control_id}", code="not-found")
    tx.execute(
        sa.update(delivery)
        .where(delivery.c.id == row["id"], delivery.c.state == DeliveryState.HELD)
        .values(state=DeliveryState.PENDING, not_before=0.0)
    )
    return _owed(row)


def release_all(tx: sa.Connection, destination: str) -> list[OwedDelivery]:
    """Every held delivery of a destination becomes pending again; those that were held."""
    held = sa.and_(delivery.c.destination == destination, delivery.c.state == DeliveryState.HELD)
    query = sa.select(delivery).where(held).order_by(delivery.c.id).with_for_update()
    found = [_owed(row) for row in tx.execute(query).mappings()]
    tx.execute(sa.update(delivery).where(held).values(state=DeliveryState.PENDING, not_before=0.0))
    return found


def hurry(tx: sa.Connection, destination: str) -> None:
    """What is pending for a destination need not wait for its next turn."""
    waiting = (delivery.c.destination == destination, delivery.c.state == DeliveryState.PENDING)
    tx.execute(sa.update(delivery).where(*waiting).values(not_before=0.0))


def withdraw(tx: sa.Connection, accession: str) -> int:
    """What a study still owes is owed no longer; returns how many deliveries that were."""
    done = tx.execute(
        sa.update(delivery)
        .where(delivery.c.accession == accession)
        .where(delivery.c.state.in_((DeliveryState.PENDING, DeliveryState.HELD)))
        .values(state=DeliveryState.WITHDRAWN)
    )
    return done.rowcount


def of_study(tx: sa.Connection, accession: str) -> list[OwedDelivery]:
    """All deliveries of a study, oldest first."""
    query = sa.select(delivery).where(delivery.c.accession == accession).order_by(delivery.c.id)
    return [_owed(row) for row in tx.execute(query).mappings()]


def earlier(
    sent: Sequence[OwedDelivery], destination: str, before: int | None = None
) -> list[OwedDelivery]:
    """Those of a study's deliveries that went to a destination, older than row `before`."""
    return [
        each
        for each in sent
        if each.delivery.destination == destination and (before is None or each.id < before)
    ]


def of_state(tx: sa.Connection, state: DeliveryState, limit: int) -> list[OwedDelivery]:
    """Deliveries of one state, oldest first."""
    query = sa.select(delivery).where(delivery.c.state == state)
    return [_owed(row) for row in tx.execute(query.order_by(delivery.c.id).limit(limit)).mappings()]


def waiting_destinations(tx: sa.Connection) -> list[str]:
    """Destinations that are owed something."""
    query = sa.select(delivery.c.destination).where(delivery.c.state == DeliveryState.PENDING)
    return list(tx.execute(query.distinct()).scalars())


def count_by_state(tx: sa.Connection) -> dict[tuple[str, str], int]:
    """How many deliveries per (destination, state)."""
    query = sa.select(delivery.c.destination, delivery.c.state, sa.func.count()).group_by(
        delivery.c.destination, delivery.c.state
    )
    return {(row[0], row[1]): row[2] for row in tx.execute(query)}


def oldest_pending(tx: sa.Connection) -> dict[str, str]:
    """When the oldest pending delivery of each destination was issued (ISO 8601)."""
    query = (
        sa.select(delivery.c.destination, sa.func.min(delivery.c.issued_at))
        .where(delivery.c.state == DeliveryState.PENDING)
        .group_by(delivery.c.destination)
    )
    return {row[0]: row[1] for row in tx.execute(query)}


def last_troubles(tx: sa.Connection) -> dict[str, tuple[str, str]]:
    """Why the head of a queue waits, (answer, when it was issued), of destinations that do not
    answer."""
    first = sa.select(sa.func.min(delivery.c.id)).where(delivery.c.state == DeliveryState.PENDING)
    heads = first.group_by(delivery.c.destination)
    query = sa.select(delivery).where(delivery.c.id.in_(heads), delivery.c.attempts > 0)
    return {
        row["destination"]: (f"{row['answer']} {row['answer_text']}".strip(), row["issued_at"])
        for row in tx.execute(query).mappings()
    }


def _owed(row: sa.RowMapping) -> OwedDelivery:
    return OwedDelivery(
        id=row["id"],
        report_id=row["report_id"],
        issued_at=row["issued_at"],
        not_before=row["not_before"],
        answered_at=row["answered_at"],
        body_sha256=row["body_sha256"],
        delivery=Delivery(
            control_id=ControlId(row["control_id"]),
            destination=row["destination"],
            accession=Accession(row["accession"]),
            kind=DeliveryKind(row["kind"]),
            body=row["body"],
            state=DeliveryState(row["state"]),
            attempts=row["attempts"],
            answer=row["answer"],
            answer_text=row["answer_text"],
        ),
    )
