"""What each person has chosen for the workspace, by name."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.store.tables import preference


def get(tx: sa.Connection, person: str, name: str) -> str:
    """The value; empty where nothing was chosen."""
    query = sa.select(preference.c.value)
    found = tx.scalar(query.where(preference.c.person == person, preference.c.name == name))
    return found or ""


def put(tx: sa.Connection, person: str, name: str, value: str) -> None:
    """Keep a value in place of the one before."""
    where = (preference.c.person == person, preference.c.name == name)
    tx.execute(sa.delete(preference).where(*where))
    if value:
        tx.execute(sa.insert(preference).values(person=person, name=name, value=value))
