"""The log of messages in and out: found by what a person knows of one, newest first, in pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import sqlalchemy as sa

from adapter.domain.message import MessageState
from adapter.errors import NotFound
from adapter.store.message_keys import ACCESSION, INDEXED, NOT_INDEXED, ORDER, PATIENT
from adapter.store.sealed import vault_of
from adapter.store.sight import seen_by, seen_message
from adapter.store.tables import delivery, message, message_key

_SCANNED = 5_000  # bodies that one page of a search for text looks into
_NAMES = 1_000
LARGEST_ID = (1 << 63) - 1

Row = TypeVar("Row")


class LoggedMessage(NamedTuple):
    """A message that came in, without its body."""

    id: int
    protocol: str
    peer: str
    sender: str
    control_id: str
    type: str
    body_sha256: str
    received_at: str
    state: str
    reason: str
    remarks: str
    size_bytes: int


class LoggedDelivery(NamedTuple):
    """A message that goes out, without its body."""

    id: int
    control_id: str
    destination: str
    accession: str
    kind: str
    issued_at: str
    state: str
    attempts: int
    answer: str
    answer_text: str
    answered_at: str
    body_sha256: str
    remarks: str
    size_bytes: int


@dataclass(frozen=True)
class Search:
    """What is looked for; empty: anything.

    `patient` is the hash of a number (`number_key`), `since` and `until` are ISO 8601 in UTC,
    `texts` are spellings in bytes of which the body holds one, `equal` is by column.
    """

    equal: Mapping[str, tuple[str, ...]]
    accession: str = ""
    order: str = ""
    patient: str = ""
    since: str = ""
    until: str = ""
    texts: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows, newest first; `next` is where the next page begins, None on the last one."""

    rows: list[Row]
    next: int | None


def received(
    tx: sa.Connection, search: Search, before: int | None, limit: int
) -> Page[LoggedMessage]:
    """Messages that came in, from the one before row id `before`."""
    return _Log(tx, message, message.c.received_at, LoggedMessage).page(search, before, limit)


def sent(tx: sa.Connection, search: Search, before: int | None, limit: int) -> Page[LoggedDelivery]:
    """Messages that go out, from the one before row id `before`."""
    return _Log(tx, delivery, delivery.c.issued_at, LoggedDelivery).page(search, before, limit)


def find_received(tx: sa.Connection, id_: int) -> tuple[LoggedMessage, bytes]:
    """A message that came in and its body; raises NotFound."""
    log: _Log[LoggedMessage] = _Log(tx, message, message.c.received_at, LoggedMessage)
    wanted = message.c.id == id_ if 0 < id_ <= LARGEST_ID else sa.false()
    return log.find(wanted, f"no message has id {id_}")


def find_sent(tx: sa.Connection, control_id: str) -> tuple[LoggedDelivery, bytes]:
    """A message that goes out and its body; raises NotFound."""
    log: _Log[LoggedDelivery] = _Log(tx, delivery, delivery.c.issued_at, LoggedDelivery)
    wanted = delivery.c.control_id == control_id
    return log.find(wanted, f"no delivery has control id {control_id}")


def senders(tx: sa.Connection) -> list[str]:
    """Every sender of the log."""
    return _different(tx, message.c.sender)


def types(tx: sa.Connection) -> list[str]:
    """Every message type of the log."""
    return _different(tx, message.c.type)


def _different(tx: sa.Connection, column: sa.Column[str]) -> list[str]:
    """The values of an indexed column, one look into the index each, and those of late."""
    smallest = sa.select(sa.func.min(column).label("value")).where(INDEXED)
    first = smallest.cte(recursive=True)
    after = smallest.where(column > first.c.value).scalar_subquery()
    every = first.union_all(sa.select(after).where(first.c.value.is_not(None)))
    known = sa.select(every.c.value).where(every.c.value.is_not(None)).limit(_NAMES)
    late = sa.select(column).where(NOT_INDEXED).distinct().limit(_NAMES)
    return sorted({*tx.execute(known).scalars(), *tx.execute(late).scalars()})


