from __future__ import annotations

from collections.abc import Callable

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import Malformed
from adapter.hl7v2.message import Header, Message, messages_in

MSH = b"MSH|^~\\&|EHR|NORTH|||20261122||ORM^O01|C1|P|2.5.1"


def body(*segments: bytes, end: bytes = b"\r") -> bytes:
    return end.join(segments) + end


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_any_line_end_gives_the_same_segments(end: bytes) -> None:
    data = body(MSH, b"PID|1||M1", b"ZZZ|own", end=end)
    message = Message.parse(data)
    assert bytes(message) == data
    assert [segment.name for segment in message.segments] == ["MSH", "PID", "ZZZ"]
    assert [data[each.start : each.end] for each in message.segments] == [
        MSH,
        b"PID|1||M1",
        b"ZZZ|own",
    ]


def test_a_line_feed_within_a_field_stays_data_where_cr_ends_segments() -> None:
    message = Message.parse(body(MSH, b"NTE|1||one\ntwo", b"PID|1||M1"))
    assert message.segments[1].text(3) == "one\ntwo"
    assert message.segments[2].text(3) == "M1"


def test_blank_lines_byte_order_mark_and_a_cut_last_segment_do_no_harm() -> None:
    data = b"\xef\xbb\xbf\r\n" + MSH + b"\r\n\r\nPID|1||M1\r\nOB"
    message = Message.parse(data)
    assert [segment.name for segment in message.segments] == ["MSH", "PID", "OB"]
    assert bytes(message) == data
    last = message.segments[-1]
    assert data[last.start : last.end] == b"OB"


def test_msh_counts_its_separator_as_field_one() -> None:
    header = Header.parse(body(MSH))
    assert header.segment.field(1) == "|"
    assert header.segment.field(2) == "^~\\&"
    assert (header.sender, header.type, header.control_id) == ("EHR|NORTH", "ORM^O01", "C1")
    assert header.version == "2.5.1"


def test_repetitions_components_subcomponents_and_null() -> None:
    message = Message.parse(body(MSH, b'PID|1||M1^^^A&1.2&ISO^MR~M2^^^B||D\\T\\E^Ann|""|'))
    pid = message.segments[1]
    assert [pid.part(each, 1) for each in pid.repetitions(3)] == ["M1", "M2"]
    assert (pid.text(3, 4), pid.text(3, 4, 2), pid.text(3, 4, 9)) == ("A", "1.2", "")
    assert (pid.text(5), pid.text(5, 2), pid.text(5, 3)) == ("D&E", "Ann", "")
    assert (pid.text(6), pid.field(6), pid.text(40)) == ("", '""', "")


@pytest.mark.parametrize(
    ("signs", "name"),
    [
        ("|^~\\&", "D^E"),
        ("|^~\\&#", "D^E"),
        ("#!*/%", "D!E"),
        ("|^~", "D^E"),
        ("|^", "D^E"),
        ("|^~\\", "D^E"),
    ],
)
def test_any_delimiters_short_or_long(signs: str, name: str) -> None:
    field = signs[0]
    text = f"MSH{signs}{field}EHR\rPID{field}1{field}{field}{field}{field}{name}\r"
    message = Message.parse(text.encode())
    assert message.header.segment.field(3) == "EHR"
    assert (message.segments[1].text(5), message.segments[1].text(5, 2)) == ("D", "E")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HELLO",
        b"PID|1",
        b"MSH",
        b"MSH|",
        b"MSHA^~\\&|X",
        b"MSH||^|X",
        b"MSH|^^~&|X",
        b"MSH|^~\\&|\x00|X",
        b"MSH \x01",
        b"MSH|^~\\&|" + b"x" * 600,
        b"MSH|^~\\&|A|B|C|D|||ACK|" + b"1" * 300,
        b"MSH\xa7^~\\&\xa7A",
    ],
)
def test_what_has_no_readable_msh_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        Message.parse(data)


def test_block_characters_within_a_message_are_malformed() -> None:
    with pytest.raises(Malformed) as caught:
        Message.parse(body(MSH, b"PID|1", b"NTE|1", b"NTE|2\x0bMSH|^~\\&|"))
    assert caught.value.location == "NTE^2"


@pytest.mark.parametrize("number", [3, 4, 5, 6, 9, 10, 11, 12, 15, 16, 18])
def test_what_is_stored_or_comes_back_in_the_answer_is_bounded(number: int) -> None:
    fields = ["MSH", "^~\\&", *[""] * 16]
    fields[number - 1] = "x" * 250
    assert Header.parse("|".join(fields).encode()).segment.field(number) == "x" * 250
    fields[number - 1] += "~"
    with pytest.raises(Malformed) as caught:
        Header.parse("|".join(fields).encode())
    assert caught.value.location == f"MSH^1^{number}"


@pytest.mark.parametrize(
    ("named", "codec"),
    [
        ("8859/1", "iso8859-1"),
        ("UNICODE UTF-8", "utf-8"),
        ("unicode  utf-8", "utf-8"),
        ("8859/15", "iso8859-15"),
        ("ISO IR87", "iso2022_jp"),
        ("~ISO IR87", "iso2022_jp"),
        ("8859/1~UNICODE UTF-8", "utf-8"),
        ("ISO_IR 100", "iso8859-1"),
        ("ISO 2022 IR 100", "iso8859-1"),
        ("ISO8859/15", "iso8859-15"),
        ("8859/10", "iso8859-10"),
        ("ISO IR192", "utf-8"),
        ("GB 18030-2000", "gb18030"),
        ("BIG-5", "big5"),
        ("ISO-8859-1", "iso8859-1"),
    ],
)
def test_the_named_character_set_reads_the_names(named: str, codec: str) -> None:
    name = {"iso2022_jp": "山田", "gb18030": "王", "big5": "許"}.get(codec, "Åsa")
    data = body(MSH + f"||||||{named}".encode(), f"PID|1||||{name}^X".encode(codec))
    message = Message.parse(data)
    assert (message.charset, message.charset_problem) == (codec, "")
    assert message.segments[1].text(5) == name
    assert message.segments[1].text(5, 2) == "X"


