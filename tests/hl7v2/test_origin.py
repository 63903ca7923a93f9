"""Where an order comes from and how it is to be kept, as its message tells it."""

from __future__ import annotations

import pytest

from adapter.domain.order import OrderOrigin
from adapter.hl7v2.message import Message
from adapter.hl7v2.orders import read_orders
from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_orders import load_order_mapping

HEAD = "MSH|^~\\&|HIS|NORTH|RO|RO|20260301||ORM^O01|1|P|2.8\rPID|1||P1^^^SYN^MR||Roe^Jane\r"
ORDER = "ORC|NW|P1|F1\rOBR|1|P1|F1|XR^Chest^L||||||||||||||A1\r"
MAPPING = load_order_mapping(MappingFiles())


def read(between: str) -> OrderOrigin:
    (event,) = read_orders(Message.parse((HEAD + between + ORDER).encode()), MAPPING)
    return event.order.origin


def test_all_values_of_all_places_count() -> None:
    origin = read(
        "PV1|1|E|W3^101^2^MAIN|||||||MED~CAR||||||V\rARV|1|A|RES^Restricted\rARV|2|A|EMP\r"
    )
    assert origin == OrderOrigin(
        facility=("NORTH", "MAIN"),
        location=("W3", "MAIN"),
        service=("MED", "CAR"),
        confidentiality=("V", "RES", "EMP"),
    )


@pytest.mark.parametrize(
    ("between", "confidentiality"),
    [
        ("", None),  # not told: what is known stays
        ("PV1|1|I\r", None),
        ('PV1|1|I||||||||||||||""\r', ()),  # deleted
        ("ARV|1|D|RES\r", ()),  # lifted
        ("ARV|1|D|RES\rARV|2|A|EMP\r", ("EMP",)),
    ],
)
def test_what_is_not_told_is_not_taken_for_nothing(
    between: str, confidentiality: tuple[str, ...] | None
) -> None:
    assert read(between).confidentiality == confidentiality


def test_what_a_message_tells_goes_over_what_is_known() -> None:
    known = OrderOrigin(("NORTH",), ("W3",), None, ("V",))
    told = OrderOrigin(("SOUTH",), None, ("MED",), ())
    assert told.over(known) == OrderOrigin(("SOUTH",), ("W3",), ("MED",), ())
