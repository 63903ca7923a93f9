"""Everything in a FHIR resource that identifies somebody: names, numbers, addresses, contacts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from adapter.privacy.identifiers import Identifiers, Person

_OF_PATIENT = ("Patient", "RelatedPerson", "Person")
_DEEPEST = 40


def read_identity(body: bytes) -> Identifiers:
    """What the resource, and those inside it, tell of people; nothing where it is not JSON."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return Identifiers()
    found = Identifiers()
    for each in _resources(told, 0):
        found = found.and_(_identity(each))
    return found


def _resources(told: object, depth: int) -> Iterator[dict[str, Any]]:
    """Every resource, contained or in entries."""
    if depth > _DEEPEST:
        return
    if isinstance(told, dict):
        if isinstance(told.get("resourceType"), str):
            yield told
        for value in told.values():
            yield from _resources(value, depth + 1)
    elif isinstance(told, list):
        for value in told:
            yield from _resources(value, depth + 1)


def _identity(resource: dict[str, Any]) -> Identifiers:
    people = tuple(_people(resource))
    is_patient = resource["resourceType"] in _OF_PATIENT
    shown = ("display", "requester", "performer", "subject")
    named = tuple(_displayed(resource, shown))
    return Identifiers(
        patients=people if is_patient else (),
        providers=(*(() if is_patient else people), *named),
        numbers=tuple(_texts(resource, "identifier", ("value",))),
        birth_dates=tuple(
            each.replace("-", "") for each in (resource.get("birthDate"),) if isinstance(each, str)
        ),
        texts=(
            *_texts(resource, "address", ("line", "city", "postalCode", "text")),
            *_texts(resource, "telecom", ("value",)),
        ),
    )


def _people(resource: dict[str, Any]) -> Iterator[Person]:
    """HumanName of the resource and of its contacts."""
    names = list(_items(resource, "name"))
    for contact in _items(resource, "contact"):
        names += _items(contact, "name")
    for name in names:
        given = name.get("given")
        firsts = (
            [each for each in given if isinstance(each, str)] if isinstance(given, list) else []
        )
        person = Person(str(name.get("family") or name.get("text") or ""), " ".join(firsts))
        if person.is_named:
            yield person


def _displayed(resource: dict[str, Any], members: tuple[str, ...]) -> Iterator[Person]:
    """People that a reference names in words."""
    for member in members:
        for reference in _items(resource, member):
            display = reference.get("display")
            if isinstance(display, str) and display.strip():
                yield Person(display)


def _items(told: dict[str, Any], member: str) -> Iterator[dict[str, Any]]:
    value = told.get(member)
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            yield each


def _texts(told: dict[str, Any], member: str, inner: tuple[str, ...]) -> Iterator[str]:
    for item in _items(told, member):
        for name in inner:
            value = item.get(name)
            values = value if isinstance(value, list) else [value]
            yield from (each for each in values if isinstance(each, str) and each.strip())
