"""By what messages are found: of every kind, also where they are refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.message import SearchKeys
from adapter.hl7v2.search_keys import read_keys
from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_orders import load_order_mapping
from adapter.mapping.message_table import MessageMapping, ReportSource, load_message_mapping

ORDERS = load_order_mapping(MappingFiles())
SOURCE = ReportSource(name="x", senders=("OLD|*",), meaning="prior")  # type: ignore[arg-type]
MESSAGES = load_message_mapping(MappingFiles()).model_copy(update={"reports": (SOURCE,)})


def keys(body: bytes, messages: MessageMapping = MESSAGES) -> SearchKeys:
    return read_keys(body, ORDERS, messages)


def message(kind: str, *segments: str, sender: str = "OLD") -> bytes:
    head = f"MSH|^~\\&|{sender}|N|||2026||{kind}|C1|P|2.5.1"
    return "\r".join([head, *segments, ""]).encode()


def test_every_step_of_an_order_and_every_number_of_its_patient(
    sample: Callable[[str], bytes],
) -> None:
    found = keys(sample("omi_o23_two_steps.hl7"))
    assert found.accessions == ("RA-20261122-0044", "RA-20261122-0045")
    assert [each.reveal() for each in found.patient_numbers] == ["MRN10042", "998877"]


def test_the_numbers_of_every_order(sample: Callable[[str], bytes]) -> None:
    assert keys(sample("orm_o01_chest.hl7")).order_numbers == ("P-77001", "F-88001")
    assert keys(message("ORM^O01", "ORC|CA|P1", "ORC|CA||F2")).order_numbers == ("P1", "F2")


@pytest.mark.parametrize(
    ("body", "accession"),
    [
        (message("SIU^S13", "SCH|" + "|" * 26 + "A7"), "A7"),
        (message("MDM^T02", "PID|1||M1", "TXA|1" + "|" * 14 + "A8"), "A8"),
        (message("ORU^R01", "PID|1||M1", "OBR|1||A9"), "A9"),
    ],
)
def test_appointments_and_reports_by_their_own_places(body: bytes, accession: str) -> None:
    assert keys(body).accessions == (accession,)


def test_a_report_of_nobody_that_is_named_has_no_place_of_its_own() -> None:
    body = message("MDM^T02", "PID|1||M1", "TXA|1" + "|" * 14 + "A8", sender="ELSE")
    assert keys(body).accessions == ()
    assert [each.reveal() for each in keys(body).patient_numbers] == ["M1"]


@given(st.binary(max_size=200))
def test_any_bytes_can_be_asked(tail: bytes) -> None:
    keys(tail)
    keys(message("ORM^O01") + tail)
