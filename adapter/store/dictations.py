"""Dictations and their transcripts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from adapter.domain.codec import from_json, to_json
from adapter.domain.dictation import Dictation, DictationState
from adapter.domain.identifiers import Accession
from adapter.domain.study import ReportStatus
from adapter.domain.transcript import Transcript
from adapter.errors import NotFound
from adapter.store.tables import dictation, study

_FIELDS = list(Dictation.__slots__)
_COLUMNS = [dictation.c[name] for name in _FIELDS]


def find_audio(tx: sa.Connection, accession: str, sha256: str) -> Dictation | None:
    """The dictation of this study with this very audio, or None."""
    query = sa.select(*_COLUMNS).where(
        dictation.c.accession == accession, dictation.c.audio_sha256 == sha256
    )
    row = tx.execute(query).mappings().first()
    return None if row is None else _dictation(row)


def next_id(tx: sa.Connection, accession: str) -> str:
    """The id of the study's next dictation: d-1, d-2, …"""
    query = sa.select(sa.func.count()).where(dictation.c.accession == accession)
    return f"d-{tx.execute(query).scalar_one() + 1}"


def add(tx: sa.Connection, new: Dictation) -> None:
    """A new row."""
    values = {name: getattr(new, name) for name in _FIELDS}
    tx.execute(sa.insert(dictation).values(number=int(new.id.removeprefix("d-")), **values))


def get(tx: sa.Connection, accession: str, id_: str) -> Dictation:
    """The dictation; raises NotFound."""
    query = sa.select(*_COLUMNS).where(dictation.c.accession == accession, dictation.c.id == id_)
    row = tx.execute(query).mappings().first()
    if row is None:
        raise NotFound(f"study {accession} has no dictation {id_}", code="not-found")
    return _dictation(row)


def of_study(tx: sa.Connection, accession: str) -> list[Dictation]:
    """All dictations of a study in order."""
    query = sa.select(*_COLUMNS).where(dictation.c.accession == accession)
    return [_dictation(row) for row in tx.execute(query.order_by(dictation.c.number)).mappings()]


def settle(
    tx: sa.Connection,
    which: Dictation,
    state: DictationState,
    *,
    transcript: Transcript | None = None,
    reason: str = "",
) -> bool:
    """Write the result once: False when another run has done so already."""
    values: dict[str, Any] = {"state": state, "reason": reason}
    if transcript is not None:
        values["transcript_json"] = to_json(transcript)
    done = tx.execute(
        sa.update(dictation)
        .where(dictation.c.accession == which.accession, dictation.c.id == which.id)
        .where(dictation.c.state == DictationState.RECEIVED)
        .values(**values)
    )
    return bool(done.rowcount)


def transcripts(tx: sa.Connection, accession: str) -> list[Transcript]:
    """The study's transcripts in order of dictation."""
    query = sa.select(dictation.c.transcript_json).where(
        dictation.c.accession == accession, dictation.c.transcript_json.is_not(None)
    )
    rows = tx.execute(query.order_by(dictation.c.number)).scalars()
    return [from_json(Transcript, text) for text in rows]


def untranscribed(tx: sa.Connection) -> list[tuple[str, str]]:
    """(accession, id) of every dictation that is still owed a transcript."""
    query = sa.select(dictation.c.accession, dictation.c.id).where(
        dictation.c.state == DictationState.RECEIVED
    )
    return [(row[0], row[1]) for row in tx.execute(query)]


def _dictation(row: sa.RowMapping) -> Dictation:
    values = {**row, "accession": Accession(row["accession"])}
    return Dictation(**{**values, "state": DictationState(row["state"])})


def unmerged(tx: sa.Connection) -> list[str]:
    """Accessions with a transcript whose report was never sent anywhere."""
    query = (
        sa.select(dictation.c.accession)
        .join(study, study.c.accession == dictation.c.accession)
        .where(dictation.c.state == DictationState.TRANSCRIBED)
        .where(study.c.report_status.in_([ReportStatus.NONE, ReportStatus.DRAFT]))
    )
    return list(tx.execute(query.distinct()).scalars())


def count_by_state(tx: sa.Connection) -> dict[str, int]:
    """How many dictations are in each state."""
    query = sa.select(dictation.c.state, sa.func.count()).group_by(dictation.c.state)
    return {row[0]: row[1] for row in tx.execute(query)}


def oldest_untranscribed(tx: sa.Connection) -> str | None:
    """When the oldest dictation that is still owed a transcript came (ISO 8601), or None."""
    query = sa.select(sa.func.min(dictation.c.received_at)).where(
        dictation.c.state == DictationState.RECEIVED
    )
    return tx.execute(query).scalar()
