"""Messages as received: stored in groups before they are acknowledged, applied afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from adapter.domain.message import InboundMessage, MessageState
from adapter.store.tables import message

_INSERT = sa.insert(message)
_KEYS = ("protocol", "peer", "sender", "control_id", "type", "body", "body_sha256", "received_at")


class StoredMessage(NamedTuple):
    """One row of the log."""

    id: int
    protocol: str
    sender: str
    control_id: str
    type: str
    body: bytes
    received_at: str
    state: str
    reason: str


_COLUMNS = [message.c[name] for name in StoredMessage._fields]


def store(tx: sa.Connection, batch: Sequence[InboundMessage]) -> list[MessageState]:
    """Store a batch in its order; the same sender, control id and body again is a duplicate."""
    known = _known(tx, batch)
    states: list[MessageState] = []
    rows: dict[tuple[str, str, str], dict[str, object]] = {}
    accepted_now: list[tuple[str, str, str]] = []
    for each in batch:
        key = (each.sender, each.control_id, each.body_sha256)
        state = MessageState.REFUSED if each.refusal else MessageState.RECEIVED
        earlier = known.get(key)
        if earlier is None:
            rows[key] = {name: getattr(each, name) for name in _KEYS}
            rows[key] |= {"state": state.value, "reason": each.refusal}
            known[key] = state
        elif state is MessageState.RECEIVED and earlier != MessageState.REFUSED:
            state = MessageState.DUPLICATE
        elif state is MessageState.RECEIVED:  # refused before a mapping was mended, welcome now
            known[key] = state
            accepted_now.append(key)
        states.append(state)
    if rows:
        _insert(tx, list(rows.values()))
    for key in accepted_now:
        _settle_key(tx, key, MessageState.RECEIVED)
    return states


def _insert(tx: sa.Connection, rows: list[dict[str, object]]) -> None:
    """Every row has the same keys.

    SQLite takes them in one statement: one by one, the thread would give up and win back the
    interpreter at each row while the listener's thread is busy.
    """
    if tx.dialect.name != "sqlite":
        tx.execute(_INSERT, rows)
        return
    names = ", ".join(rows[0])
    marks = ", ".join([f"({', '.join('?' * len(rows[0]))})"] * len(rows))
    values = tuple(value for row in rows for value in row.values())
    statement = f"INSERT INTO {message.name} ({names}) VALUES {marks}"  # noqa: S608  own names
    tx.exec_driver_sql(statement, values)


def settle_same(tx: sa.Connection, each: InboundMessage, state: MessageState) -> None:
    """Write down what became of the stored row of this very message."""
    _settle_key(tx, (each.sender, each.control_id, each.body_sha256), state)


def _settle_key(tx: sa.Connection, key: tuple[str, str, str], state: MessageState) -> None:
    sender, control_id, sha256 = key
    tx.execute(
        sa.update(message)
        .where(message.c.sender == sender, message.c.control_id == control_id)
        .where(message.c.body_sha256 == sha256)
        .values(state=state, reason="")
    )


def _known(tx: sa.Connection, batch: Sequence[InboundMessage]) -> dict[tuple[str, str, str], str]:
    ids = {each.control_id for each in batch}
    query = sa.select(
        message.c.sender, message.c.control_id, message.c.body_sha256, message.c.state
    ).where(message.c.control_id.in_(ids))
    return {(row[0], row[1], row[2]): row[3] for row in tx.execute(query)}


def waiting(tx: sa.Connection, limit: int) -> list[StoredMessage]:
    """Received and not yet applied, oldest first."""
    query = (
        sa.select(*_COLUMNS)
        .where(message.c.state == MessageState.RECEIVED)
        .order_by(message.c.id)
        .limit(limit)
    )
    return [StoredMessage(*row) for row in tx.execute(query)]


def still_waiting(tx: sa.Connection, ids: Iterable[int]) -> set[int]:
    """Of these ids, those that nobody has applied meanwhile."""
    query = sa.select(message.c.id).where(
        message.c.id.in_(list(ids)), message.c.state == MessageState.RECEIVED
    )
    return set(tx.execute(query.with_for_update()).scalars())


def settle(tx: sa.Connection, id_: int, state: MessageState, reason: str = "") -> None:
    """Write down what became of a message."""
    tx.execute(sa.update(message).where(message.c.id == id_).values(state=state, reason=reason))


def count_by_state(tx: sa.Connection) -> dict[str, int]:
    """How many messages are in each state."""
    query = sa.select(message.c.state, sa.func.count()).group_by(message.c.state)
    return dict(tx.execute(query).tuples().all())


def oldest_waiting(tx: sa.Connection) -> str | None:
    """When the oldest message that is not applied yet came (ISO 8601), or None."""
    query = sa.select(sa.func.min(message.c.received_at)).where(
        message.c.state == MessageState.RECEIVED
    )
    return tx.execute(query).scalar()


def recent(tx: sa.Connection, limit: int, state: str | None = None) -> list[StoredMessage]:
    """The newest messages of the log, newest first."""
    query = sa.select(*_COLUMNS).order_by(message.c.id.desc()).limit(limit)
    if state:
        query = query.where(message.c.state == state)
    return [StoredMessage(*row) for row in tx.execute(query)]
