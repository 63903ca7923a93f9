"""By what messages are found beside their columns: accessions, hashes of patients' numbers,
numbers of orders."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from adapter.domain.identifiers import sha256_hex
from adapter.store.padding import padded
from adapter.store.tables import message, message_key

ACCESSION, PATIENT, ORDER = "accession", "patient", "order"
ACCESS, PERSON = "access", "person"
"""For who may see it where it names no study: its own access labels, by blanks, "" for none; the
keys of its patients (`patient_key`). Written where there are labels at all.
"""
INDEXED = sa.text("indexed = 1")  # word for word as the indexes have it, so that they serve
NOT_INDEXED = sa.text("indexed = 0")  # word for word as the index has it, so that it serves
"""Messages of the last moments: their keys, and most indexes of their columns, are still to come.
"""
_ADD_KEY = sa.text(
    f"INSERT INTO {message_key.name} (kind, value, message_id) "  # noqa: S608 - a table of ours
    "VALUES (:kind, :value, :message_id) ON CONFLICT DO NOTHING"
)


def number_key(number: str) -> str:
    """The hash under which the messages of a patient's number are found."""
    return sha256_hex(number.strip().encode())


def accessions_of(tx: sa.Connection, message_id: int) -> list[str]:
    """The accessions that a message names."""
    query = sa.select(message_key.c.value).where(
        message_key.c.message_id == message_id, message_key.c.kind == ACCESSION
    )
    return list(tx.execute(query.order_by(message_key.c.value)).scalars())


def access_of(tx: sa.Connection, message_id: int) -> set[str] | None:
    """The access labels that a message has by what it tells itself; None: nobody has looked."""
    query = sa.select(message_key.c.value).where(
        message_key.c.message_id == message_id, message_key.c.kind == ACCESS
    )
    told: str | None = tx.scalar(query)
    return None if told is None else set(told.split())


def bodies_of(tx: sa.Connection, accession: str, most: int) -> list[tuple[str, bytes]]:
    """(protocol, body) of the newest messages that name an accession."""
    query = (
        sa.select(message.c.protocol, message.c.body)
        .join(message_key, message_key.c.message_id == message.c.id)
        .where(message_key.c.kind == ACCESSION, message_key.c.value == accession)
        .order_by(message.c.id.desc())
        .limit(most)
    )
    return [(row[0], row[1]) for row in tx.execute(query)]


def unindexed(tx: sa.Connection, limit: int) -> list[tuple[int, str, bytes]]:
    """(id, protocol, body) of the oldest messages without keys."""
    return _oldest(tx, limit, NOT_INDEXED)


def indexed(tx: sa.Connection, after: int, limit: int) -> list[tuple[int, str, bytes]]:
    """(id, protocol, body) of messages with keys, by id, from behind `after`."""
    return _oldest(tx, limit, INDEXED, message.c.id > after)


def _oldest(
    tx: sa.Connection, limit: int, *where: sa.ColumnExpressionArgument[bool]
) -> list[tuple[int, str, bytes]]:
    query = sa.select(message.c.id, message.c.protocol, message.c.body).where(*where)
    rows = tx.execute(query.order_by(message.c.id).limit(limit))
    return [(row[0], row[1], row[2]) for row in rows]


def relabel(tx: sa.Connection, ids: Iterable[int], keys: Iterable[tuple[int, str, str]]) -> None:
    """Write (message id, kind, value) of ACCESS and PERSON in the place of what was known."""
    ours = message_key.c.kind.in_((ACCESS, PERSON))
    tx.execute(sa.delete(message_key).where(message_key.c.message_id.in_(padded(ids)), ours))
    _add(tx, keys)


def add_keys(tx: sa.Connection, ids: Iterable[int], keys: Iterable[tuple[int, str, str]]) -> None:
    """Write (message id, kind, value), also where another node has, and count them as indexed."""
    _add(tx, keys)
    tx.execute(sa.update(message).where(message.c.id.in_(padded(ids))).values(indexed=1))


def _add(tx: sa.Connection, keys: Iterable[tuple[int, str, str]]) -> None:
    rows = [{"message_id": id_, "kind": kind, "value": value} for id_, kind, value in keys]
    if rows:
        tx.execute(_ADD_KEY, rows)