class _Log(Generic[Row]):
    """One of the two tables with its time column and the shape of its rows."""

    def __init__(self, tx: sa.Connection, table: sa.Table, at: sa.Column[str], row: Any) -> None:
        self._tx, self._table, self._at = tx, table, at
        self._row = row

    def page(self, search: Search, before: int | None, limit: int) -> Page[Row]:
        """One page; of a search for text, what some thousand bodies hold of it."""
        if search.texts:
            return self._with_text(search, self._ids(search, before, _SCANNED), limit)
        rows = self._rows(self._ids(search, before, limit + 1), search)
        return Page(rows[:limit], self._last(rows, limit))

    def find(self, wanted: sa.ColumnElement[bool], missing: str) -> tuple[Row, bytes]:
        """(row, body) of the one row; raises NotFound."""
        query = sa.select(self._table.c.body, *self._columns()).where(wanted, *self._seen())
        found = self._tx.execute(query).first()
        if found is None:
            raise NotFound(missing, code="not-found")
        return self._row(*found[1:]), found[0]

    def _ids(self, search: Search, before: int | None, limit: int) -> sa.Select[Any]:
        """Ids in order. Messages of the last moments are in none of the indexes but their own."""
        found = self._found(search, before).order_by(*self._order(search)).limit(limit)
        if self._table is not message:
            return found
        parts = [sa.select(found.where(INDEXED).subquery())]
        parts.append(sa.select(found.where(NOT_INDEXED).subquery()))
        both = sa.union_all(*parts).subquery()
        by_time = [both.c[self._at.name].desc()] if search.since or search.until else []
        return sa.select(both.c.id).order_by(*by_time, both.c.id.desc()).limit(limit)

    def _found(self, search: Search, before: int | None) -> sa.Select[Any]:
        table = self._table
        query = sa.select(table.c.id, self._at).where(*self._seen())
        for name, values in search.equal.items():
            column = table.c[name]
            query = query.where(column == values[0] if len(values) == 1 else column.in_(values))
        if search.accession:
            query = query.where(self._of(ACCESSION, search.accession))
        if search.order:
            query = query.where(self._of(ORDER, search.order))
        if search.patient:
            query = query.where(self._of(PATIENT, search.patient))
        if search.since:
            query = query.where(self._at >= search.since)
        if search.until:
            query = query.where(self._at < search.until)
        return query if before is None else query.where(self._before(search, before))

    def _seen(self) -> list[sa.ColumnElement[bool]]:
        """Of studies that the caller may see, and of none."""
        if self._table is delivery:
            return seen_by(self._tx, delivery.c.accession)
        return seen_message(self._tx)

    def _of(self, kind: str, value: str) -> sa.ColumnElement[bool]:
        """Messages by their keys, deliveries by the accessions of such messages."""
        named = message_key.c.kind == kind, message_key.c.value == value
        if self._table is message:
            return message.c.id.in_(sa.select(message_key.c.message_id).where(*named))
        if kind == ACCESSION:
            return delivery.c.accession == value
        ids = sa.select(message_key.c.message_id).where(*named)
        studies = sa.select(message_key.c.value).where(
            message_key.c.kind == ACCESSION, message_key.c.message_id.in_(ids)
        )
        return delivery.c.accession.in_(studies)

    def _order(self, search: Search) -> tuple[sa.UnaryExpression[Any], ...]:
        """By id, which each index ends with; by time where a range of it is asked for."""
        by_id = self._table.c.id.desc()
        return (self._at.desc(), by_id) if search.since or search.until else (by_id,)

    def _before(self, search: Search, id_: int) -> sa.ColumnElement[bool]:
        if not (search.since or search.until):
            return self._table.c.id < id_
        at = self._tx.execute(sa.select(self._at).where(self._table.c.id == id_)).scalar()
        if at is None:
            raise NotFound(f"no page begins at {id_}", location="before", code="not-found")
        return sa.tuple_(self._at, self._table.c.id) < sa.tuple_(sa.literal(at), sa.literal(id_))

    def _rows(self, ids: sa.Select[Any], search: Search) -> list[Row]:
        found = ids.subquery()
        query = sa.select(*self._columns()).join(found, found.c.id == self._table.c.id)
        return [self._row(*row) for row in self._tx.execute(query.order_by(*self._order(search)))]

    def _columns(self) -> list[sa.ColumnElement[Any]]:
        table = self._table
        return [
            sa.func.length(table.c.body) if name == "size_bytes" else table.c[name]
            for name in self._row._fields
        ]

    def _with_text(self, search: Search, ids: sa.Select[tuple[int]], limit: int) -> Page[Row]:
        looked = ids.subquery()
        table = self._table
        found = sa.select(table.c.id).join(looked, looked.c.id == table.c.id)
        found = found.where(self._holds(search.texts, found))
        rows = self._rows(found.order_by(*self._order(search)).limit(limit + 1), search)
        more = self._last(rows, limit)
        if more is None:  # go on behind what was looked into
            more = self._tx.execute(ids.offset(_SCANNED - 1).limit(1)).scalar()
        return Page(rows[:limit], more)

    def _holds(
        self, texts: tuple[bytes, ...], looked: sa.Select[tuple[int]]
    ) -> sa.ColumnElement[bool]:
        """Where bodies are sealed they are opened here: the database cannot look into them."""
        table = self._table
        if vault_of(self._tx.dialect) is None:
            return sa.or_(*(_holds(self._tx, table.c.body, each) for each in texts))
        bodies = self._tx.execute(looked.add_columns(table.c.body))
        return table.c.id.in_([id_ for id_, body in bodies if any(text in body for text in texts)])

    def _last(self, rows: list[Any], limit: int) -> int | None:
        return rows[limit - 1].id if len(rows) > limit else None


def _holds(tx: sa.Connection, body: sa.Column[bytes], text: bytes) -> sa.ColumnElement[bool]:
    wanted = sa.literal(text, sa.LargeBinary)
    if tx.dialect.name == "sqlite":
        return sa.func.instr(body, wanted) > 0
    return sa.func.position(wanted.op("IN")(body)) > 0


def receive_again(tx: sa.Connection, row: LoggedMessage, remark: str) -> bool:
    """Let a stored message wait to be applied once more; False when it has changed meanwhile."""
    done = tx.execute(
        sa.update(message)
        .where(message.c.id == row.id, message.c.state == row.state)
        .values(
            state=MessageState.RECEIVED,
            reason="",
            remarks="\n".join(filter(None, (row.remarks, remark))),
        )
    )
    return bool(done.rowcount)
