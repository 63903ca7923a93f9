"""ORU and MDM of other systems: text from lines, FT, repeated OBX; status, signer, accessions."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.identifiers import Phi
from adapter.domain.outside_report import OutsideReport, OutsideStatus, ReportMeaning
from adapter.domain.people import Practitioner
from adapter.errors import Rejected, Unsupported
from adapter.hl7v2.escape import escape
from adapter.hl7v2.message import Message
from adapter.hl7v2.reader import MessageReader
from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_orders import OrderMapping, load_order_mapping
from adapter.mapping.message_table import MessageMapping, ReportSource, load_message_mapping

OLD = ReportSource(name="old", senders=("OLDRIS|*",), meaning=ReportMeaning.PRIOR)
RIS = ReportSource(name="ris", senders=("RIS|RAD",), meaning=ReportMeaning.SIGNED)
PID = "PID|1||M1^^^NORTH^MR||Doe^Ann||19700101|F"


def mapping_with(*sources: ReportSource) -> MessageMapping:
    return load_message_mapping(MappingFiles()).model_copy(update={"reports": sources})


READER = MessageReader(load_order_mapping(MappingFiles()), mapping_with(OLD, RIS))


def message(*segments: str, kind: str = "ORU^R01", sender: str = "OLDRIS|X") -> bytes:
    head = f"MSH|^~\\&|{sender}|||20261122090000||{kind}|C1|P|2.5.1||||||UNICODE UTF-8"
    return ("\r".join([head, *segments]) + "\r").encode()


def obr(accession: str = "A1", status: str = "F", signer: str = "R7&Gray&Ada", **at: str) -> str:
    values = {"1": "1", "4": "CTCH^CT chest^L", "7": "20250101080000", "18": accession}
    values |= {"22": "20250101093000", "24": "CT", "25": status, "32": signer} | at
    return "|".join(["OBR", *(values.get(str(n), "") for n in range(1, 33))])


def obx(text: str, kind: str = "TX", code: str = "71260&GDT", status: str = "F") -> str:
    return f"OBX|1|{kind}|{code}^CT chest^L||{text}||||||{status}"


def read(*segments: str, **more: str) -> list[OutsideReport]:
    found = READER.read(message(*segments, **more))
    assert all(isinstance(each, OutsideReport) for each in found)
    return [each for each in found if isinstance(each, OutsideReport)]


def text(*rows: str) -> str:
    (report,) = read(PID, obr(), *rows)
    return report.text


def test_a_prior_report_with_its_study_date_signer_and_text() -> None:
    (report,) = read(PID, "ORC|RE|P1|F1", obr(), obx("No nodule."), obx("Normal.", code="1&IMP"))
    assert (report.meaning, report.source, report.status) == ("prior", "old", "signed")
    assert (report.order.accession, report.order.modality) == ("A1", "CT")
    assert (report.order.procedure.text, report.order.scheduled_at) == (
        "CT chest",
        "20250101080000",
    )
    assert report.order.patient.mrn == Phi("M1")
    assert report.person == Practitioner("R7", "Gray", "Ada")
    assert report.signed_at == "20250101093000"
    assert report.text == "FINDINGS:\nNo nodule.\nIMPRESSION:\nNormal."


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([obx("one", code="1"), obx("", code="1"), obx("two", code="1")], "one\n\ntwo"),
        ([obx(r"one\.br\\.br\two", "FT", "1")], "one\n\ntwo"),
        ([obx("one~two", "TX", "1")], "one\ntwo"),
        ([obx(r"5 \T\ 6 \F\ 7\.sp2\end", "FT", "1")], "5 & 6 | 7\n\nend"),
        ([obx(r"\.in+4\a\.sk3\b\.ti-2\ c\.ce\d", "FT", "1")], "a   b c\nd"),
        ([obx(r"\H\bold\N\ text", "FT", "1")], "bold text"),
        ([obx("raw a^b & c", "TX", "1")], "raw a^b & c"),
        ([obx("N^Normal^L", "CE", "1")], "Normal"),
        ([obx("12", "NM", "S^Size").replace("||||||F", "|mm|||||F")], "Size: 12 mm"),
        ([obx("wrong", code="1", status="W"), obx("right", code="1")], "right"),
        ([obx("FINDINGS:"), obx("No nodule.")], "FINDINGS:\nNo nodule."),
        ([obx("Impression: normal.", code="19005-8")], "Impression: normal."),
        ([obx('""', code="1"), obx("x", code="1")], "x"),
    ],
)  # fmt: skip
def test_the_text_as_the_observations_hold_it(rows: list[str], wanted: str) -> None:
    assert text(*rows) == wanted


LINES = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20),
    min_size=1,
    max_size=6,
)


@given(LINES, st.booleans())
def test_any_lines_come_back(lines: list[str], formatted: bool) -> None:
    if formatted:
        rows = [obx(r"\.br\ ".strip().join(map(escape, lines)), "FT", "1")]
    else:
        rows = [obx(escape(line), "TX", "1") for line in lines]
    wanted = [line for line in lines if line != '""'] if not formatted else lines
    found = text(*rows).split("\n")
    assert [line for line in found if line] == wanted or wanted in ([], ['""'])


def test_a_document_is_not_text_and_that_is_said() -> None:
    pdf = base64.b64encode(b"%PDF-1.7").decode()
    (report,) = read(
        PID, obr(), obx("Normal.", code="1"), obx(f"^application^pdf^Base64^{pdf}", "ED")
    )
    assert (report.text, report.left_out) == ("Normal.", ("application/pdf (ED)",))


def test_plain_text_within_a_document_is_text() -> None:
    data = base64.b64encode("Grün.\nNormal.".encode()).decode()
    (report,) = read(PID, obr(), obx(f"^TEXT^plain^Base64^{data}", "ED", "1"))
    assert (report.text, report.left_out) == ("Grün.\nNormal.", ())


def test_one_text_under_several_accessions_is_that_of_each() -> None:
    reports = read(PID, obr("A1"), obr("A2"), obx("Both normal.", code="1"), obr("A3"))
    assert [(each.order.accession, each.text) for each in reports] == [
        ("A1", "Both normal."),
        ("A2", "Both normal."),
        ("A3", "Both normal."),
    ]


def test_several_patients_in_one_message_keep_their_reports() -> None:
    other = "PID|2||M2^^^NORTH^MR"
    reports = read(PID, obr("A1"), obx("One.", code="1"), other, obr("A2"), obx("Two.", code="1"))
    found = [(each.order.patient.mrn.reveal(), each.text) for each in reports]
    assert found == [("M1", "One."), ("M2", "Two.")]


def test_a_signed_document_by_its_txa() -> None:
    signer = f"R9^Young^Eve{'^' * 12}20250102113000"
    txa = f"TXA|1|RAD|TX|20250101||||20250101100000|D1||T1|DOC7|||A7||AU|||||{signer}"
    (report,) = read(PID, txa, obx("Normal.", code="1"), kind="MDM^T02", sender="RIS|RAD")
    assert (report.meaning, report.status, report.order.accession) == ("signed", "signed", "A7")
    assert report.person == Practitioner("R9", "Young", "Eve")
    assert report.signed_at == "20250102113000"


def test_a_document_with_its_orders_serves_each_of_them() -> None:
    txa = "TXA|1|RAD|TX|||||||||DOC7|||||AU"
    rows = [PID, obr("A1", status=""), obr("A2", status=""), txa, obx("Normal.", code="1")]
    reports = read(*rows, kind="MDM^T02", sender="RIS|RAD")
    assert [(r.order.accession, r.status, r.text) for r in reports] == [
        ("A1", "signed", "Normal."),
        ("A2", "signed", "Normal."),
    ]


@pytest.mark.parametrize(
    ("status", "meaning"),
    [("F", "signed"), ("C", "signed"), ("P", "unsigned"), ("", "unsigned"), ("X", "retracted")],
)
def test_what_obr_25_says(status: str, meaning: str) -> None:
    (report,) = read(PID, obr(status=status), obx("x"))
    assert report.status == meaning


def test_the_mapping_decides_what_a_status_means() -> None:
    source = OLD.model_copy(update={"statuses": {"A": OutsideStatus.ADDENDUM}})
    reader = MessageReader(load_order_mapping(MappingFiles()), mapping_with(source))
    (report,) = reader.read(message(PID, obr(status="A"), obx("More.")))
    assert isinstance(report, OutsideReport)
    assert report.status is OutsideStatus.ADDENDUM


def test_an_interpreter_as_a_person_field() -> None:
    (report,) = read(PID, obr(signer="R7^Gray^Ada"), obx("x"))
    assert report.person == Practitioner("R7", "Gray", "Ada")


def test_a_sender_that_the_mapping_does_not_name_is_refused() -> None:
    with pytest.raises(Unsupported, match=r"messages\.yaml") as caught:
        read(PID, obr(), obx("x"), sender="OTHER|X")
    assert caught.value.location == "MSH^1^3"


def test_no_report_is_taken_by_the_packaged_mapping(mapping: OrderMapping) -> None:
    reader = MessageReader(mapping, load_message_mapping(MappingFiles()))
    with pytest.raises(Unsupported, match="not taken"):
        reader.check(Message.parse(message(PID, obr(), obx("x"))))


@pytest.mark.parametrize(
    ("segments", "location"),
    [
        ([obr(), obx("x")], "PID^1"),
        ([PID], "OBR^1"),
        ([PID, obr(""), obx("x")], "OBR^1^18"),
        ([PID, obr()], "OBX^1^5"),
        ([PID, obr(), obx("x" * 100_001)], "OBX^1^5"),
    ],
)
def test_what_is_wrong_is_refused_by_its_place(segments: list[str], location: str) -> None:
    for take in (READER.read, lambda body: READER.check(Message.parse(body))):
        with pytest.raises(Rejected) as caught:
            take(message(*segments))
        assert caught.value.location == location
        assert "Doe" not in str(caught.value)