@pytest.mark.parametrize(
    ("named", "data", "used", "problem"),
    [
        ("", "Åsa".encode(), "utf-8", "is empty"),
        ("", "Åsa".encode("latin-1"), "iso8859-1", "is empty"),
        ("UNICODE UTF-8", "Åsa".encode("latin-1"), "iso8859-1", "does not fit"),
        ("ASCII", "Åsa".encode(), "utf-8", "does not fit"),
        ("KLINGON", "Åsa".encode(), "utf-8", "is unknown"),
        ("", b"Asa", "ascii", ""),
        ("KLINGON", b"Asa", "ascii", ""),
    ],
)
def test_an_empty_or_wrong_character_set_falls_back_and_is_flagged(
    named: str, data: bytes, used: str, problem: str
) -> None:
    message = Message.parse(body(MSH + f"||||||{named}".encode(), b"PID|1||||" + data))
    assert message.charset == used
    assert problem in message.charset_problem
    assert bool(problem) == bool(message.charset_problem)
    assert message.segments[1].text(5) in ("Åsa", "Asa")


@pytest.mark.parametrize("version", ["2.1", "2.2", "2.3", "2.7.1", "2.9", "v2.3", ""])
def test_versions_do_not_matter_to_the_reader(version: str) -> None:
    data = body(MSH[: MSH.rindex(b"|") + 1] + version.encode(), b"ZDS|1.2.3")
    assert Message.parse(data).segments[1].text(1) == "1.2.3"


def test_of_several_sets_the_one_that_reads_the_message_counts() -> None:
    data = body(MSH + b"||||||8859/1~ISO IR87", "PID|1||||Åsa".encode("latin-1"))
    message = Message.parse(data)
    assert (message.charset, message.charset_problem) == ("iso8859-1", "")
    assert message.segments[1].text(5) == "Åsa"


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_a_whole_file_of_batches_comes_apart_whatever_ends_its_lines(end: bytes) -> None:
    one, two = MSH, MSH.replace(b"C1", b"C2")
    lines = [b"FHS|^~\\&|X", b"BHS|^~\\&|X", one, b"PID|1", b"BTS|1", b"BHS|^~\\&|X", two]
    batch = end.join([*lines, b"PID|2", b"BTS|1", b"FTS|2", b""])
    parts = messages_in(batch)
    assert [Header.parse(part).control_id for part in parts] == ["C1", "C2"]
    assert [[each.name for each in Message.parse(part).segments] for part in parts] == [
        ["MSH", "PID"],
        ["MSH", "PID"],
    ]


FIELD = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x0b\x1c"), max_size=12)


@given(st.lists(st.lists(FIELD, min_size=1, max_size=6), max_size=8))
def test_every_byte_of_any_message_is_kept_and_every_field_found(rows: list[list[str]]) -> None:
    lines = ["|".join(["ZZZ", *row]) for row in rows]
    data = body(MSH, *(line.encode() for line in lines))
    message = Message.parse(data)
    assert bytes(message) == data
    assert [each.raw[1:] for each in message.segments[1:]] == [
        line.split("|")[1:] for line in lines
    ]


@given(st.binary(max_size=200))
def test_any_bytes_after_a_header_are_read_without_error(tail: bytes) -> None:
    data = MSH + b"\r" + tail.translate(None, b"\x0b\x1c")
    message = Message.parse(data)
    assert bytes(message) == data
    for each in message.segments[1:]:
        assert data[each.start : each.end].strip()
        each.text(1, 2, 2)


@pytest.mark.parametrize("name", ["orm_o01_chest", "omg_o19_ct_head", "omi_o23_two_steps"])
def test_python_hl7_reads_the_same_fields(sample: Callable[[str], bytes], name: str) -> None:
    data = sample(f"{name}.hl7")
    theirs = hl7.parse(data.decode())
    ours = Message.parse(data)
    assert len(theirs) == len(ours.segments)
    for their, our in zip(theirs, ours.segments, strict=True):
        assert [str(field) for field in their][1:] == our.raw[1:]


def test_a_single_message_is_one_part() -> None:
    data = body(MSH, b"NTE|1||MSH is mentioned here")
    assert messages_in(data) == [data]


def test_several_messages_of_one_frame_come_apart_byte_for_byte() -> None:
    first, second = body(MSH, b"PID|1"), body(MSH.replace(b"C1", b"C2"), b"PID|2")
    assert messages_in(first + second) == [first, second]


def test_a_batch_loses_its_envelope_only() -> None:
    first, second = body(MSH, b"PID|1"), body(MSH.replace(b"C1", b"C2"), b"PID|2")
    batch = b"FHS|^~\\&|X\rBHS|^~\\&|X\r" + first + second + b"BTS|2\rFTS|1\r"
    parts = messages_in(batch)
    assert [Header.parse(part).control_id for part in parts] == ["C1", "C2"]
    assert [[each.name for each in Message.parse(part).segments] for part in parts] == [
        ["MSH", "PID"],
        ["MSH", "PID"],
    ]


def test_an_empty_batch_is_kept_as_it_is() -> None:
    batch = b"BHS|^~\\&|X\rBTS|0\r"
    assert messages_in(batch) == [batch]
