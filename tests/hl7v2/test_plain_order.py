"""What the glance lets in, the full check lets in; what is common, the glance knows."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.errors import Rejected
from adapter.hl7v2.message import Header, Message
from adapter.hl7v2.orders import check_orders
from adapter.hl7v2.plain_order import PlainOrder
from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_orders import load_order_mapping
from adapter.mapping.places import Place

SAMPLE = (Path(__file__).parents[1] / "samples/hl7v2/orm_o01_chest.hl7").read_bytes()
MAPPING = load_order_mapping(MappingFiles())
GLANCE = PlainOrder(MAPPING)


def glanced(body: bytes) -> bool:
    try:
        return GLANCE(body, Header.parse(body))
    except Rejected:
        return False


def test_the_common_order_is_known_at_a_glance() -> None:
    assert glanced(SAMPLE)


PIECES = st.sampled_from(
    [b"", b'""', b"^", b"~", b"&", b"|", b"\\", b"\r", b"A1", b"A" * 65, b" ", b"\xff", b"\n"]
)


@settings(max_examples=1500)
@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 30), PIECES), max_size=3))
def test_what_the_glance_lets_in_the_check_lets_in(edits: list[tuple[int, int, bytes]]) -> None:
    body = SAMPLE
    for at, length, piece in edits:
        body = body[:at] + piece + body[at + length :]
    if glanced(body):
        check_orders(Message.parse(body), MAPPING)


@settings(max_examples=300)
@given(st.permutations(SAMPLE.strip(b"\r").split(b"\r")[1:]), st.integers(0, 6))
def test_order_and_absence_of_segments(lines: list[bytes], dropped: int) -> None:
    body = b"\r".join([SAMPLE.split(b"\r")[0], *lines[dropped:]]) + b"\r"
    if glanced(body):
        check_orders(Message.parse(body), MAPPING)


@pytest.mark.parametrize(
    "field", [{"accession": (Place("ZZZ", 1),)}, {"procedure": (Place("OBR", 4, 2),)}]
)
def test_a_mapping_that_looks_elsewhere_is_never_glanced(field: dict[str, object]) -> None:
    glance = PlainOrder(MAPPING.model_copy(update=field))
    assert not glance(SAMPLE, Header.parse(SAMPLE))
