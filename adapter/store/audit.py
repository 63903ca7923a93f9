"""The audit trail: rows are told within the transaction of the change, and chained at its end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import sqlalchemy as sa

from adapter.acting import acting
from adapter.clock import SystemClock
from adapter.domain.audit import FIRST, Agent, AuditEvent, AuditRow, Head, Outcome, Verb, chained
from adapter.ports import Clock
from adapter.store.tables import audit, study

TOLD = "readout_audit"
_LOCK = 7_001_002  # of PostgreSQL, with the name of the chain
_LONGEST_DETAIL = 20_000
_LONGEST = 400
_AT_ONCE = 1_000
_COLUMNS = [audit.c[name] for name in AuditRow._fields]


class Sealer(Protocol):
    """Holds keys that no administrator of the database has."""

    def seal(self, text: str) -> str:
        """A proof that the holder of the key wrote this."""

    def pseudonym(self, text: str) -> str:
        """The same text for the same patient; without the key nobody can find out whose."""


def tell(
    tx: sa.Connection,
    verb: Verb,
    accession: str = "",
    object_: str = "",
    detail: str = "",
    *,
    person: str = "",
    outcome: Outcome = Outcome.SUCCESS,
) -> None:
    """Record what the acting agent does, together with the change that `tx` of `write()` makes.

    `person`: in whose name a program acts. No patient data in `object_` and `detail`.
    """
    now = acting()
    named = "" if person == now.agent.id else person
    tell_event(
        tx,
        AuditEvent(verb, accession, object_, detail, outcome, named, now.agent, now.request),
    )
    now.told += 1


def tell_event(tx: sa.Connection, event: AuditEvent) -> None:
    """Record an event as it stands."""
    waiting: list[AuditEvent] = tx.info[TOLD]
    waiting.append(event)


@dataclass
class Trail:
    """One chain of rows. A node writes one chain, so nodes never wait for each other.

    The rows of a transaction are appended just before it commits, under a lock of the chain: no
    other lock is taken after it, so it can be part of no deadlock.
    """

    chain: str = "node-1"
    sealer: Sealer | None = None
    clock: Clock = field(default_factory=SystemClock)
    moved: Callable[[], None] = lambda: None
    """Called after each commit that made the chain longer."""

    def append(self, tx: sa.Connection, told: Sequence[AuditEvent]) -> None:
        """Write the rows; the chain is locked until the transaction ends."""
        if tx.dialect.name == "postgresql":
            name = sa.func.hashtext(self.chain)
            tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK, name)))
        last = head(tx, self.chain)
        number, previous = (last.number, last.hash) if last else (0, FIRST)
        at = self.clock.now().isoformat(timespec="milliseconds")
        patients = _patient_keys(tx, {each.accession for each in told if each.accession})
        rows = []
        for event in told:
            number += 1
            key = patients.get(event.accession, "")
            patient = self.sealer.pseudonym(key) if key and self.sealer else ""
            fields = (self.chain, number, at, *_facts(event, patient), previous)
            previous = chained(fields)
            seal = self.sealer.seal(previous) if self.sealer else ""
            values = (*fields, previous, seal)
            rows.append(dict(zip(AuditRow._fields, values, strict=True)))
        tx.execute(sa.insert(audit), rows)


def head(tx: sa.Connection, chain: str) -> Head | None:
    """The last row of a chain."""
    query = sa.select(audit.c.chain, audit.c.number, audit.c.hash).where(audit.c.chain == chain)
    row = tx.execute(query.order_by(audit.c.number.desc()).limit(1)).first()
    return None if row is None else Head(*row)


def heads(tx: sa.Connection) -> list[Head]:
    """The last row of every chain."""
    names = tx.execute(sa.select(audit.c.chain).distinct().order_by(audit.c.chain)).scalars().all()
    return [found for name in names if (found := head(tx, name)) is not None]


def hash_at(tx: sa.Connection, chain: str, number: int) -> str | None:
    """The hash of one row; None: there is no such row."""
    query = sa.select(audit.c.hash).where(audit.c.chain == chain, audit.c.number == number)
    return tx.execute(query).scalar()


def every(tx: sa.Connection, since: str = "", until: str = "") -> Iterator[AuditRow]:
    """All rows, chain by chain in their order; times as ISO 8601, UTC, empty: no bound."""
    query = sa.select(*_COLUMNS).order_by(audit.c.chain, audit.c.number)
    query = query.where(*_between(since, until)).execution_options(yield_per=_AT_ONCE)
    for row in tx.execute(query):
        yield AuditRow(*row)


def following(tx: sa.Connection, chain: str, after: int, limit: int) -> list[AuditRow]:
    """The next rows of a chain."""
    query = sa.select(*_COLUMNS).where(audit.c.chain == chain, audit.c.number > after)
    return [AuditRow(*row) for row in tx.execute(query.order_by(audit.c.number).limit(limit))]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an auditor looks for; empty: anything.

    `about`: pseudonyms and accessions of a patient, of which a row holds one.
    """

    agent: str = ""
    verb: str = ""
    accession: str = ""
    since: str = ""
    until: str = ""
    failed: bool = False
    about: tuple[Collection[str], Collection[str]] | None = None


