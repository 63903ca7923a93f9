"""Where the references of an order lead: into the order, or to resources that came beside it.

Readers follow the few references that they know by name, never all of them, so that circles and
chains among resources cannot hold them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count
from typing import Any

from adapter.errors import Rejected
from adapter.fhir.elements import Json, present
from adapter.fhir.identifiers import Token, identifier_search

_LOCAL = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}")


class Beside:
    """Resources that came in one body, by the addresses that references may use for them."""

    def __init__(self, entries: Iterable[tuple[str, Json]] = ()) -> None:
        self._by_address: dict[str, Json] = {}
        self._all: list[tuple[str, Json]] = []
        self.used: list[tuple[str, Json]] = []
        """(address, resource) of what references led to, each once."""
        for address, resource in entries:
            self.add(address, resource)

    def add(self, address: str, resource: Json) -> None:
        """One more resource; raises Rejected when its address is taken."""
        if address and self._by_address.setdefault(address, resource) is not resource:
            raise Rejected("two resources have one fullUrl", code="duplicate")
        self._all.append((address, resource))

    def find(self, told: str) -> Json | None:
        """The resource of a reference, None where it did not come; raises Rejected on a choice."""
        found = self._candidates(told)
        if len(found) > 1:
            raise Rejected("the reference leads to several resources", code="multiple-matches")
        for each in found:
            if each not in self.used:
                self.used.append(each)
        return found[0][1] if found else None

    def _candidates(self, told: str) -> list[tuple[str, Json]]:
        kind, conditional, query = told.partition("?")
        if conditional:
            tokens = identifier_search(query)
            return [
                each
                for each in self._all
                if each[1].get("resourceType") == kind and has_identifier(each[1], tokens)
            ]
        address = without_version(told)
        if address in self._by_address:
            return [(address, self._by_address[address])]
        if not _LOCAL.fullmatch(address):
            return []
        return [each for each in self._all if local_name(each[1]) == address]


class Resources:
    """What the references of one order lead to: what it contains, then what came beside it."""

    def __init__(self, resource: Json, beside: Beside | None = None) -> None:
        self._path = f"{resource['resourceType']}.contained"
        self._beside = beside or Beside()
        self._by_id: dict[str, Json] = {}
        for each in resource.get("contained") or []:
            if self._by_id.setdefault(each.get("id") or "", each) is not each:
                raise Rejected("two contained resources have one id", location=self._path)

    def resolve(self, reference: Json, path: str, *kinds: str) -> Json:
        """The resource; {} where it is elsewhere; raises Rejected where it must be here."""
        told = reference.get("reference") or ""
        found = self._find(told, f"{path}.reference")
        if found and found["resourceType"] not in kinds:
            location = f"{path}.reference"
            raise Rejected(f"{location} must refer to {' or '.join(kinds)}", location=location)
        return found

    def peek(self, reference: Json) -> Json:
        """The resource of any type; {} where it is not here."""
        try:
            return self._find(reference.get("reference") or "", "")
        except Rejected:
            return {}

    def _find(self, told: str, location: str) -> Json:
        if told.startswith("#"):
            found = self._by_id.get(told[1:]) if told[1:] else None
            where = "contained"
        else:
            try:
                found, where = self._beside.find(told), "in the Bundle"
            except Rejected as error:
                raise Rejected(str(error), location=location, code=error.code) from None
        if found is None and told.startswith(("#", "urn:")):
            raise Rejected(f"{location} is not {where}", location=location, code="not-found")
        return found or {}


def local_name(resource: Json) -> str:
    """`Patient/1`; "" of a resource without an id."""
    return f"{resource['resourceType']}/{resource['id']}" if resource.get("id") else ""


def without_version(reference: str) -> str:
    """The reference to the current version of what it names."""
    return reference.partition("/_history/")[0]


def has_identifier(resource: Json, tokens: Iterable[Token]) -> bool:
    """Whether any of the resource's identifiers is one of these."""
    identifiers = resource.get("identifier") or []
    identifiers = identifiers if isinstance(identifiers, list) else [identifiers]
    return any(token.matches(each) for token in tokens for each in identifiers)


def self_contained(resource: Json, beside: list[tuple[str, Json]]) -> Json:
    """The resource with what its references led to contained in it, and none left to the Bundle."""
    taken = {each.get("id") for each in resource.get("contained") or []}
    names = (f"r{number}" for number in count(1) if f"r{number}" not in taken)
    ids = {id(each): next(names) for _, each in beside}
    places = {local_name(each): f"#{ids[id(each)]}" for _, each in beside if local_name(each)}
    places |= {address: f"#{ids[id(each)]}" for address, each in beside if address}
    inside = [{**_led(each, places), "id": ids[id(each)]} for _, each in beside]
    contained = [*(resource.get("contained") or []), *inside]
    return {**_led(resource, places), **present(contained=contained)}


def _led(value: Any, places: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_led(each, places) for each in value]
    if not isinstance(value, dict):
        return value
    moved = {name: _led(each, places) for name, each in value.items()}
    told = value.get("reference")
    place = places.get(without_version(told)) if isinstance(told, str) else None
    return moved | {"reference": place} if place else moved
