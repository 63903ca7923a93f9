"""Bodies of old messages are removed; the row's facts and a line of proof stay."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from adapter.domain.audit import Verb
from adapter.domain.delivery import DeliveryState
from adapter.domain.identifiers import sha256_hex
from adapter.domain.message import MessageState
from adapter.store import audit
from adapter.store.database import Database
from adapter.store.tables import delivery, message

_AT_ONCE = 100


class Kind(NamedTuple):
    """What is kept how long: a table, its time column, the one state in which all is done."""

    table: sa.Table
    at: sa.Column[str]
    done: str


KINDS = {
    "messages": Kind(message, message.c.received_at, MessageState.APPLIED),
    "deliveries": Kind(delivery, delivery.c.issued_at, DeliveryState.ACKNOWLEDGED),
}


@dataclass(frozen=True, slots=True)
class Removed:
    """How many bodies, and their bytes."""

    count: int
    size_bytes: int


def removable(database: Database, kind: Kind, before: str) -> Removed:
    """What `remove` would remove."""
    return measured(database, sa.func.length(kind.table.c.body), kind.table, _old(kind, before))


def measured(
    database: Database,
    size: sa.ColumnElement[int],
    rows: sa.FromClause,
    where: Sequence[sa.ColumnElement[bool]],
) -> Removed:
    """How many of these rows would go, and the bytes that `size` tells of each."""
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(size), 0))
    with database.read() as tx:
        count, total = tx.execute(query.select_from(rows).where(*where)).tuples().one()
    return Removed(count, int(total))


def remove(database: Database, kind: Kind, before: str, now: str) -> Removed:
    """Remove the bodies of rows older than `before` (ISO 8601, UTC), some at a time."""
    count = total = last = 0
    while True:
        with database.write() as tx:
            found = _oldest(tx, kind, before, last)
            for id_, body, remarks in found:
                _empty(tx, kind, id_, body, remarks, now)
            if found:
                gone = {str(id_): sha256_hex(body) for id_, body, _ in found}
                prove(tx, f"{len(found)} bodies of {kind.table.name}", before, gone)
        if not found:
            return Removed(count, total)
        last = found[-1][0]
        count, total = count + len(found), total + sum(len(body) for _, body, _ in found)


def prove(tx: sa.Connection, what: str, before: str, gone: Mapping[str, str]) -> None:
    """One row of the audit trail for what went: the SHA-256 of each by its key."""
    audit.tell(tx, Verb.PURGE, "", what, json.dumps({"older_than": before, "sha256": gone}))


def proof(body: bytes, now: str) -> str:
    """The line that stays in place of a body."""
    return f"{now} body removed: {len(body)} bytes, SHA-256 {sha256_hex(body)}"


def _oldest(
    tx: sa.Connection, kind: Kind, before: str, after_id: int
) -> list[tuple[int, bytes, str]]:
    table = kind.table
    query = (
        sa.select(table.c.id, table.c.body, table.c.remarks)
        .where(*_old(kind, before), table.c.id > after_id)
        .order_by(table.c.id)
        .limit(_AT_ONCE)
    )
    return [(row[0], row[1], row[2]) for row in tx.execute(query.with_for_update())]


def _empty(tx: sa.Connection, kind: Kind, id_: int, body: bytes, remarks: str, now: str) -> None:
    lines = "\n".join(filter(None, (remarks, proof(body, now))))
    values = {"body": b"", "remarks": lines, "body_sha256": sha256_hex(body)}
    tx.execute(sa.update(kind.table).where(kind.table.c.id == id_).values(values))


def _old(kind: Kind, before: str) -> tuple[sa.ColumnElement[bool], ...]:
    body = kind.table.c.body
    old = [kind.table.c.state == kind.done, kind.at < before, sa.func.length(body) > 0]
    if kind.table is message:  # else its answer is lost, or the keys by which it is found
        old += [message.c.owed_by == "", message.c.indexed == sa.literal_column("1")]
    return tuple(old)
