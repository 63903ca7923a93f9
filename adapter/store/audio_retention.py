"""Recordings of reports that are signed go after so many days; the transcript and a proof stay."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.domain.dictation import DictationState
from adapter.domain.study import ReportStatus
from adapter.store.audio_files import AudioFiles
from adapter.store.database import Database
from adapter.store.retention import Removed, measured, prove
from adapter.store.tables import dictation, study

_AT_ONCE = 100
_MARK = "audio removed"


def removable_audio(database: Database, before: str) -> Removed:
    """What `remove_audio` would remove."""
    return measured(database, dictation.c.size_bytes, _JOINED, _old(before))


def remove_audio(database: Database, audio: AudioFiles, before: str, now: str) -> Removed:
    """Remove recordings received before `before` (ISO 8601, UTC), some at a time.

    A file goes while its proof is being written: where the proof fails, the next run writes it.
    """
    count = total = 0
    while True:
        with database.write() as tx:
            found = _oldest(tx, before)
            if not found:
                return Removed(count, total)
            for row in found:
                reason = f"{_MARK} {now}: {row.size_bytes} bytes"
                one = (dictation.c.accession == row.accession, dictation.c.id == row.id)
                tx.execute(sa.update(dictation).where(*one).values(reason=reason))
            gone = {f"{row.accession}/{row.id}": row.audio_sha256 for row in found}
            prove(tx, f"{len(found)} recordings", before, gone)
            for row in found:
                if not _held(tx, row.audio_sha256):
                    audio.remove(row.audio_sha256)
        count, total = count + len(found), total + sum(row.size_bytes for row in found)


_JOINED = dictation.join(study, study.c.accession == dictation.c.accession)


def _oldest(tx: sa.Connection, before: str) -> list[sa.Row[tuple[str, str, str, int]]]:
    columns = (
        dictation.c.accession,
        dictation.c.id,
        dictation.c.audio_sha256,
        dictation.c.size_bytes,
    )
    query = sa.select(*columns).select_from(_JOINED).where(*_old(before))
    ordered = query.order_by(dictation.c.received_at, dictation.c.accession, dictation.c.id)
    return list(tx.execute(ordered.limit(_AT_ONCE).with_for_update(of=dictation)))


def _old(before: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        dictation.c.state == DictationState.TRANSCRIBED,
        dictation.c.received_at < before,
        study.c.report_status.in_(ReportStatus.closed()),
        ~dictation.c.reason.startswith(_MARK),
    )


def _held(tx: sa.Connection, sha256: str) -> bool:
    """Whether another dictation still needs the same recording."""
    query = sa.select(dictation.c.id).where(
        dictation.c.audio_sha256 == sha256, ~dictation.c.reason.startswith(_MARK)
    )
    return tx.execute(query.limit(1)).first() is not None
