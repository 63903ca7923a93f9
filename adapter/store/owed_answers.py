"""Application acknowledgements that senders of stored messages still wait for (MSH-16)."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.domain.message import InboundMessage, MessageState
from adapter.store.database import Database
from adapter.store.tables import message

_MOST_SENDERS = 1_000
_OWED = sa.text("owed_by <> ''")  # word for word as the index has it, so that it serves
_FIELDS = ("protocol", "peer", "sender", "control_id", "type", "body", "body_sha256", "received_at")


class OwedAnswers:
    """What listeners owe; a message that waits to be applied is not told of yet."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def senders(self, listener: str) -> list[str]:
        """MSH-3|MSH-4 of those who wait for an answer of this listener."""
        query = sa.select(message.c.sender).where(_OWED, message.c.owed_by == listener)
        with self._database.read() as tx:
            return list(tx.execute(query.distinct().limit(_MOST_SENDERS)).scalars())

    def owed(self, listener: str, sender: str | None, limit: int) -> list[InboundMessage]:
        """Messages whose answer is owed to this sender, or to anybody, oldest first."""
        query = sa.select(*(message.c[name] for name in _FIELDS)).where(
            _OWED, message.c.owed_by == listener, message.c.state != MessageState.RECEIVED
        )
        if sender is not None:
            query = query.where(message.c.sender == sender)
        with self._database.read() as tx:
            found = tx.execute(query.order_by(message.c.id).limit(limit)).mappings()
            return [InboundMessage(**row, owed_by=listener) for row in found]

    def given(self, answered: InboundMessage) -> None:
        """Nothing more is owed for this message."""
        with self._database.write() as tx:
            tx.execute(
                sa.update(message)
                .where(
                    message.c.control_id == answered.control_id,
                    message.c.sender == answered.sender,
                    message.c.body_sha256 == answered.body_sha256,
                )
                .values(owed_by="")
            )


def count_by_listener(tx: sa.Connection) -> dict[str, int]:
    """How many answers each listener owes."""
    query = sa.select(message.c.owed_by, sa.func.count()).where(_OWED).group_by(message.c.owed_by)
    return dict(tx.execute(query).tuples().all())
