"""Steps between the one who prepares a report and the one who signs it, and who has it open."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from adapter.domain.codec import from_json, to_json
from adapter.domain.people import Practitioner
from adapter.domain.review import LOCK_S, ReviewStep, StudyLock
from adapter.store.columns import is_ahead
from adapter.store.tables import review_step, study_lock


def add(tx: sa.Connection, accession: str, step: ReviewStep) -> None:
    """Store a step."""
    tx.execute(sa.insert(review_step).values(accession=accession, step_json=to_json(step)))


def of_study(tx: sa.Connection, accession: str) -> tuple[ReviewStep, ...]:
    """All steps of a study, oldest first."""
    query = sa.select(review_step.c.step_json).where(review_step.c.accession == accession)
    rows = tx.execute(query.order_by(review_step.c.id)).scalars()
    return tuple(from_json(ReviewStep, text) for text in rows)


def lock(tx: sa.Connection, accession: str, new: StudyLock) -> None:
    """The study is open at this person's; the caller holds the study's row."""
    unlock(tx, accession)
    tx.execute(
        sa.insert(study_lock).values(
            accession=accession,
            person_json=to_json(new.person),
            since=new.since,
            until=new.until,
        )
    )


def unlock(tx: sa.Connection, accession: str) -> None:
    """Nobody has the study open."""
    tx.execute(sa.delete(study_lock).where(study_lock.c.accession == accession))


def locked(tx: sa.Connection, now: str) -> list[str]:
    """Accessions that somebody has open at this moment (ISO 8601, UTC)."""
    query = sa.select(study_lock.c.accession).where(is_ahead(study_lock.c.until, now, LOCK_S))
    return list(tx.execute(query.order_by(study_lock.c.accession)).scalars())


def locks(tx: sa.Connection, accessions: Iterable[str], now: str) -> dict[str, StudyLock]:
    """Who has which of these studies open at this moment (ISO 8601, UTC)."""
    query = sa.select(study_lock).where(
        study_lock.c.accession.in_(tuple(accessions)), is_ahead(study_lock.c.until, now, LOCK_S)
    )
    return {
        row["accession"]: StudyLock(
            from_json(Practitioner, row["person_json"]), row["since"], row["until"]
        )
        for row in tx.execute(query).mappings()
    }
