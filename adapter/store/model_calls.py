"""Calls of models, and the proof of what left for them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa

from adapter.domain.audit import AuditRow, Outcome, Verb
from adapter.store import audit
from adapter.store.database import row_id
from adapter.store.model_tables import model_call, outgoing_payload
from adapter.store.sight import seen_by

_PROVED = "payload for "
_PROOF = ("at", "name", "model", "destination", "accession", "sha256")
# of a payload, by which a row of the audit trail knows it


class CallState(StrEnum):
    """Where a call of a model stands."""

    WAITING = "waiting"  # it is made, or will be tried again
    DONE = "done"
    FAILED = "failed"  # every try was used up, or the model said no
    STOPPED = "stopped"  # the second look found an identifier: a person must look


class LeftState(StrEnum):
    """What became of a payload."""

    LEAVING = "leaving"  # sent, or about to be: no answer is known
    ANSWERED = "answered"
    FAILED = "failed"
    STOPPED = "stopped"  # it never left


class Call(NamedTuple):
    """A row: a model, a study, and the hash of what it is told."""

    id: int
    name: str
    accession: str
    digest: str
    state: CallState
    tries: int
    reason: str
    outcome: dict[str, Any]
    created_at: str
    ended_at: str


class Left(NamedTuple):
    """A payload by its hash and fields; its content is not kept."""

    id: int
    at: str
    name: str
    model: str
    destination: str
    accession: str
    sha256: str
    size_bytes: int
    fields: tuple[str, ...]
    state: LeftState
    reason: str
    latency_ms: int
    cost: float


class Spent(NamedTuple):
    """Of one model since a moment."""

    calls: int
    cost: float


def begin(tx: sa.Connection, name: str, accession: str, digest: str, at: str) -> Call:
    """The row of this call, made where there is none."""
    here = (
        model_call.c.name == name,
        model_call.c.accession == accession,
        model_call.c.digest == digest,
    )
    row = tx.execute(sa.select(model_call).where(*here).with_for_update()).first()
    if row is None:
        values = {"name": name, "accession": accession, "digest": digest}
        tx.execute(sa.insert(model_call).values(**values, state=CallState.WAITING, created_at=at))
        row = tx.execute(sa.select(model_call).where(*here)).one()
    return _call(row)


def change(tx: sa.Connection, id_: int, **values: Any) -> None:
    """Write `state`, `tries`, `reason`, `outcome` or `ended_at`."""
    if "outcome" in values:
        values["outcome_json"] = json.dumps(values.pop("outcome"), ensure_ascii=False)
    tx.execute(sa.update(model_call).where(model_call.c.id == id_).values(**values))


def away(tx: sa.Connection) -> dict[str, str]:
    """Model -> when the oldest call of it that failed and is tried again was made (ISO 8601)."""
    tried = model_call.c.state == CallState.WAITING, model_call.c.tries > 0
    query = sa.select(model_call.c.name, sa.func.min(model_call.c.created_at)).where(*tried)
    return {row[0]: row[1] for row in tx.execute(query.group_by(model_call.c.name))}


def of_study(tx: sa.Connection, accession: str) -> list[Call]:
    """The calls about a study, oldest first."""
    query = sa.select(model_call).where(model_call.c.accession == accession)
    return [_call(row) for row in tx.execute(query.order_by(model_call.c.id))]


def add_left(
    tx: sa.Connection,
    *,
    at: str,
    name: str,
    model: str,
    destination: str,
    accession: str,
    sha256: str,
    size_bytes: int,
    fields: Sequence[str],
    state: LeftState,
    reason: str = "",
) -> int:
    """Write that a payload is leaving, or was stopped, here and in the audit trail; its row id."""
    facts: dict[str, object] = {"at": at, "name": name, "model": model, "destination": destination}
    facts |= {"sha256": sha256, "size_bytes": size_bytes, "reason": reason}
    listed = {"accession": accession, "fields_json": json.dumps(list(fields)), "state": state}
    done = tx.execute(sa.insert(outgoing_payload).values(**facts, **listed))
    stopped = state is LeftState.STOPPED
    audit.tell(
        tx,
        Verb.SEND,
        accession,
        f"{_PROVED}{model} to {destination}",
        json.dumps(facts | {"stopped": stopped, "fields": list(fields)}),
        outcome=Outcome.SERIOUS_FAILURE if stopped else Outcome.SUCCESS,
    )
    return row_id(done)


def unproved(tx: sa.Connection) -> list[str]:
    """Where the list of payloads and the audit trail differ, in words; none: each proves the other.

    Payloads of releases that told the trail nothing are not asked for.
    """
    columns = [outgoing_payload.c[each] for each in _PROOF]
    is_stopped = outgoing_payload.c.state == LeftState.STOPPED
    query = sa.select(*columns, is_stopped).where(outgoing_payload.c.model != "")
    kept = Counter((*row[:-1], bool(row[-1])) for row in tx.execute(query).tuples())
    told = Counter(map(_proof, audit.of_object(tx, Verb.SEND, _PROVED)))
    rows = [(each, "is listed, and no row of the audit trail tells it") for each in kept - told]
    rows += [(each, "is told by the audit trail, and is not listed so") for each in told - kept]
    return [
        f"{at} {accession} {sha256} for {model} to {destination} {what}"
        for (at, _, model, destination, accession, sha256, _), what in sorted(rows)
    ]


def _proof(row: AuditRow) -> tuple[object, ...]:
    told = json.loads(row.detail) | {"accession": row.accession}
    return (*(told.get(each) for each in _PROOF), told.get("stopped"))


def settle_left(
    tx: sa.Connection, id_: int, state: LeftState, reason: str, latency_ms: int, cost: float
) -> None:
    """Write what became of it."""
    values = {"state": state, "reason": reason, "latency_ms": latency_ms, "cost": cost}
    tx.execute(sa.update(outgoing_payload).where(outgoing_payload.c.id == id_).values(**values))


def spent(tx: sa.Connection, name: str, since: str) -> Spent:
    """What a model was asked, and what that cost, since then (ISO 8601)."""
    table = outgoing_payload.c
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(table.cost), 0.0)).where(
        table.name == name, table.at >= since, table.state != LeftState.STOPPED
    )
    calls, cost = tx.execute(query).one()
    return Spent(calls, float(cost))


def last_tries(tx: sa.Connection, name: str, most: int) -> list[Left]:
    """The newest payloads of a model that left, newest first."""
    table = outgoing_payload.c
    query = sa.select(outgoing_payload).where(
        table.name == name, table.state.in_((LeftState.ANSWERED, LeftState.FAILED))
    )
    return [_left(row) for row in tx.execute(query.order_by(table.id.desc()).limit(most))]


def listed(
    tx: sa.Connection,
    *,
    name: str = "",
    accession: str = "",
    destination: str = "",
    sha256: str = "",
    state: str = "",
    since: str = "",
    before: int | None = None,
    limit: int = 100,
) -> list[Left]:
    """Payloads, newest first; empty: any. `destination`: its address, or a part of it."""
    table = outgoing_payload.c
    query = sa.select(outgoing_payload).where(*seen_by(tx, table.accession))
    query = query.order_by(table.id.desc()).limit(limit)
    wanted = {"name": name, "accession": accession, "sha256": sha256, "state": state}
    for column, value in wanted.items():
        if value:
            query = query.where(table[column] == value)
    if destination:
        query = query.where(table.destination.contains(destination, autoescape=True))
    if since:
        query = query.where(table.at >= since)
    if before is not None:
        query = query.where(table.id < before)
    return [_left(row) for row in tx.execute(query)]


def count_by_state(tx: sa.Connection) -> dict[tuple[str, str], int]:
    """How many payloads of each (call, state) there were."""
    table = outgoing_payload.c
    query = sa.select(table.name, table.state, sa.func.count()).group_by(table.name, table.state)
    return {(name, state): count for name, state, count in tx.execute(query)}


def _call(row: sa.Row[Any]) -> Call:
    values = row._asdict()
    outcome = json.loads(values.pop("outcome_json"))
    return Call(**values | {"state": CallState(values["state"]), "outcome": outcome})


def _left(row: sa.Row[Any]) -> Left:
    values = row._asdict()
    fields = tuple(json.loads(values.pop("fields_json")))
    return Left(**values | {"state": LeftState(values["state"]), "fields": fields})
