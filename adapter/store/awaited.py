"""Messages that wait for the order of a study: by its accession, else by its DICOM study UID."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from adapter.domain.message import MessageState
from adapter.domain.order import OrderStatus
from adapter.store.intake_tables import awaited_study
from adapter.store.padding import padded
from adapter.store.tables import message, study

ACCESSION, STUDY_UID = "accession", "study_uid"


class Name(NamedTuple):
    """By what a study is known once its order comes."""

    kind: str
    value: str


def wait(tx: sa.Connection, message_id: int, names: Iterable[Name]) -> None:
    """Write for what a message waits, in the place of what was written before."""
    tx.execute(sa.delete(awaited_study).where(awaited_study.c.message_id == message_id))
    rows = [{"message_id": message_id, **name._asdict()} for name in dict.fromkeys(names)]
    if rows:
        tx.execute(sa.insert(awaited_study), rows)


def any_waits(tx: sa.Connection) -> bool:
    """Whether any message waits for a study."""
    return tx.execute(sa.select(awaited_study.c.message_id).limit(1)).first() is not None


def release(tx: sa.Connection, accession: str, study_uid: str) -> int:
    """Let what waits for this study be applied; returns how many messages do."""
    named = (awaited_study.c.kind == ACCESSION) & (awaited_study.c.value == accession)
    if study_uid:
        named |= (awaited_study.c.kind == STUDY_UID) & (awaited_study.c.value == study_uid)
    return _release(tx, sa.select(awaited_study.c.message_id).where(named))


def release_known(tx: sa.Connection) -> int:
    """The same for every study that is here: where its order came at the same moment."""
    here = study.c.order_status != OrderStatus.TEMPORARY
    known = {ACCESSION: study.c.accession, STUDY_UID: study.c.study_uid}
    parts = [
        sa.select(awaited_study.c.message_id)
        .join(study, sa.and_(awaited_study.c.value == column, here))
        .where(awaited_study.c.kind == kind)
        for kind, column in known.items()
    ]
    return _release(tx, sa.union(*parts))


def _release(
    tx: sa.Connection, query: sa.Select[tuple[int]] | sa.CompoundSelect[tuple[int]]
) -> int:
    ids = padded(tx.execute(query).scalars())
    if not ids:
        return 0
    tx.execute(sa.delete(awaited_study).where(awaited_study.c.message_id.in_(ids)))
    waiting = sa.update(message).where(
        message.c.id.in_(ids), message.c.state == MessageState.WAITING
    )
    return tx.execute(waiting.values(state=MessageState.RECEIVED, reason="")).rowcount
