"""Orders named by numbers alone, and what a change leaves, changes and deletes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapter.domain.order import OrderEvent, OrderStatus
from adapter.errors import Rejected
from adapter.hl7v2.message import Message
from adapter.hl7v2.orders import read_orders
from adapter.mapping.hl7_orders import OrderMapping
from tests.hl7v2.orm import MSH, ORC, PID, obr

Read = Callable[..., tuple[OrderEvent, ...]]


@pytest.fixture
def read(mapping: OrderMapping) -> Read:
    def orders(*segments: str) -> tuple[OrderEvent, ...]:
        return read_orders(
            Message.parse("\r".join([MSH.format("ORM^O01"), *segments, ""]).encode()), mapping
        )

    return orders


def refused(read: Read, *segments: str) -> Rejected:
    with pytest.raises(Rejected) as caught:
        read(*segments)
    return caught.value


@pytest.mark.parametrize(
    ("control", "status"),
    [
        ("CA", OrderStatus.CANCELLED),
        ("DC", OrderStatus.DISCONTINUED),
        ("HD", OrderStatus.HELD),
        ("RL", OrderStatus.SCHEDULED),
    ],
)
def test_an_order_ends_or_waits_by_its_numbers_alone(
    read: Read, control: str, status: OrderStatus
) -> None:
    (bare,) = read(PID, f"ORC|{control}|P1|F1")
    assert (bare.status, bare.is_whole) == (status, False)
    order = bare.order
    assert (order.accession, order.placer_number, order.filler_number) == ("F1", "P1", "F1")
    (by_placer,) = read(PID, f"ORC|{control}|P1", "OBR|1|P1")
    assert (by_placer.order.accession, by_placer.order.placer_number) == ("", "P1")


def test_a_bare_orc_tells_the_state_and_begins_nothing(read: Read) -> None:
    (event,) = read(PID, "ORC|SC|P1|||CM")
    assert (event.status, event.is_whole) == (OrderStatus.COMPLETED, False)
    error = refused(read, PID, "ORC|NW|P1")
    assert (error.location, error.code) == ("OBR^1", "required")
    assert refused(read, PID, "ORC|CA").location == "OBR^1"


def test_bare_orcs_stand_beside_whole_orders(read: Read) -> None:
    rows = ["ORC|CA|P1", "ORC|CA|P2", "ORC|NW|P3|||SC", "TQ1|1||||||20261124", obr()]
    first, second, third = read(PID, *rows)
    assert [each.order.placer_number for each in (first, second, third)] == ["P1", "P2", "P3"]
    assert (third.order.linked, third.order.scheduled_at) == ((), "20261124000000")


def test_what_a_change_does_not_tell_and_what_it_deletes(read: Read) -> None:
    (event,) = read(PID, "ORC|SC|P1|||CM", obr(f24='""', f31="R05^Cough"))
    assert event.untold == {
        "filler_number", "study_uid", "priority", "side", "requester", "scheduled_at",
        "patient_class", "linked",
    }  # fmt: skip
    assert event.order.modality == ""
    (event,) = read('PID|1||M1^^^NORTH^MR||Doe^""||""|""', "ORC|SC|P1|||CM", obr())
    assert event.cleared == {"given", "birth_date", "sex"}
    assert read(PID, ORC, obr())[0].untold == {"linked"}  # a new order tells all there is


def test_several_obrs_keep_their_links_when_one_of_them_changes(read: Read) -> None:
    first, second = read(PID, "ORC|XO|P1|||SC", obr(), "ORC|XO|P2|||SC", obr(f18="A2"))
    assert (first.order.linked, second.order.linked) == (("A2",), ("A1",))
    (alone,) = read(PID, "ORC|XO|P1|||SC", obr())
    assert "linked" in alone.untold
