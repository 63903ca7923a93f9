"""Where a FHIR order comes from and how it is to be kept: meta.security, Encounter (R4, R5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adapter.domain.order import OrderOrigin
from adapter.fhir.elements import Json
from adapter.fhir.people import named_identifiers
from adapter.fhir.references import Resources

_MOST, _LONGEST = 20, 200


def read_origin(resource: Json, resources: Resources) -> OrderOrigin:
    """Of a checked ServiceRequest; codes, identifiers and names, each once; None: not told."""
    encounter = resources.peek(resource.get("encounter") or {})
    patient = resources.peek(resource.get("subject") or {})
    places = [each.get("location") or {} for each in _all(encounter.get("location"))]
    places += _all(resource.get("locationReference"))
    kept = (resource, encounter, patient)
    return OrderOrigin(
        facility=_told(_named(encounter.get("serviceProvider"), resources)),
        location=_told(text for each in places for text in _named(each, resources)),
        service=_told(_coded(encounter.get("serviceType"))),
        confidentiality=_told(
            str(code.get("code") or "")
            for each in kept
            for code in _all((each.get("meta") or {}).get("security"))
        ),
    )


def _named(reference: Any, resources: Resources) -> Iterator[str]:
    """Identifiers and names of what a reference leads to."""
    if not isinstance(reference, dict):
        return
    found = resources.peek(reference)
    for each in [*named_identifiers(reference), *_all(found.get("identifier"))]:
        yield str(each.get("value") or "")
    yield str(reference.get("display") or "")
    yield str(found.get("name") or "")


def _coded(value: Any) -> Iterator[str]:
    """Codes of a Coding, a CodeableConcept, a CodeableReference (R5), or a list of them."""
    for each in (one.get("concept") or one for one in _all(value)):
        for coding in [each, *_all(each.get("coding"))]:
            yield str(coding.get("code") or "")
        yield str(each.get("text") or "")


def _all(value: Any) -> list[Json]:
    each = value if isinstance(value, list) else [value]
    return [one for one in each if isinstance(one, dict)]


def _told(texts: Iterator[str]) -> tuple[str, ...] | None:
    found = dict.fromkeys(text.strip()[:_LONGEST] for text in texts)
    return tuple(each for each in found if each)[:_MOST] or None
