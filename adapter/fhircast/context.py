"""The context of one topic as a subscriber sees it, and what follows from a change of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from adapter.fhircast.content import Change, Content, read_content
from adapter.fhircast.event import ANCHORS, Event, Json
from adapter.fhircast.sync_error import NotFollowed

Key = tuple[str, str]
"""Type and id of the anchor resource."""


@dataclass(frozen=True, slots=True)
class Context:
    """An anchor that is open: the elements it was opened with, and the content shared since."""

    anchor: str
    id: str
    elements: tuple[Json, ...]
    version: str = ""
    content: Content = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """Type and id of the anchor."""
        return self.anchor, self.id

    @property
    def subject(self) -> Json:
        """The anchor resource as it stands now: as shared, else as opened."""
        shared = self.content.get(f"{self.anchor}/{self.id}")
        wanted = ANCHORS.get(self.anchor)
        opened = (each.get("resource") for each in self.elements if each.get("key") == wanted)
        found = shared or next((each for each in opened if isinstance(each, dict)), {})
        return found or {}


class Follow(NamedTuple):
    """The workspace shall show this context (None: no study is open)."""

    context: Context | None


class Shared(NamedTuple):
    """Others have changed the content of the context."""

    context: Context
    change: Change


class Selected(NamedTuple):
    """These resources (`Type/id`) are in the focus of another application; () clears it."""

    context: Context
    names: tuple[str, ...]


class OutOfStep(NamedTuple):
    """Somebody does not follow the context."""

    about: NotFollowed


class Refused(NamedTuple):
    """The hub does not take our event."""

    event: Event
    reason: str


class Post(NamedTuple):
    """Send this event to the hub, and tell what it answered."""

    event: Event


class Fetch(NamedTuple):
    """Get the current context, and tell what it is together with this number."""

    number: int


Effect = Follow | Shared | Selected | OutOfStep | Refused | Post | Fetch


class Current(NamedTuple):
    """What a hub says of its current context; `known` False: it does not say."""

    known: bool
    context: Context | None


def context_of(event: Event) -> Context:
    """The context that an open event opens."""
    return Context(event.anchor, event.subject_id, event.context, event.version)


def read_current(answer: Any, followed: tuple[str, ...]) -> Current:
    """The answer to Get Current Context (2.9); also the bare array that some hubs send.

    A context of a type that is not followed, or an answer that holds none, says nothing.
    """
    told = {"context": answer} if isinstance(answer, list) else answer
    if not isinstance(told, dict):
        return Current(False, None)
    elements = told.get("context", [])
    if not isinstance(elements, list) or not all(isinstance(each, dict) for each in elements):
        return Current(False, None)
    if not elements:
        return Current(True, None)
    for anchor in (str(told.get("context.type") or ""), *followed):
        found = _context(anchor, elements, str(told.get("context.versionId") or ""))
        if found is not None and anchor in followed:
            return Current(True, found)
    return Current(False, None)


def _context(anchor: str, elements: list[Json], version: str) -> Context | None:
    key = ANCHORS.get(anchor, "")
    by_key: Mapping[str, Json] = {str(each.get("key")): each for each in elements}
    resource = by_key.get(key, {}).get("resource")
    id_ = resource.get("id") if isinstance(resource, dict) else None
    if not isinstance(id_, str) or not id_:
        return None
    bundle = by_key.get("content", {}).get("resource")
    content = read_content(bundle) if isinstance(bundle, dict) else {}
    opened = tuple(each for each in elements if each.get("key") != "content")
    return Context(anchor, id_, opened, version, content)


def stale(moment: datetime, stamp: datetime | None) -> bool:
    """Whether an event is older than the one that set the current context (2.5)."""
    return stamp is not None and moment < stamp
