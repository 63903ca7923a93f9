"""Links to the systems that we ask: since when each is away, and why."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from adapter.store.link_table import link

_MOST_TOLD = 500


class LinkKind(StrEnum):
    """What stands at the other end."""

    ARCHIVE = "archive"
    FHIR_SERVER = "FHIR server"
    IMAGES = "image archive"
    LOGIN = "login issuer"
    TOKENS = "token issuer"
    AUDIO = "audio bucket"


class Link(NamedTuple):
    """One that was tried. `away_since` (ISO 8601) is of the first try in a row that failed."""

    kind: str  # one of LinkKind, or of a newer node beside this one
    name: str
    away_since: str = ""
    problem: str = ""

    @property
    def label(self) -> str:
        """Kind and name, for people."""
        return f"{self.kind} {self.name}".strip()


def tried(tx: sa.Connection, kind: LinkKind, name: str, problem: str, at: str) -> None:
    """Write what a try has shown; no problem: it answered."""
    is_postgresql = tx.dialect.name == "postgresql"
    new: postgresql.Insert | sqlite.Insert = (
        postgresql.insert(link) if is_postgresql else sqlite.insert(link)
    )
    now = {"away_since": at if problem else "", "problem": problem[:_MOST_TOLD]}
    first = sa.case((link.c.away_since == "", at), else_=link.c.away_since)
    kept = {**now, "away_since": first if problem else ""}
    tx.execute(
        new.values(kind=kind, name=name, **now).on_conflict_do_update(
            index_elements=["kind", "name"], set_=kept
        )
    )


def find(tx: sa.Connection, kind: LinkKind, name: str) -> Link | None:
    """As the last try left it; None: it was never tried."""
    row = tx.execute(sa.select(link).where(link.c.kind == kind, link.c.name == name)).first()
    return None if row is None else Link(*row)


def listed(tx: sa.Connection) -> list[Link]:
    """All that were ever tried."""
    rows = tx.execute(sa.select(link).order_by(link.c.kind, link.c.name))
    return [Link(*row) for row in rows]


def forget_others(tx: sa.Connection, kind: LinkKind, names: Collection[str]) -> None:
    """Links of this kind that are no longer set up: nobody tries them again."""
    tx.execute(sa.delete(link).where(link.c.kind == kind, link.c.name.not_in(names)))
