"""What left for models, and what was stopped: by hash and fields, never by content."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from adapter.store import model_calls as store
from adapter.store.message_log import LARGEST_ID
from adapter.store.model_calls import Call, Left
from adapter.web.answers import Shown
from adapter.web.bodies import Asked
from adapter.web.requests import House, InPath
from adapter.workflow.study_flow import iso

router = APIRouter(prefix="/api", tags=["models"])


class OutgoingQuery(Asked):
    """What is looked for; what is left out may be anything."""

    call: str = Field("", pattern=r"^[a-z0-9_-]{0,40}$")
    """Name of the call in its mapping file."""
    accession: str = Field("", max_length=64)
    """Accession number."""
    destination: str = Field("", max_length=500)
    """Address it went to, or a part of it such as the host."""
    sha256: str = Field("", pattern=r"^([0-9a-f]{64})?$")
    """Hash of a payload, to prove whether it left."""
    state: str = Field("", pattern=r"^(leaving|answered|failed|stopped)?$")
    """leaving, answered, failed or stopped."""
    since: AwareDatetime | None = None
    """Not earlier than this, ISO 8601 with offset."""
    before: int | None = Field(None, ge=1, le=LARGEST_ID)
    """Where the page begins: `next` of the page before."""
    limit: int = Field(50, ge=1, le=500)
    """Longest page."""


class OutgoingView(Shown):
    """One payload."""

    id: int
    at: str
    call: str
    model: str
    """The model that is asked there, with its version."""
    destination: str
    """Where it went, without the query of the address."""
    accession: str
    sha256: str
    """Of the body, whether it left or was stopped."""
    size_bytes: int
    fields: list[str]
    """JSON paths of what it held, without values."""
    state: str
    """leaving (no answer is known), answered, failed, or stopped: it never left."""
    reason: str
    latency_ms: int
    cost: float


class OutgoingList(Shown):
    """A page of payloads, newest first."""

    payloads: list[OutgoingView]
    next: int | None
    """`before` of the next page; null on the last one."""


class ModelCallView(Shown):
    """One call of a model about a study."""

    call: str
    state: str
    """waiting, done, failed, or stopped: a person must look."""
    tries: int
    reason: str
    outcome: dict[str, object]
    """Probabilities, sentences with their sources, what was refused and how often."""
    created_at: str
    ended_at: str


class ModelCallList(Shown):
    """The calls about a study, oldest first."""

    calls: list[ModelCallView]


@router.get("/outgoing")
def outgoing(parts: House, query: Annotated[OutgoingQuery, Query()]) -> OutgoingList:
    """Payloads that left for models, or were stopped, newest first; their content is not kept."""
    with parts.house.database.read() as tx:
        found = store.listed(
            tx,
            name=query.call,
            accession=query.accession,
            destination=query.destination,
            sha256=query.sha256,
            state=query.state,
            since=iso(query.since) if query.since else "",
            before=query.before,
            limit=query.limit,
        )
    more = found[-1].id if len(found) == query.limit else None
    return OutgoingList(payloads=[_payload(each) for each in found], next=more)


@router.get("/studies/{accession}/model-calls")
def calls_of(accession: InPath, parts: House) -> ModelCallList:
    """What models were asked about a study and what came of it."""
    with parts.house.database.read() as tx:
        found = store.of_study(tx, accession)
    return ModelCallList(calls=[_call(each) for each in found])


def _payload(left: Left) -> OutgoingView:
    values = left._asdict() | {"fields": list(left.fields), "state": left.state.value}
    return OutgoingView(call=values.pop("name"), **values)


def _call(call: Call) -> ModelCallView:
    return ModelCallView(
        call=call.name,
        state=call.state.value,
        tries=call.tries,
        reason=call.reason,
        outcome=call.outcome,
        created_at=call.created_at,
        ended_at=call.ended_at,
    )
