"""The page is that of the code, and what it says of messages out and answers is so."""

from __future__ import annotations

import pytest

from adapter.hl7v2.message import Header, Message
from tests.conformance import answers, outgoing
from tests.conformance.page import HEADER, PAGE, page


def test_the_page_is_that_of_the_mappings_and_the_code() -> None:
    assert PAGE.read_text() == page(), "run make conformance"


@pytest.mark.parametrize("family", list(outgoing.FAMILIES))
def test_each_field_said_to_be_written_is_in_a_golden_message_and_no_other(family: str) -> None:
    found = {
        f"{segment}-{number}"
        for segment, fields in outgoing.written(outgoing.golden(family)).items()
        for number in fields
    }
    assert found <= set(outgoing.SOURCES)
    assert len(outgoing.golden(family)) > 3


def test_every_field_whose_source_is_told_is_written_somewhere() -> None:
    found = {place for family in outgoing.FAMILIES for place, *_ in outgoing.rows(family)}
    assert found == set(outgoing.SOURCES)


@pytest.mark.parametrize("family", list(outgoing.FAMILIES))
def test_a_field_said_to_be_always_filled_is_in_each_golden_message(family: str) -> None:
    always = [place for place, _, usage, _ in outgoing.rows(family) if usage == "R"]
    assert len(always) > 20
    for message in outgoing.golden(family):
        for place in always:
            segment, _, number = place.partition("-")
            assert all(each.field(int(number)) for each in message.all(segment)), place


def test_every_refusal_of_the_edge_has_an_error_code_of_its_own() -> None:
    told = {cause: (code, answer) for cause, code, _, answer in answers.errors()}
    assert set(told) >= {code.replace("-", " ") for code in answers.codes_in_use()}
    assert told["event not supported"] == ("201", "AR")
    assert told["required"] == ("101", "AE")


def test_original_mode_unless_one_of_the_two_is_asked_for() -> None:
    table = {asked: codes for asked, *codes in answers.modes()}
    assert table["empty, empty"] == ["AA", "AE", "AR", "none", "none"]
    assert any(asked.startswith("AL, ") and codes[0] == "CA" for asked, codes in table.items())
    assert sum(asked.count(";") + 1 for asked in table) == 25


def test_the_header_fields_said_to_matter_change_the_answer_and_no_other_does() -> None:
    base = answers.answer(Header.parse(header_with({})), None)
    for number in range(3, 30):
        other = answers.answer(Header.parse(header_with({number: "NE^2"})), None)
        said = any(place == f"MSH-{number}" for place, *_ in HEADER)
        assert (other != base) is said, number


def header_with(fields: dict[int, str]) -> bytes:
    """MSH of an order with these fields."""
    held = {3: "EHR", 4: "NORTH", 5: "READOUT", 6: "RAD", 9: "ORM^O01", 10: "C1", 11: "P"}
    held |= {12: "2.5.1"} | fields
    return ("MSH|^~\\&|" + "|".join(held.get(number, "") for number in range(3, 31))).encode()


def test_a_number_that_is_asked_for_is_given() -> None:
    message = Message.parse(answers.number_given().replace("\n", "\r").encode())
    orc = message.all("ORC")[0]
    assert (message.header.type, orc.text(1), orc.text(3)) == ("ORR^O02", "NA", "R2026000001")


def test_examples_are_whole_answers() -> None:
    for version in ("2.3", "2.5.1"):
        text = answers.example(version, "content refused").replace("\n", "\r")
        names = [each.name for each in Message.parse(text.encode()).segments]
        assert names == ["MSH", "MSA", "ERR"]
