from __future__ import annotations

import ast
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message, parse_segments
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import Malformed, ReadoutError, Rejected, TooLarge, TryAgain, Unsupported
from adapter.hl7v2.ack import Acknowledger, read_acknowledgement
from adapter.hl7v2.message import Header, Message

ROOM = Path(__file__).resolve().parents[2] / "adapter" / "hl7v2"
AT = datetime(2026, 11, 22, 10, 15, 30, tzinfo=UTC)
MISSING = Rejected("no accession | number", location="OBR^1^18", code="required")


def header(version: str = "2.5.1", modes: str = "|", signs: str = "|^~\\&") -> Header:
    text = (
        f"MSH|^~\\&|EHR|NORTH|READOUT|RAD|20261122||ORM^O01^ORM_O01|C\\T\\1|T|{version}|||{modes}"
    )
    field, component = signs[0], signs[1]
    text = text.replace("^~\\&", "@").replace("|", field).replace("^", component)
    return Header.parse(text.replace("@", signs[1:]).encode())


def answer(to: Header | None, refusal: ReadoutError | None = None) -> str:
    body = Acknowledger().answer(to, refusal, "R1", AT)
    assert body is not None
    return body.decode("latin-1")


def test_accepted_byte_for_byte() -> None:
    assert answer(header()) == (
        "MSH|^~\\&|READOUT|RAD|EHR|NORTH|20261122101530+0000||ACK^O01^ACK|R1|T|2.5.1\r"
        "MSA|AA|C\\T\\1\r"
    )


def test_refused_content_byte_for_byte() -> None:
    assert answer(header(), MISSING) == (
        "MSH|^~\\&|READOUT|RAD|EHR|NORTH|20261122101530+0000||ACK^O01^ACK|R1|T|2.5.1\r"
        "MSA|AE|C\\T\\1|no accession \\F\\ number\r"
        "ERR||OBR^1^18|101^Required field missing^HL70357|E||||no accession \\F\\ number\r"
    )


def test_before_2_5_the_location_and_code_stand_in_err_1() -> None:
    text = answer(header("2.3"), MISSING)
    assert text.endswith("ERR|OBR^1^18^101&Required field missing\r")
    assert "||ACK|R1|" in text
    assert "ACK^O01^ACK" in answer(header("2.3.1"))


@pytest.mark.parametrize(
    ("refusal", "code", "number"),
    [
        (Malformed("unreadable"), "AR", "102"),
        (Unsupported("not taken", code="not-supported"), "AR", "200"),
        (Unsupported("not taken", code="event-not-supported"), "AR", "201"),
        (TooLarge("too large"), "AR", "207"),
        (TryAgain("not stored"), "AE", "207"),
        (Rejected("bad", code="code-invalid"), "AE", "103"),
        (ReadoutError("refused"), "AE", "207"),
    ],
)
def test_content_is_ae_and_what_cannot_be_read_or_taken_is_ar(
    refusal: ReadoutError, code: str, number: str
) -> None:
    text = answer(header(), refusal)
    assert f"MSA|{code}|" in text
    assert f"|{number}^" in text


@pytest.mark.parametrize(
    ("modes", "accepted", "refused"),
    [
        ("|", "AA", "AE"),
        ("AL|AL", "CA", "CE"),
        ("AL|NE", "CA", "CE"),
        ("AL|", "CA", "CE"),
        ("ER|", None, "CE"),
        ("SU|", "CA", None),
        ("NE|NE", None, None),
        ("NE|AL", "AA", "AE"),
        ("|AL", "AA", "AE"),
        ("NE|ER", None, "AE"),
    ],
)
def test_the_mode_that_msh_15_and_16_ask_for(
    modes: str, accepted: str | None, refused: str | None
) -> None:
    for refusal, code in ((None, accepted), (MISSING, refused)):
        body = Acknowledger().answer(header(modes=modes), refusal, "R1", AT)
        assert (body is None) == (code is None)
        assert body is None or read_acknowledgement(body).code == code


