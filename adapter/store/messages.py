"""Messages as received: stored in groups before they are acknowledged, applied afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from adapter.domain.message import InboundMessage, MessageState
from adapter.store.database import Database
from adapter.store.padding import padded
from adapter.store.sealed import vault_of
from adapter.store.tables import message

_WRITTEN = (*InboundMessage._fields[:-2], "reason", "owed_by", "state")
_INSERT = f"INSERT INTO {message.name} ({', '.join(_WRITTEN)})"
_SEALED = "message.body"  # as the column has it
_LAST_ID = sa.select(sa.func.max(message.c.id))
_NONE_NEW = 2**62  # above every id


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


_KEY = [sa.column(name, sa.Text) for name in ("control_id", "sender", "body_sha256")]


def store_group(database: Database, batch: Sequence[InboundMessage]) -> list[MessageState]:
    """Store a batch durably in its order: when this returns, it is on disk."""
    if not database.is_sqlite:
        with database.write() as tx:
            return store(tx, batch)
    states = _states(batch)
    rows, last = database.write_alone(*_insertion(batch, states, database.engine.dialect))
    if rows == len(batch):
        return states
    with database.write() as tx:  # the rows of one statement have ids without gaps
        return _with_repeats(tx, batch, states, last - rows if rows else _NONE_NEW)


def store(tx: sa.Connection, batch: Sequence[InboundMessage]) -> list[MessageState]:
    """Store a batch in its order; the same sender, control id and body again is a duplicate."""
    states = _states(batch)
    last = tx.execute(_LAST_ID).scalar() or 0
    if tx.exec_driver_sql(*_insertion(batch, states, tx.dialect)).rowcount == len(batch):
        return states
    return _with_repeats(tx, batch, states, last)


def _states(batch: Sequence[InboundMessage]) -> list[MessageState]:
    return [MessageState.REFUSED if each.refusal else MessageState.RECEIVED for each in batch]


def _insertion(
    batch: Sequence[InboundMessage], states: Sequence[MessageState], dialect: sa.Dialect
) -> tuple[str, tuple[Any, ...]]:
    """One statement, and its values, that inserts what is not there yet."""
    mark, vault = "?" if dialect.name == "sqlite" else "%s", vault_of(dialect)
    row = f"({', '.join([mark] * len(_WRITTEN))})"
    values = list[Any]()
    for each, state in zip(batch, states, strict=True):
        values += each if vault is None else each._replace(body=vault.seal(each.body, _SEALED))
        values.append(state.value)
    statement = f"{_INSERT} VALUES {', '.join([row] * len(batch))} ON CONFLICT DO NOTHING"
    return statement, tuple(values)


def _with_repeats(
    tx: sa.Connection,
    batch: Sequence[InboundMessage],
    states: Sequence[MessageState],
    last: int,
) -> list[MessageState]:
    """The states where some messages were there before, in the table or earlier in the batch."""
    known = _known(tx, batch, last)
    settled: list[MessageState] = []
    for each, state in zip(batch, states, strict=True):
        key = (each.sender, each.control_id, each.body_sha256)
        earlier = known.get(key)
        if state is MessageState.REFUSED or earlier is None:
            settled.append(state)
        elif earlier == MessageState.REFUSED:  # a mapping was mended meanwhile: welcome now
            _settle_key(tx, key, MessageState.RECEIVED)
            settled.append(state)
        else:
            settled.append(MessageState.DUPLICATE)
        known[key] = earlier if state is MessageState.REFUSED and earlier else state
    return settled


def _known(
    tx: sa.Connection, batch: Sequence[InboundMessage], last: int
) -> dict[tuple[str, str, str], str]:
    """States of the rows up to id `last` that hold a message of the batch."""
    keys = {(each.control_id, each.sender, each.body_sha256) for each in batch}
    asked = sa.values(*_KEY).data(padded(keys)).cte("asked")
    same = sa.and_(*(message.c[column.name] == asked.c[column.name] for column in _KEY))
    query = (
        sa.select(asked.c.sender, asked.c.control_id, asked.c.body_sha256, message.c.state)
        .join_from(asked, message, same)
        .where(message.c.id <= last)
    )
    return {(row[0], row[1], row[2]): row[3] for row in tx.execute(query)}


def fate_of(tx: sa.Connection, each: InboundMessage) -> tuple[MessageState, str]:
    """(state, reason) of the stored row of this very message; RECEIVED when there is none."""
    query = sa.select(message.c.state, message.c.reason).where(
        message.c.sender == each.sender,
        message.c.control_id == each.control_id,
        message.c.body_sha256 == each.body_sha256,
    )
    row = tx.execute(query).first()
    return (MessageState(row[0]), row[1]) if row else (MessageState.RECEIVED, "")


def settle_same(
    tx: sa.Connection, each: InboundMessage, state: MessageState, reason: str = ""
) -> None:
    """Write down what became of the stored row of this very message."""
    settle(tx, id_of(tx, each), state, reason)


def is_stored(tx: sa.Connection, sender: str, control_id: str) -> bool:
    """Whether a message of this sender has this control id."""
    named = message.c.sender == sender, message.c.control_id == control_id
    return tx.execute(sa.select(message.c.id).where(*named).limit(1)).first() is not None


def id_of(tx: sa.Connection, each: InboundMessage) -> int:
    """Row id of this very message, which is stored."""
    query = sa.select(message.c.id).where(
        message.c.sender == each.sender,
        message.c.control_id == each.control_id,
        message.c.body_sha256 == each.body_sha256,
    )
    return int(tx.execute(query).scalar_one())


def _settle_key(
    tx: sa.Connection, key: tuple[str, str, str], state: MessageState, reason: str = ""
) -> None:
    sender, control_id, sha256 = key
    tx.execute(
        sa.update(message)
        .where(message.c.sender == sender, message.c.control_id == control_id)
        .where(message.c.body_sha256 == sha256)
        .values(state=state, reason=reason)
    )


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
        message.c.id.in_(padded(ids)), message.c.state == MessageState.RECEIVED
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
