"""Numbers that we gave to orders of placers."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from adapter.store.database import row_id
from adapter.store.tables import order_number


def find(tx: sa.Connection, sender: str, placer_number: str) -> str | None:
    """The number that this order has; None while it has none."""
    query = sa.select(order_number.c.number).where(
        order_number.c.sender == sender, order_number.c.placer_number == placer_number
    )
    return tx.execute(query).scalar()


def assign(
    tx: sa.Connection, sender: str, placer_number: str, write: Callable[[int], str], at: str
) -> str:
    """A new number, made from a count that never comes twice."""
    values = {"sender": sender, "placer_number": placer_number, "number": "", "assigned_at": at}
    row = row_id(tx.execute(sa.insert(order_number).values(**values)))
    number = write(row)
    tx.execute(sa.update(order_number).where(order_number.c.id == row).values(number=number))
    return number
