"""Everybody whom a resource names."""

from __future__ import annotations

import json

from adapter.fhir.identity import read_identity
from adapter.privacy.identifiers import Person

ORDER = {
    "resourceType": "ServiceRequest",
    "identifier": [{"value": "A-20-4711"}],
    "requester": {"reference": "#d", "display": "Dr. Ada Lindqvist"},
    "contained": [
        {
            "resourceType": "Patient",
            "identifier": [{"value": "H00123456"}],
            "name": [{"family": "Kowalski", "given": ["Jane", "Ann"]}],
            "birthDate": "1957-03-14",
            "telecom": [{"system": "phone", "value": "617 555 0123"}],
            "address": [
                {"line": ["12 Long Meadow Road"], "city": "Springfield", "postalCode": "62701"}
            ],
            "contact": [{"name": {"family": "Kowalski", "given": ["Peter"]}}],
        },
        {
            "resourceType": "Practitioner",
            "id": "d",
            "name": [{"family": "Lindqvist", "given": ["Ada"]}],
        },
    ],
}


def test_patient_contacts_practitioners_numbers_and_addresses() -> None:
    found = read_identity(json.dumps(ORDER).encode())
    assert found.patients == (Person("Kowalski", "Jane Ann"), Person("Kowalski", "Peter"))
    assert Person("Lindqvist", "Ada") in found.providers
    assert set(found.numbers) == {"A-20-4711", "H00123456"}
    assert found.birth_dates == ("19570314",)
    assert set(found.texts) == {"12 Long Meadow Road", "Springfield", "62701", "617 555 0123"}


def test_what_is_no_resource_tells_nothing() -> None:
    for body in (
        b"",
        b"[[[",
        b'{"resourceType": 1}',
        b"[" * 50_000,
        b'{"resourceType": "Patient", "name": 7}',
    ):
        assert read_identity(body).patients == ()
