"""AI draft findings as posted, and what people decided about a report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sqlalchemy as sa

from adapter.domain.codec import from_json, to_json
from adapter.domain.decision import Decision
from adapter.domain.finding import AiFinding
from adapter.domain.identifiers import sha256_hex
from adapter.store import ai_sources
from adapter.store.database import row_id
from adapter.store.tables import ai_result, decision


def add_batch(
    tx: sa.Connection,
    accession: str,
    findings: tuple[AiFinding, ...],
    at: str,
    refused: str = "",
) -> int | None:
    """Store one posted batch; returns its row id, or None when the very same batch is there.

    `refused`: why it is kept and never used; sent again it may be taken after all.
    """
    text = "[" + ",".join(to_json(each) for each in findings) + "]"
    sha256 = sha256_hex(text.encode())
    same = (ai_result.c.accession == accession, ai_result.c.body_sha256 == sha256)
    known = tx.execute(sa.select(ai_result.c.id, ai_result.c.refused).where(*same)).first()
    if known is not None and (refused or not known.refused):
        return None
    if not refused:
        ai_sources.note_models(tx, accession, {(each.model, each.version) for each in findings}, at)
    if known is not None:
        tx.execute(sa.update(ai_result).where(*same).values(refused="", received_at=at))
        return int(known.id)
    values = {"findings_json": text, "body_sha256": sha256, "received_at": at, "refused": refused}
    return row_id(tx.execute(sa.insert(ai_result).values(accession=accession, **values)))


def of_study(tx: sa.Connection, accession: str) -> tuple[AiFinding, ...]:
    """All AI findings of a study, whoever may see them; of one id and model the latest counts.

    Ids are unique in the result: where two models use one id, the later model's is `model/id`.
    """
    return tuple(each for each, _ in _told(tx, accession))


def are_there(tx: sa.Connection, accession: str) -> bool:
    """Whether any model told something about the study, shown or not."""
    query = sa.select(ai_result.c.id).where(ai_result.c.accession == accession)
    return tx.execute(query.limit(1)).first() is not None


def arrivals(tx: sa.Connection, accession: str) -> dict[str, str]:
    """Id of a finding of the study -> when it came first (ISO 8601)."""
    return {each.id: at for each, at in _told(tx, accession)}


def _told(tx: sa.Connection, accession: str) -> Iterator[tuple[AiFinding, str]]:
    """Findings under ids that are unique in the study, each with its first arrival."""
    query = sa.select(ai_result.c.findings_json, ai_result.c.received_at)
    mine = (ai_result.c.accession == accession, ai_result.c.refused == "")
    stored = query.where(*mine).order_by(ai_result.c.id)
    newest: dict[tuple[str, str], AiFinding] = {}
    first: dict[tuple[str, str], str] = {}
    for text, at in tx.execute(stored):
        for each in from_json(tuple[AiFinding, ...], text):
            newest[(each.model, each.id)] = each
            first.setdefault((each.model, each.id), at)
    owner: dict[str, str] = {}
    for each in newest.values():
        own = owner.setdefault(each.id, each.model) == each.model
        yield each if own else _qualified(each), first[each.model, each.id]


def recent_studies(tx: sa.Connection, since: str, most: int) -> list[str]:
    """Accessions with findings received since then (ISO 8601), the newest first."""
    newest = sa.func.max(ai_result.c.id)
    query = sa.select(ai_result.c.accession).where(ai_result.c.received_at >= since)
    grouped = query.group_by(ai_result.c.accession).order_by(newest.desc()).limit(most)
    return list(tx.execute(grouped).scalars())


def _qualified(finding: AiFinding) -> AiFinding:
    return replace(finding, id=f"{finding.model}/{finding.id}")


def add_decision(tx: sa.Connection, accession: str, made: Decision) -> int:
    """Store a decision; returns its row id."""
    done = tx.execute(sa.insert(decision).values(accession=accession, decision_json=to_json(made)))
    return row_id(done)


def decisions(tx: sa.Connection, accession: str) -> tuple[Decision, ...]:
    """What was decided about the study's report, oldest first."""
    query = sa.select(decision.c.decision_json).where(decision.c.accession == accession)
    rows = tx.execute(query.order_by(decision.c.id)).scalars()
    return tuple(from_json(Decision, text) for text in rows)
