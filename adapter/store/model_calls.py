"""Calls of models, and the proof of what left for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa

from adapter.store.database import row_id
from adapter.store.model_tables import model_call, outgoing_payload


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


def of_study(tx: sa.Connection, accession: str) -> list[Call]:
    """The calls about a study, oldest first."""
    query = sa.select(model_call).where(model_call.c.accession == accession)
    return [_call(row) for row in tx.execute(query.order_by(model_call.c.id))]


def add_left(
    tx: sa.Connection,
    *,
    at: str,
    name: str,
    destination: str,
    accession: str,
    sha256: str,
    size_bytes: int,
    fields: Sequence[str],
    state: LeftState,
    reason: str = "",
) -> int:
    """Write that a payload is leaving, or was stopped; returns its row id."""
    done = tx.execute(
        sa.insert(outgoing_payload).values(
            at=at,
            name=name,
            destination=destination,
            accession=accession,
            sha256=sha256,
            size_bytes=size_bytes,
            fields_json=json.dumps(list(fields)),
            state=state,
            reason=reason,
        )
    )
    return row_id(done)


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
    sha256: str = "",
    state: str = "",
    since: str = "",
    before: int | None = None,
    limit: int = 100,
) -> list[Left]:
    """Payloads, newest first; empty: any."""
    table = outgoing_payload.c
    query = sa.select(outgoing_payload).order_by(table.id.desc()).limit(limit)
    wanted = {"name": name, "accession": accession, "sha256": sha256, "state": state}
    for column, value in wanted.items():
        if value:
            query = query.where(table[column] == value)
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
