"""Which studies the caller may be shown: the conditions that every list of studies, messages and
deliveries holds, and the one question that every place of a single study asks.

`acting().sight` says whose labels they are. What the service does by itself sees everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from adapter.acting import acting
from adapter.domain.codec import from_json
from adapter.domain.order import Order
from adapter.errors import NotFound
from adapter.store.message_keys import ACCESS, ACCESSION, PATIENT, PERSON
from adapter.store.tables import message, message_key, retired_patient, study

Condition = sa.ColumnElement[bool]

_ANY = sa.text("1 = 1")
_LABELLED = sa.text("access <> ''")
_OF_MESSAGES = sa.text(f"kind = '{ACCESS}'")


def seen(tx: sa.Connection) -> list[Condition]:
    """Conditions on rows of studies; none for who may see them all."""
    return [] if acting().sight.labels is None else [_visible(tx)]


def seen_by(tx: sa.Connection, accession: sa.ColumnElement[str]) -> list[Condition]:
    """Conditions on rows that name a study by this column; what names no study is seen."""
    if acting().sight.labels is None:
        return []
    return [~sa.exists().where(study.c.accession == accession, ~_visible(tx))]


def seen_message(tx: sa.Connection) -> list[Condition]:
    """Conditions on messages that came in: none of their studies is hidden.

    What names no study of here is seen by its own labels, and where its patient has no study that
    is hidden. Of those of the last moments, which are not indexed yet, nobody knows.
    """
    if acting().sight.labels is None:
        return []
    hidden = ~_visible(tx)
    named = sa.exists().where(
        _key(message_key, ACCESSION), study.c.accession == message_key.c.value
    )
    by_itself = _labels_seen(tx) & ~_shares_number(hidden) & ~_is_patient_of(hidden)
    return [message.c.indexed == 1, ~named.where(hidden), named | by_itself]


def may_see(tx: sa.Connection, accession: str) -> bool:
    """Whether the caller may be shown this study, or nobody has one of this accession."""
    sight = acting().sight
    if sight.labels is None or accession in sight.opened:
        return True
    return sight.covers(labels_of(tx, accession) or ())


def check(tx: sa.Connection, accession: str) -> None:
    """Raise NotFound, as where there is none, for a study that the caller may not be shown."""
    if not may_see(tx, accession):
        raise no_study(accession)


def no_study(accession: str) -> NotFound:
    """There is none, or none for the caller."""
    return NotFound(f"no study has accession {accession}", code="not-found")


def labels_of(tx: sa.Connection, accession: str) -> tuple[str, ...] | None:
    """The access labels of a study; None: there is none."""
    query = sa.select(study.c.access).where(study.c.accession == accession)
    told: str | None = tx.scalar(query)
    return None if told is None else tuple(told.split())


def labelled(tx: sa.Connection, after: str, limit: int) -> list[tuple[Order, tuple[str, ...]]]:
    """Orders with the labels of their studies, by accession, from behind `after`."""
    query = sa.select(study.c.order_json, study.c.access).where(study.c.accession > after)
    found = tx.execute(query.order_by(study.c.accession).limit(limit))
    return [(from_json(Order, row[0]), tuple(row[1].split())) for row in found]


def relabel(tx: sa.Connection, labels: Mapping[str, Sequence[str]]) -> None:
    """Write the labels of these studies; nothing else of them changes."""
    for accession, told in labels.items():
        row = sa.update(study).where(study.c.accession == accession)
        tx.execute(row.values(access=" ".join(told)))


def values_of(tx: sa.Connection, column: sa.Column[str], where: sa.TextClause = _ANY) -> list[str]:
    """Every value but "" of an indexed column, each found by one step along the index.

    `where`: of the index, word for word, so that it serves.
    """
    found: list[str] = []
    while True:
        last = found[-1] if found else ""
        query = sa.select(sa.func.min(column)).where(column > last, where)
        following: str | None = tx.scalar(query)
        if following is None:
            return found
        found.append(following)


def _key(keys: sa.FromClause, kind: str, of: sa.ColumnElement[int] = message.c.id) -> Condition:
    """A key of this kind of the message `of`, found by the message and never by the kind alone."""
    return sa.and_(keys.c.message_id == of, keys.c.kind.concat("") == kind)


def _labels_seen(tx: sa.Connection) -> Condition:
    """The caller covers the labels that the message has by what it tells itself."""
    known = _covered(values_of(tx, message_key.c.value, _OF_MESSAGES))
    return sa.exists().where(_key(message_key, ACCESS), message_key.c.value.in_(known))


def _shares_number(hidden: Condition) -> Condition:
    """A number of its patient, whoever issued it, stands in a message of a hidden study."""
    own, other, named = (message_key.alias() for _ in range(3))
    of_hidden = sa.exists().where(
        _key(named, ACCESSION, other.c.message_id), study.c.accession == named.c.value, hidden
    )
    # one within the other: so each is found by the one before it
    same = sa.exists().where(other.c.kind == PATIENT, other.c.value == own.c.value, of_hidden)
    return sa.exists().where(_key(own, PATIENT), same)


def _is_patient_of(hidden: Condition) -> Condition:
    """Its patient, under any number that was merged, has a hidden study."""
    own, retired, other = message_key.alias(), retired_patient.alias(), retired_patient.alias()
    person = sa.func.coalesce(retired.c.survivor_key, own.c.value)
    numbers = (
        own.outerjoin(retired, retired.c.patient_key == own.c.value)
        .outerjoin(other, other.c.survivor_key == person)
        .join(study, (study.c.patient_key == person) | (study.c.patient_key == other.c.patient_key))
    )
    return sa.exists().select_from(numbers).where(_key(own, PERSON), hidden)


def _covered(labels: list[str]) -> list[str]:
    """Of labels as they are written together, and none, those that the caller covers."""
    return [each for each in ("", *labels) if acting().sight.covers(each.split())]


def _visible(tx: sa.Connection) -> Condition:
    """Labels are written together in few ways: those that the caller covers are listed."""
    sight = acting().sight
    allowed = study.c.access.in_(_covered(values_of(tx, study.c.access, _LABELLED)))
    return allowed | study.c.accession.in_(sorted(sight.opened)) if sight.opened else allowed
