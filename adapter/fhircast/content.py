"""Shared content of a context: resources by `Type/id`, changed by transaction Bundles (2.10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from adapter.errors import Rejected
from adapter.fhircast.event import Json, new_id

Content = Mapping[str, Json]
"""`Type/id` -> resource."""

_WRITING = ("PUT", "POST")  # POST is not of the standard; commercial viewers send it


class Change(NamedTuple):
    """What one update does: resources put, and names deleted (`Type/id`, or an id alone)."""

    put: dict[str, Json]
    deleted: tuple[str, ...]

    def __bool__(self) -> bool:
        """Whether it changes anything."""
        return bool(self.put or self.deleted)

    def applied_to(self, content: Content) -> dict[str, Json]:
        """The content afterwards; the one before is left as it is."""
        gone = set(self.deleted)
        kept = {
            name: each
            for name, each in content.items()
            if name not in gone and name.partition("/")[2] not in gone
        }
        return kept | self.put


def read_change(bundle: Json) -> Change:
    """The change that a Bundle under `updates` asks for; raises Rejected, then none of it counts.

    The method of an entry is PUT or DELETE; a resource may stand in it once.
    """
    if bundle.get("resourceType") != "Bundle":
        raise _wrong("updates must hold one Bundle", "required")
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        raise _wrong("entry of the Bundle must be a list")
    put: dict[str, Json] = {}
    deleted: list[str] = []
    for entry in entries:
        method, name, resource = _entry(entry)
        if name in put or name in deleted:
            raise _wrong("a resource stands twice in the Bundle", "duplicate")
        if method in _WRITING:
            put[name] = resource
        else:
            deleted.append(name)
    return Change(put, tuple(deleted))


def change_bundle(change: Change) -> Json:
    """The Bundle under `updates` that makes this change."""
    entries: list[Json] = [
        {"fullUrl": name, "request": {"method": "PUT", "url": name}, "resource": each}
        for name, each in change.put.items()
    ]
    entries += [
        {"fullUrl": name, "request": {"method": "DELETE", "url": name}} for name in change.deleted
    ]
    return {"resourceType": "Bundle", "id": new_id(), "type": "transaction", "entry": entries}


def content_bundle(content: Content, id_: str) -> Json:
    """The Bundle under `content` of the current context: entries without `request` (2.9)."""
    entries = [{"fullUrl": name, "resource": each} for name, each in content.items()]
    return {"resourceType": "Bundle", "id": id_, "type": "collection", "entry": entries}


def read_content(bundle: Json) -> dict[str, Json]:
    """The resources of a Bundle under `content`; what has no type or id is passed over."""
    entries = bundle.get("entry")
    told = (
        each.get("resource")
        for each in (entries if isinstance(entries, list) else [])
        if isinstance(each, dict)
    )
    return dict(_named(told))


def difference(wanted: Content, there: Content) -> Change:
    """The change that turns what is there into what is wanted."""
    put = {name: each for name, each in wanted.items() if there.get(name) != each}
    return Change(put, tuple(name for name in there if name not in wanted))


def name_of(resource: Json) -> str:
    """`Type/id`; "" when the resource lacks one of the two."""
    kind, id_ = resource.get("resourceType"), resource.get("id")
    return f"{kind}/{id_}" if isinstance(kind, str) and isinstance(id_, str) and id_ else ""


def _named(resources: Iterator[Any]) -> Iterator[tuple[str, Json]]:
    for each in resources:
        name = name_of(each) if isinstance(each, dict) else ""
        if name:
            yield name, each


def _entry(entry: Any) -> tuple[str, str, Json]:
    """(method, `Type/id`, resource: {} of a DELETE)."""
    if not isinstance(entry, dict):
        raise _wrong("an entry of the Bundle is no object")
    request = entry.get("request")
    told = request if isinstance(request, dict) else {}
    method = str(told.get("method", "")).upper()
    resource = entry.get("resource")
    if method in _WRITING:
        name = name_of(resource) if isinstance(resource, dict) else ""
        if not name or not isinstance(resource, dict):
            raise _wrong("an entry lacks a resource with resourceType and id", "required")
        return method, name, resource
    if method != "DELETE":
        raise _wrong("the method of an entry must be PUT or DELETE", "not-supported")
    full = str(entry.get("fullUrl") or told.get("url") or "")
    name = "/".join(full.split("/")[-2:])
    if "/" not in name:
        told_id = name.rpartition(":")[2]
        name = (name_of(resource) if isinstance(resource, dict) else "") or told_id
    if not name:
        raise _wrong("an entry to delete names no resource: give fullUrl, Type/id", "required")
    return method, name, {}


def _wrong(why: str, code: str = "structure") -> Rejected:
    return Rejected(why, location="/event/context", code=code)