def listed(tx: sa.Connection, wanted: Wanted, limit: int, offset: int = 0) -> list[AuditRow]:
    """Rows, newest first."""
    conditions = [
        column == value
        for column, value in (
            (audit.c.verb, wanted.verb),
            (audit.c.accession, wanted.accession),
        )
        if value
    ]
    if wanted.agent:
        conditions.append(sa.or_(audit.c.agent == wanted.agent, audit.c.person == wanted.agent))
    if wanted.about is not None:
        conditions.append(_about(*wanted.about))
    if wanted.failed:
        conditions.append(audit.c.outcome != Outcome.SUCCESS)
    newest = (audit.c.at.desc(), audit.c.chain, audit.c.number.desc())
    query = sa.select(*_COLUMNS).where(*conditions, *_between(wanted.since, wanted.until))
    return [
        AuditRow(*row) for row in tx.execute(query.order_by(*newest).limit(limit).offset(offset))
    ]


def of_patient(
    tx: sa.Connection, pseudonyms: Iterable[str], accessions: Iterable[str], verbs: Iterable[Verb]
) -> list[AuditRow]:
    """Rows of these verbs about a patient, by pseudonym or study, oldest first."""
    query = sa.select(*_COLUMNS).where(
        _about(pseudonyms, accessions), audit.c.verb.in_(tuple(verbs))
    )
    ordered = query.order_by(audit.c.at, audit.c.chain, audit.c.number)
    return [AuditRow(*row) for row in tx.execute(ordered)]


def of_object(tx: sa.Connection, verb: Verb, beginning: str) -> Iterator[AuditRow]:
    """Rows of a verb whose object begins so."""
    here = (audit.c.verb == verb, audit.c.object.startswith(beginning, autoescape=True))
    query = sa.select(*_COLUMNS).where(*here).execution_options(yield_per=_AT_ONCE)
    for row in tx.execute(query):
        yield AuditRow(*row)


def _about(pseudonyms: Iterable[str], accessions: Iterable[str]) -> sa.ColumnElement[bool]:
    return audit.c.patient.in_(tuple(pseudonyms)) | audit.c.accession.in_(tuple(accessions))


def _between(since: str, until: str) -> list[sa.ColumnElement[bool]]:
    from_, to = [audit.c.at >= since] if since else [], [audit.c.at < until] if until else []
    return [*from_, *to]


def _facts(event: AuditEvent, patient: str) -> tuple[str, ...]:
    who: Agent = event.agent
    short = (who.kind, who.id, who.name, who.role, who.address, event.person, event.accession)
    return (
        event.verb.value,
        event.outcome.value,
        *(_clean(each, _LONGEST) for each in short),
        patient,
        _clean(event.object, _LONGEST),
        _clean(event.detail, _LONGEST_DETAIL),
        _clean(event.request, _LONGEST),
    )


def _clean(text: str, longest: int) -> str:
    """What every database keeps as it is."""
    return str(text).encode("utf-8", "replace").decode().replace("\x00", "�")[:longest]


def _patient_keys(tx: sa.Connection, accessions: set[str]) -> dict[str, str]:
    if not accessions:
        return {}
    query: sa.Select[Any] = sa.select(study.c.accession, study.c.patient_key)
    query = query.where(study.c.accession.in_(sorted(accessions)))
    return {row[0]: row[1] for row in tx.execute(query)}