@pytest.mark.parametrize(
    ("kind", "given"), [("ACK", False), ("ACK^O01", False), ("ACKX^O01", True)]
)
def test_an_acknowledgement_alone_is_never_answered(kind: str, given: bool) -> None:
    head = Header.parse(f"MSH|^~\\&|EHR|N|||||{kind}|C1|P|2.5.1\r".encode())
    assert (Acknowledger().answer(head, None, "R1", datetime.now(UTC)) is not None) == given


def test_an_unreadable_header_gets_a_valid_answer() -> None:
    text = answer(None, Malformed("no MSH", location="MSH", code="structure"))
    assert "MSA|AR|UNKNOWN|no MSH\r" in text
    parse_message(text, VALIDATION_LEVEL.STRICT).validate()


@pytest.mark.parametrize("refusal", [None, MISSING, Unsupported("no", location="MSH^1^9")])
@pytest.mark.parametrize("version", ["2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8"])
def test_hl7apy_finds_our_answers_valid(version: str, refusal: ReadoutError | None) -> None:
    parse_message(answer(header(version), refusal), VALIDATION_LEVEL.STRICT).validate()


@pytest.mark.parametrize("refusal", [None, MISSING, Unsupported("no", location="MSH^1^9")])
@pytest.mark.parametrize("version", ["2.2", "2.3"])
def test_hl7apy_finds_old_answers_valid(version: str, refusal: ReadoutError | None) -> None:
    text = answer(header(version), refusal)  # a bare ACK they read by its segments alone
    for segment in parse_segments(text, version, validation_level=VALIDATION_LEVEL.STRICT):
        segment.validate()


def test_the_sender_s_delimiters_are_used() -> None:
    text = answer(header(signs="#!*/%"), MISSING)
    message = Message.parse(text.encode())
    msa = message.first("MSA")
    assert msa is not None
    assert msa.text(3) == "no accession | number"


def test_what_is_written_is_read_back() -> None:
    ack = read_acknowledgement(answer(header(), MISSING).encode())
    assert (ack.code, ack.control_id) == ("AE", "C&1")
    assert ack.text == "no accession | number; OBR^1^18"


def test_an_answer_without_msa_is_malformed() -> None:
    with pytest.raises(Malformed):
        read_acknowledgement(b"MSH|^~\\&|A\rERR|x\r")


@given(st.text(max_size=60))
def test_no_reason_can_add_a_segment(reason: str) -> None:
    body = Acknowledger().answer(header(), Rejected(reason, location=reason), "R1", AT)
    assert body is not None
    assert body.count(b"\r") == 3
    assert not {0x0A, 0x0B, 0x1C} & set(body)


_ECHOED = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="|\x7f"))


@given(st.lists(_ECHOED, min_size=16, max_size=16), st.booleans())
def test_no_field_of_a_header_can_add_a_segment(fields: list[str], refused: bool) -> None:
    msh = ["MSH", "^~\\&", *fields]
    msh[8], msh[11], msh[14], msh[15] = "ORM^O01", "2.5.1", "", ""
    with suppress(Malformed):
        asked = Header.parse("|".join(msh).encode("latin-1"))
        body = Acknowledger().answer(asked, MISSING if refused else None, "R1", AT)
        assert body is not None
        names = ["MSH", "MSA", "ERR"] if refused else ["MSH", "MSA"]
        read = parse_segments(body.decode("latin-1"), version="2.5.1")
        assert [each.name for each in read] == names
        assert len(body) < 4_000


def test_every_refusal_at_the_door_names_its_place() -> None:
    files = [path for path in ROOM.glob("*.py") if path.stem not in ("ack", "connection", "link")]
    raised = [
        (path.stem, call)
        for path in files
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Raise) and isinstance(call := node.exc, ast.Call)
        if ast.unparse(call.func) in ("Rejected", "Malformed", "Unsupported")
    ]
    assert len(raised) > 10
    assert [
        (name, ast.unparse(call))
        for name, call in raised
        if not any(each.arg == "location" for each in call.keywords)
    ] == []
