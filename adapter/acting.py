"""In whose name this code runs: what the audit trail writes as the agent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from adapter.domain.access import EVERYTHING, Sight
from adapter.domain.audit import OURSELVES, Agent


@dataclass(slots=True)
class Acting:
    """One act of an agent; `told` counts the audit rows that were written for it.

    `about`: accessions of studies that the answer tells of, where its address does not name them;
    `sight`: which studies the agent may be shown.
    """

    agent: Agent = OURSELVES
    request: str = ""
    told: int = 0
    about: set[str] = field(default_factory=set)
    sight: Sight = EVERYTHING


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


def acting() -> Acting:
    """Who acts here: of a request its caller, of a command the operator, else the service."""
    return _acting.get() or Acting()


@contextmanager
def in_name_of(agent: Agent, request: str = "", sight: Sight = EVERYTHING) -> Iterator[Acting]:
    """Threads and tasks that are started inside act in this name, too."""
    made = Acting(agent, request, sight=sight)
    token = _acting.set(made)
    try:
        yield made
    finally:
        _acting.reset(token)
