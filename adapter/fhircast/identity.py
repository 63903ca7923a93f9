"""Whose study a context is of: accession, study UID and patient numbers in FHIR resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from adapter.fhir.identifiers import of_type, study_uid, value
from adapter.fhircast.event import ANCHORS, Json, dicts

_KEYS = tuple(ANCHORS.values())


@dataclass(frozen=True, slots=True)
class Identity:
    """What the resources of a context say; empty where they say nothing."""

    accessions: tuple[str, ...] = ()
    study_uids: tuple[str, ...] = ()
    record_numbers: tuple[tuple[str, str], ...] = ()  # (identifier system, MRN)


def identity_of(context: Iterable[Json], accession_systems: Iterable[str] = ()) -> Identity:
    """Accessions stand in `basedOn` (type ACSN, or a bare ServiceRequest), or in `identifier`."""
    resources = [
        each["resource"]
        for each in context
        if each.get("key") in _KEYS and isinstance(each.get("resource"), dict)
    ]
    systems = tuple(accession_systems)
    accessions = (
        number
        for resource in resources
        if resource.get("resourceType") != "Patient"
        for number in _accessions(resource, systems)
    )
    uids = (study_uid(_identifiers(each)) for each in resources) if resources else ()
    numbers = (
        number
        for resource in resources
        if resource.get("resourceType") == "Patient"
        for number in _record_numbers(resource)
    )
    return Identity(
        tuple(dict.fromkeys(accessions)),
        tuple(dict.fromkeys(filter(None, uids))),
        tuple(dict.fromkeys(numbers)),
    )


def _accessions(resource: Json, systems: tuple[str, ...]) -> Iterator[str]:
    """By type or system; else of a ServiceRequest that has one identifier without a type."""
    based = [_dict(each.get("identifier")) for each in dicts(resource.get("basedOn"))]
    found = of_type([*based, *_identifiers(resource)], "ACSN", systems)
    yield from found or [value(each) for each in based if value(each) and not each.get("type")]


def _record_numbers(patient: Json) -> Iterator[tuple[str, str]]:
    """Those of type MR; where none has a type, every one."""
    identifiers = _identifiers(patient)
    medical = set(of_type(identifiers, "MR", ()))
    for each in identifiers:
        if value(each) and (value(each) in medical or not medical):
            yield str(each.get("system") or ""), value(each)


def _identifiers(resource: Json) -> list[Json]:
    return list(dicts(resource.get("identifier")))


def _dict(told: Any) -> Json:
    return told if isinstance(told, dict) else {}
