from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import hl7
import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain.delivery import REPORT_KINDS, DeliveryKind, ReportMessage
from adapter.domain.people import Practitioner
from adapter.domain.report import Section
from adapter.hl7v2.message import Message
from adapter.hl7v2.results import build_report_message
from adapter.mapping.mllp_profile import Layout, MllpProfile, ObservationCode, StatusByKind

RESIDENT = Practitioner("77", "Young", "Rae")
GOLDEN = Path(__file__).parent.parent / "samples" / "hl7v2"
MakeReport = Callable[..., ReportMessage]
MakeSection = Callable[..., Section]

OLD_RECEIVER = MllpProfile(
    port=1,
    version="2.3",
    receiving_application="RIS",
    receiving_facility="NORTH",
    layout=Layout.LINES,
    charset="8859/1",
    ascii_folding=True,
    replacements={"|": "/"},
    timezone="Europe/Berlin",
    titles=False,
    default_code=ObservationCode(code="59776-5", text="Findings", suffix="D"),
    section_codes={
        "impression": ObservationCode(code="19005-8", text="Impression", suffix="I"),
        "addendum": ObservationCode(code="59776-5", text="Addendum", suffix="R"),
    },
    report_status=StatusByKind(addendum="A"),
    addendum="only",
    accession_in_filler=True,
    interpreter="xcn",
)
PROFILES = {
    "lines": MllpProfile(port=1),
    "formatted_text": MllpProfile(port=1, layout=Layout.FORMATTED_TEXT, version="2.4"),
    "sections": MllpProfile(port=1, layout=Layout.SECTIONS, interpreter="none"),
    "old_receiver": OLD_RECEIVER,
}


@pytest.fixture
def chest(make_report: MakeReport, make_section: MakeSection) -> Callable[..., ReportMessage]:
    def build(kind: DeliveryKind = DeliveryKind.FINAL) -> ReportMessage:
        sections = [
            make_section(
                "lungs",
                "Lungs",
                "Nodule of ≤ 4 mm in the right upper lobe (5 × 3 mm before).",
                "The rest is clear | aerated & normal.",
            ),
            make_section("pleura", "Pleura"),
            make_section("impression", "Impression", "1. Small nodule.\n2. No pneumothorax."),
        ]
        if kind is DeliveryKind.ADDENDUM:
            sections.append(make_section("addendum", "Addendum", "Compared with 2024: unchanged."))
        return make_report(*sections, kind=kind)

    return build


@pytest.mark.parametrize("kind", REPORT_KINDS)
@pytest.mark.parametrize("name", list(PROFILES))
def test_golden_messages_byte_for_byte(
    chest: Callable[..., ReportMessage], name: str, kind: DeliveryKind
) -> None:
    body = build_report_message(chest(kind), PROFILES[name])
    path = GOLDEN / f"oru_r01_{name}_{kind.value}.hl7"
    if os.environ.get("READOUT_WRITE_GOLDEN"):
        path.write_bytes(body)
    assert body == path.read_bytes()


@pytest.mark.parametrize("name", list(PROFILES))
def test_golden_messages_of_a_report_that_somebody_else_prepared(
    chest: Callable[..., ReportMessage], name: str
) -> None:
    body = build_report_message(replace(chest(), assistant=RESIDENT), PROFILES[name])
    path = GOLDEN / f"oru_r01_{name}_prepared.hl7"
    if os.environ.get("READOUT_WRITE_GOLDEN"):
        path.write_bytes(body)
    assert body == path.read_bytes()
    assert body.count(b"Young") == (name != "sections")


@pytest.mark.parametrize(("form", "shown"), [("ndl", "77&Young&Rae"), ("xcn", "77^Young^Rae")])
def test_who_prepared_a_report_stands_in_obr_33(
    chest: Callable[..., ReportMessage], form: str, shown: str
) -> None:
    profile = MllpProfile.model_validate({"port": 1, "version": "2.5.1", "interpreter": form})
    message = replace(chest(), assistant=RESIDENT)
    body = build_report_message(message, profile)
    assert _segments(body, "OBR")[0].split("|")[33] == shown
    if form == "ndl":  # the standard's own
        parse_message(body.decode(), VALIDATION_LEVEL.STRICT, find_groups=True).validate()
    silent = profile.model_copy(update={"assistant": False})
    assert b"Young" not in build_report_message(message, silent)


