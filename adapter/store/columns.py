"""What all tables are made of."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def text(name: str, default: str | None = None) -> sa.Column[str]:
    """Text that is always there."""
    return sa.Column(name, sa.Text, nullable=False, server_default=default)


def is_ahead(column: sa.Column[str], now: str, seconds: float) -> sa.ColumnElement[bool]:
    """Whether a moment (ISO 8601, UTC) is to come, within twice the time it was told for.

    One that is further away was told before the clock was set back.
    """
    last = datetime.fromisoformat(now) + timedelta(seconds=2 * seconds)
    return sa.and_(column > now, column <= last.isoformat(timespec="milliseconds"))


def row_id() -> sa.Column[int]:
    """A number that the database gives."""
    return sa.Column("id", ID, primary_key=True, autoincrement=True)
