"""Texts that a signed report no longer needs go after so many days; the audit trail has the proof.

The report itself, with all that it was made from, is the record: it stays.
"""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from adapter.domain.identifiers import sha256_hex
from adapter.domain.study import ReportStatus
from adapter.store.ai_tables import ai_due
from adapter.store.database import Database
from adapter.store.model_calls import CallState
from adapter.store.model_tables import model_call
from adapter.store.retention import Removed, measured, prove
from adapter.store.tables import ai_result, dictation, study

_AT_ONCE = 100


class Texts(NamedTuple):
    """One column of texts: how a row is named, when it came, when it is done with.

    `empty`: the SQL of what stays; it says nothing, so it is never sealed.
    """

    column: sa.Column[str]
    key: tuple[sa.Column[str], ...]
    at: sa.Column[str]
    done: sa.ColumnElement[bool]
    empty: str


def _signed(accession: sa.Column[str], *more: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    done = study.c.report_status.in_(ReportStatus.closed())
    return sa.exists().where(study.c.accession == accession, done, *more)


def _judged(accession: sa.Column[str]) -> sa.ColumnElement[bool]:
    """The ledger of AI findings owes no row of the study."""
    return ~sa.exists().where(ai_due.c.accession == accession)


TEXTS = {
    "transcripts": Texts(
        dictation.c.transcript_json,
        (dictation.c.accession, dictation.c.id),
        dictation.c.received_at,
        _signed(dictation.c.accession, study.c.signed_at >= dictation.c.received_at),
        "NULL",
    ),
    "ai_findings": Texts(
        ai_result.c.findings_json,
        (ai_result.c.accession, ai_result.c.body_sha256),
        ai_result.c.received_at,
        _signed(ai_result.c.accession) & _judged(ai_result.c.accession),
        "'[]'",
    ),
    "model_answers": Texts(
        model_call.c.outcome_json,
        (model_call.c.name, model_call.c.accession, model_call.c.digest),
        model_call.c.created_at,
        _signed(model_call.c.accession) & (model_call.c.state != CallState.WAITING),
        "'{}'",
    ),
}


def removable_texts(database: Database, kind: Texts, before: str) -> Removed:
    """What `remove_texts` would remove; bytes as they are stored."""
    size = sa.func.length(kind.column)
    return measured(database, size, kind.column.table, _old(kind, before))


def remove_texts(database: Database, kind: Texts, before: str) -> Removed:
    """Remove the texts of rows older than `before` (ISO 8601, UTC), some at a time."""
    count = total = 0
    while True:
        with database.write() as tx:
            found = _oldest(tx, kind, before)
            if not found:
                return Removed(count, total)
            for row in found:
                same = [column == value for column, value in zip(kind.key, row, strict=False)]
                emptied: dict[str, sa.ColumnElement[str]] = {
                    kind.column.name: sa.literal_column(kind.empty)
                }
                tx.execute(sa.update(kind.column.table).where(*same).values(emptied))
            gone = {"/".join(row[:-1]): sha256_hex(row[-1].encode()) for row in found}
            prove(tx, f"{len(found)} texts of {kind.column}", before, gone)
        count, total = count + len(found), total + sum(len(row[-1].encode()) for row in found)


def _oldest(tx: sa.Connection, kind: Texts, before: str) -> list[tuple[str, ...]]:
    query = sa.select(*kind.key, kind.column).where(*_old(kind, before))
    ordered = query.order_by(kind.at, *kind.key).limit(_AT_ONCE)
    return [tuple(row) for row in tx.execute(ordered.with_for_update())]


def _old(kind: Texts, before: str) -> tuple[sa.ColumnElement[bool], ...]:
    filled = kind.column.is_distinct_from(sa.literal_column(kind.empty))
    return kind.at < before, kind.done, filled