def test_who_prepared_a_document_is_its_originator(chest: Callable[..., ReportMessage]) -> None:
    profile = MllpProfile.model_validate({"port": 1, "message_type": "MDM^T02"})
    message = replace(chest(), assistant=RESIDENT)
    txa = _segments(build_report_message(message, profile), "TXA")[0].split("|")
    assert txa[9] == "77^Young^Rae"
    assert txa[22].startswith(txa[5])
    assert "Young" not in txa[5]


def _segments(body: bytes, name: str) -> list[str]:
    return [each for each in body.decode().split("\r") if each.startswith(name)]


@pytest.mark.parametrize("kind", REPORT_KINDS)
@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6"])
@pytest.mark.parametrize("layout", [each for each in Layout if each is not Layout.NONE])
def test_hl7apy_finds_every_message_strictly_valid(
    chest: Callable[..., ReportMessage], layout: Layout, version: str, kind: DeliveryKind
) -> None:
    # hl7apy takes no more than 199 characters in OBX-5, whatever OBX-2 says
    profile = MllpProfile.model_validate(
        {"port": 1, "layout": layout, "version": version, "titles": False}
    )
    text = build_report_message(chest(kind), profile).decode()
    parsed = parse_message(text, VALIDATION_LEVEL.STRICT, find_groups=True)
    parsed.validate()
    if version not in ("2.3", "2.3.1", "2.4"):  # whose groups have other names
        observations = parsed.oru_r01_patient_result.oru_r01_order_observation
        assert observations.obr.obr_18.value == "RA-20261122-0042"


@pytest.mark.parametrize(
    ("kind", "obr", "obx", "orc"),
    [
        (DeliveryKind.PRELIMINARY, "P", "P", "IP"),
        (DeliveryKind.FINAL, "F", "F", "CM"),
        (DeliveryKind.ADDENDUM, "C", "C", "CM"),
    ],
)
def test_status_by_kind(
    chest: Callable[..., ReportMessage], kind: DeliveryKind, obr: str, obx: str, orc: str
) -> None:
    message = Message.parse(build_report_message(chest(kind), MllpProfile(port=1)))
    assert message.all("OBR")[0].text(25) == obr
    assert {each.text(11) for each in message.all("OBX")} == {obx}
    assert message.all("ORC")[0].text(5) == orc


def test_an_addendum_complete_or_only_the_new_text(chest: Callable[..., ReportMessage]) -> None:
    message = chest(DeliveryKind.ADDENDUM)

    def texts(style: str) -> list[str]:
        profile = MllpProfile.model_validate({"port": 1, "addendum": style, "titles": False})
        parsed = Message.parse(build_report_message(message, profile))
        return [each.text(5) for each in parsed.all("OBX")]

    assert texts("only") == ["Compared with 2024: unchanged."]
    assert texts("complete")[-1:] == texts("only")
    assert len(texts("complete")) == 5


def test_long_lines_are_broken_at_blanks_where_the_receiver_asks_so(
    chest: Callable[..., ReportMessage],
) -> None:
    parsed = Message.parse(build_report_message(chest(), MllpProfile(port=1, line_length=30)))
    lines = [each.text(5) for each in parsed.all("OBX")]
    assert max(map(len, lines)) <= 30
    whole = Message.parse(build_report_message(chest(), MllpProfile(port=1)))
    assert " ".join(lines) == " ".join(each.text(5) for each in whole.all("OBX"))


