"""Everybody whom a message names."""

from __future__ import annotations

from adapter.hl7v2.identity import read_identity
from adapter.privacy.identifiers import Person

MESSAGE = "\r".join(
    (
        r"MSH|^~\&|RIS|NORTH|READOUT|X|202603010930||ORM^O01|1|P|2.5",
        "PID|1||H00123456^^^NORTH~998877^^^SOUTH||Kowalski^Jane^Ann^^Mrs~Nowak^Jane||19570314|F"
        "|Janka^Kowalska||12 Long Meadow Road^^Springfield^IL^62701||(617)555-0123"
        "|||||ACC778|123-45-6789",
        "NK1|1|Kowalski^Peter^^|SPO|9 Oak Lane^^Shelbyville|6175550999",
        "PV1|1|I|W1||||D77^Lindqvist^Ada~D78^Osei^Kwame||||||||||||V5551",
        "ORC|NW|P123^RIS|F456||||||||||D77^Lindqvist^Ada",
        "OBR|1|P123|F456|XRCH2^Chest||||||||||||D77^Lindqvist^Ada^B|||A-20-4711",
    )
).encode()


def test_patient_relatives_clinicians_numbers_and_addresses() -> None:
    found = read_identity(MESSAGE)
    assert Person("Kowalski", "Jane Ann") in found.patients
    assert Person("Nowak", "Jane") in found.patients
    assert Person("Kowalski", "Peter") in found.patients
    assert Person("Janka", "Kowalska") in found.patients
    assert {each.family for each in found.providers} == {"Lindqvist", "Osei"}
    wanted = {
        "H00123456",
        "998877",
        "ACC778",
        "123-45-6789",
        "P123",
        "F456",
        "V5551",
        "A-20-4711",
        "D77",
    }
    assert wanted <= set(found.numbers)
    assert found.birth_dates == ("19570314",)
    places = {
        "12 Long Meadow Road",
        "Springfield",
        "62701",
        "(617)555-0123",
        "9 Oak Lane",
        "6175550999",
    }
    assert places <= set(found.texts)


def test_nothing_of_it_is_printed() -> None:
    assert "Kowalski" not in repr(read_identity(MESSAGE))


def test_what_is_no_message_tells_nothing() -> None:
    assert read_identity(b"no message").patients == ()
