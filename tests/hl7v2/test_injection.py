"""No text, whoever wrote it, becomes a segment of what we send: hl7apy reads every kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hl7apy.parser import parse_message
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain.delivery import REPORT_KINDS, DeliveryKind, ReportMessage
from adapter.domain.identifiers import Accession, ControlId, Phi, sha256_hex
from adapter.domain.message import InboundMessage
from adapter.domain.order import Code
from adapter.domain.people import Patient, Practitioner
from adapter.hl7v2.ack import Acknowledger
from adapter.hl7v2.escape import escape
from adapter.hl7v2.message import Header, Message
from adapter.hl7v2.responder import Responder
from adapter.hl7v2.results import build_report_message
from adapter.mapping.destinations import DestinationProfile
from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_orders import OrderMapping
from tests.hl7v2.responding import AT, Told

PROFILES = {
    file.name: profile.mllp
    for file in MappingFiles().folder("destinations")
    if (profile := file.read(DestinationProfile)).mllp is not None
}
SIGNS = st.sampled_from("|^~\\&\r\n\x0b\x1c\x00\x85\u2028MSHOBXORC.br()X0D")
HOSTILE = st.text(st.one_of(SIGNS, SIGNS, st.characters(exclude_categories=["Cs"])), max_size=40)
INJECTED = st.one_of(
    HOSTILE,
    st.sampled_from(
        [
            "\rOBX|9|TX|X||injected",
            "\nOBX|9|",
            "\\X0D\\OBX|9|",
            "\r\nMSH|^~\\&|",
            "\\.br\\",
            "\x1c\r",
        ]
    ),
)


def _names(body: bytes, charset: str) -> list[str]:
    """The segments that hl7apy finds."""
    return [child.name for child in parse_message(body.decode(charset), find_groups=False).children]


def _of(texts: list[str], message: ReportMessage, kind: DeliveryKind) -> ReportMessage:
    """The report with these texts wherever a text stands."""
    a, b, c, d, e, f = texts
    patient = Patient(Phi(f"M{a}"), b, Phi(c), Phi(d), Phi(e), message.order.patient.sex)
    order = replace(
        message.order,
        accession=Accession(f"A{f}"),
        patient=patient,
        procedure=Code(a, b, c),
        placer_number=d,
        filler_number=e,
        modality=f,
        study_uid=a,
        reason=Phi(b),
        requester=Practitioner(c, d, e),
        scheduled_at=f,
    )
    author = Practitioner(f, e, d)
    return replace(message, kind=kind, order=order, author=author, previous=ControlId("RD1"))


@pytest.mark.parametrize("name", sorted(PROFILES))
@settings(max_examples=6, deadline=None)
@given(
    texts=st.lists(INJECTED, min_size=6, max_size=6),
    said=INJECTED,
    kind=st.sampled_from(REPORT_KINDS),
)
def test_in_reports_and_documents(
    make_report: Callable[..., ReportMessage],
    make_section: Callable[..., object],
    name: str,
    texts: list[str],
    said: str,
    kind: DeliveryKind,
) -> None:
    def names(given: list[str], words: str) -> list[str]:
        told = make_report(make_section("findings", "Findings", words))
        body = build_report_message(_of(given, told, kind), PROFILES[name])
        assert not {0x0A, 0x0B, 0x1C} & set(body)
        found = _names(body, Message.parse(body).charset)
        assert found == [segment.name for segment in Message.parse(body).segments]
        return found

    found, tame = names(texts, said), names(["x"] * 6, "x")
    assert set(found) <= set(tame)
    heads = [each for each in tame if each != "OBX"]
    assert [each for each in found if each != "OBX"] == heads


@pytest.mark.parametrize("kind", ["ORM^O01", "OMG^O19", "OMI^O23"])
@settings(max_examples=15, deadline=None)
@given(texts=st.lists(INJECTED, min_size=6, max_size=6), raw=st.booleans(), done=st.booleans())
def test_in_order_responses(
    mapping: OrderMapping, kind: str, texts: list[str], raw: bool, done: bool
) -> None:
    """`raw`: the order holds the texts as they are, as far as its segments stay whole."""
    given = [each.replace("\r", "") if raw else escape(each) for each in texts]
    a, b, c, d, e, f = (each.replace("\x0b", "").replace("\x1c", "") for each in given)
    lines = [
        f"MSH|^~\\&|EHR|NORTH|READOUT|RAD|20261122||{kind}|C1|P|2.5.1||||||UNICODE UTF-8",
        f"PID|1||M1{a}^^^{b}||{c}",
        f"ORC|NW|P{d}|{e}||SC",
        f"OBR|1|{f}||71046^{a}||||||||||||||A1|{b}",
        f"IPC|A1|{c}|{d}",
    ]
    body = ("\r".join(lines) + "\r").encode()
    header = Header.parse(body)
    inbound = InboundMessage("hl7v2", "p", "s", "C1", kind, body, sha256_hex(body), "")
    told = Told() if done else Told(order_status=None)
    answer = Responder(mapping, told).answer(
        inbound, header, lambda *x: Acknowledger().write(header, x[0], x[1], "R1", AT, x[2])
    )
    assert answer is not None
    assert not {0x0A, 0x0B, 0x1C} & set(answer)
    assert _names(answer, "utf-8") == ["MSH", "MSA", "PID", "ORC", "OBR", "IPC"]
