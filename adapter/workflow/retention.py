"""Retention by kind: bodies of messages that are done with go after so many days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from adapter.ports import Clock
from adapter.store import retention, studies
from adapter.store.audio_files import AudioFiles
from adapter.store.audio_retention import removable_audio, remove_audio
from adapter.store.database import Database
from adapter.store.retention import Removed
from adapter.store.text_retention import TEXTS, removable_texts, remove_texts
from adapter.workflow.study_flow import iso

AUDIO = "audio"
KINDS = (*retention.KINDS, AUDIO, *TEXTS)
"""All that goes after so many days."""


def purge(
    database: Database, clock: Clock, days: Mapping[str, int], audio: AudioFiles, *, dry_run: bool
) -> dict[str, Removed]:
    """Kind (of KINDS) -> what was or would be removed; 0 days: nothing.

    What went is in the audit trail by number and hash.
    """
    now = clock.now()
    done: dict[str, Removed] = {}
    for name, kept in days.items():
        if kept > 0:
            before = iso(now - timedelta(days=kept))
            done[name] = _purge(database, name, audio, before, "" if dry_run else iso(now))
    if not dry_run and any(each.count for each in done.values()):
        told = ", ".join(f"{each.count} {name}" for name, each in done.items())
        with database.write() as tx:
            studies.note(tx, "", iso(now), "purged", f"bodies removed: {told}")
    return done


def _purge(database: Database, name: str, audio: AudioFiles, before: str, now: str) -> Removed:
    """`now` empty: nothing is removed."""
    if name == AUDIO:
        if now:
            return remove_audio(database, audio, before, now)
        return removable_audio(database, before)
    if name in TEXTS:
        act = remove_texts if now else removable_texts
        return act(database, TEXTS[name], before)
    kind = retention.KINDS[name]
    if now:
        return retention.remove(database, kind, before, now)
    return retention.removable(database, kind, before)