def test_what_the_character_set_cannot_hold_is_spelled_out(
    make_report: MakeReport, make_section: MakeSection
) -> None:
    message = make_report(make_section("a", "", "≤ 5 µm – “naïve” 漢 ½"))

    def text(**profile: object) -> bytes:
        body = build_report_message(message, MllpProfile.model_validate({"port": 1} | profile))
        (line,) = [each for each in body.split(b"\r") if each.startswith(b"OBX")]
        return line.split(b"|")[5]

    assert text() == "≤ 5 µm – “naïve” 漢 ½".encode()
    assert text(charset="8859/1") == '<= 5 µm - "naïve" ? ½'.encode("latin-1")
    assert text(charset="ASCII") == b'<= 5 um - "naive" ?  1/2'
    assert text(ascii_folding=True) == b'<= 5 um - "naive" ?  1/2'


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("1½ cm", "1 1/2 cm"),
        ("3 cm²", r"3 cm\S\2"),
        ("10⁻³", r"10\S\-\S\3"),
        ("Ångström", "Angstrom"),
        ("−3 °C", "-3  degC"),
        ("Ł5–S1", "L5-S1"),
        ("٣", "?"),
    ],
)
def test_folding_never_changes_a_number(
    make_report: MakeReport, make_section: MakeSection, said: str, plain: str
) -> None:
    body = build_report_message(
        make_report(make_section("a", "", said)), MllpProfile(port=1, ascii_folding=True)
    )
    assert f"|{plain}||||||F|".encode() in body


def test_the_same_inputs_give_the_same_bytes(chest: Callable[..., ReportMessage]) -> None:
    assert build_report_message(chest(), OLD_RECEIVER) == build_report_message(
        chest(), OLD_RECEIVER
    )


def test_times_carry_the_offset_of_the_site(chest: Callable[..., ReportMessage]) -> None:
    winter = Message.parse(build_report_message(chest(), OLD_RECEIVER))
    summer = replace(chest(), issued_at="2026-07-01T23:30:00+00:00")
    assert winter.header.segment.text(7) == "20261122120509+0100"
    later = Message.parse(build_report_message(summer, OLD_RECEIVER))
    assert later.header.segment.text(7) == "20260702013000+0200"


HOSTILE = st.text(
    st.one_of(st.sampled_from("|^~\\&\r\n\x0b\x1c\x00\x85\u2028MSHOBX.br"), st.characters()),
    min_size=1,
    max_size=60,
)


@settings(deadline=None)
@given(text=HOSTILE, family=HOSTILE, name=st.sampled_from(list(PROFILES)))
def test_no_text_adds_a_segment_or_a_field(
    make_report: MakeReport, make_section: MakeSection, text: str, family: str, name: str
) -> None:
    def rows(words: str, surname: str) -> list[list[str]]:
        message = make_report(make_section("a", "Title", words), family=surname)
        body = build_report_message(message, PROFILES[name])
        assert not {0x0A, 0x0B, 0x1C} & set(body)
        charset = "utf-8" if name != "old_receiver" else "latin-1"
        parsed = hl7.parse(body.decode(charset))
        ours = Message.parse(body)
        assert [str(row[0]) for row in parsed] == [row.name for row in ours.segments]
        return [[str(row[0]), str(len(row))] for row in parsed]

    hostile, tame = rows(text, family), rows("x", "y")
    heads = ["MSH", "PID", "ORC", "OBR"]
    assert [row for row in hostile if row[0] in heads] == [row for row in tame if row[0] in heads]
    assert {tuple(row) for row in hostile if row[0] == "OBX"} <= {("OBX", "15")}
    assert {row[0] for row in hostile} <= {*heads, "OBX"}


@settings(max_examples=25, deadline=None)
@given(text=HOSTILE)
def test_hl7apy_reads_hostile_text_as_one_message(
    make_report: MakeReport, make_section: MakeSection, text: str
) -> None:
    message = make_report(make_section("a", "Title", text), family=text)
    body = build_report_message(message, PROFILES["sections"])
    parsed = parse_message(body.decode(), find_groups=False)
    assert [child.name for child in parsed.children] == ["MSH", "PID", "ORC", "OBR", "OBX"]


@given(text=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=80))
def test_formatted_text_comes_back_as_it_was_said(
    make_report: MakeReport, make_section: MakeSection, text: str
) -> None:
    message = make_report(make_section("a", "", text))
    body = build_report_message(message, MllpProfile(port=1, layout=Layout.SECTIONS))
    said = "\n".join(line for line in text.splitlines() if line.strip())
    assert [each.text(5) for each in Message.parse(body).all("OBX")] == [said]
