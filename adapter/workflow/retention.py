"""Retention by kind: bodies of messages that are done with go after so many days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from adapter.ports import Clock
from adapter.store import retention, studies
from adapter.store.database import Database
from adapter.store.retention import Removed
from adapter.workflow.study_flow import iso


def purge(
    database: Database, clock: Clock, days: Mapping[str, int], *, dry_run: bool
) -> dict[str, Removed]:
    """Kind (`messages`, `deliveries`) -> what was removed, or would be; 0 days: nothing is."""
    now = clock.now()
    done: dict[str, Removed] = {}
    for name, kept in days.items():
        if kept > 0:
            kind, before = retention.KINDS[name], iso(now - timedelta(days=kept))
            if dry_run:
                done[name] = retention.removable(database, kind, before)
            else:
                done[name] = retention.remove(database, kind, before, iso(now))
    if not dry_run and any(each.count for each in done.values()):
        told = ", ".join(f"{each.count} {name}" for name, each in done.items())
        with database.write() as tx:
            studies.note(tx, "", iso(now), "purged", f"bodies removed: {told}")
    return done
