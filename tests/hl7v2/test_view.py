"""What people read of a message: names, places, decoded values; nothing breaks or grows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import Malformed
from adapter.hl7v2.view import LONGEST, MOST_PARTS, MessageText, Part, read_view
from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_names import load_hl7_names

NAMES = load_hl7_names(MappingFiles())
HEAD = b"MSH|^~\\&|EHR|NORTH|||2026||ORM^O01|C1|P|2.5.1||||||8859/1\r"


def view(tail: bytes) -> MessageText:
    return read_view(HEAD + tail, NAMES, "utf-8")


def parts(tail: bytes, place: str) -> list[tuple[str, str, str]]:
    (segment,) = [each for each in view(tail).segments if each.id == place.split("-")[0]]
    (field,) = [each for each in segment.fields if each.place == place]
    return [(each.place, each.name, each.text) for each in field.parts]


def test_segments_and_fields_have_their_names_and_offsets(sample: Callable[[str], bytes]) -> None:
    body = sample("orm_o01_chest.hl7")
    shown = read_view(body, NAMES, "utf-8")
    named = {each.id: each.name for each in shown.segments}
    assert named["PV1"] == "Patient visit"
    assert named["ZDS"] == "Study instance UID (IHE)"
    assert all(body[each.start : each.end].startswith(each.id.encode()) for each in shown.segments)
    pid = shown.segments[1]
    assert {each.place: each.name for each in pid.fields}["PID-5"] == "Patient Name"
    assert (shown.charset, shown.charset_problem, shown.complete) == ("utf-8", "", True)


def test_components_repetitions_and_subcomponents_are_placed(
    sample: Callable[[str], bytes],
) -> None:
    pid = read_view(sample("orm_o01_chest.hl7"), NAMES, "utf-8").segments[1]
    numbers = next(each for each in pid.fields if each.place == "PID-3")
    assert numbers.parts[0] == Part("PID-3(1).1", "ID Number", "MRN10042")
    assert numbers.parts[2] == Part("PID-3(1).4.2", "Assigning Authority", "1.2.276.0.76")
    assert numbers.parts[-1] == Part("PID-3(2).5", "Identifier Type Code", "SS")


def test_values_are_decoded_and_raw_text_is_kept() -> None:
    tail = "OBX|1|FT|||a \\T\\ b\\.br\\Müller \\X41\\\r".encode("latin-1")
    assert parts(tail, "OBX-5") == [("OBX-5", "", "a & b\nMüller A")]
    (field,) = [each for each in view(tail).segments[1].fields if each.place == "OBX-5"]
    assert field.raw == "a \\T\\ b\\.br\\Müller \\X41\\"
    assert parts(b'PID|1||""\r', "PID-3") == [("PID-3", "ID Number", '""')]


def test_the_delimiters_stand_as_they_are() -> None:
    msh = view(b"").segments[0]
    assert [each.raw for each in msh.fields[:2]] == ["|", "^~\\&"]
    assert [each.parts[0].text for each in msh.fields[:2]] == ["|", "^~\\&"]


def test_unknown_segments_and_fields_are_shown_without_a_name() -> None:
    assert parts(b"ZZZ|x\r", "ZZZ-1") == [("ZZZ-1", "", "x")]
    assert parts(b"PID" + b"|" * 300 + b"x\r", "PID-300") == [("PID-300", "", "x")]


@pytest.mark.parametrize(
    "tail",
    [
        b"ZZZ|" + b"a^" * 90_000,
        b"ZZZ" + b"|a" * 90_000,
        b"ZZZ|a\r" * 90_000,
        b"ZZZ|" + b"a&" * 90_000,
    ],
    ids=["components", "fields", "segments", "subcomponents"],
)
def test_a_message_of_very_many_values_is_cut(tail: bytes) -> None:
    shown = view(tail)
    assert not shown.complete
    total = sum(len(field.parts) for segment in shown.segments for field in segment.fields)
    assert total == MOST_PARTS


def test_a_long_value_is_cut_and_says_so() -> None:
    ((_, _, text),) = parts(b"OBX|1|ED|||" + b"x" * (LONGEST + 7) + b"\r", "OBX-5")
    assert text == "x" * LONGEST + " … (7 more characters)"


def test_bytes_that_are_no_message_are_refused() -> None:
    with pytest.raises(Malformed):
        read_view(b"\x00\xff", NAMES, "utf-8")


@given(st.binary(max_size=300))
def test_any_bytes_behind_a_header_can_be_read(tail: bytes) -> None:
    try:
        shown = view(tail)
    except Malformed:  # block characters
        return
    assert shown.segments[0].id == "MSH"
