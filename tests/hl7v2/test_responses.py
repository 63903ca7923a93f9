"""Order responses and deferred application ACKs: valid to hl7apy, true to what became of orders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.identifiers import sha256_hex
from adapter.domain.message import InboundMessage, MessageState
from adapter.domain.order import OrderStatus
from adapter.domain.study import ReportStatus
from adapter.errors import ReadoutError
from adapter.hl7v2.ack import Acknowledger
from adapter.hl7v2.message import Header
from adapter.hl7v2.responder import Responder, Turn
from adapter.mapping.hl7_orders import Detail, OrderMapping
from tests.hl7v2.responding import AT, OBR, PID, Told, faults, message


@pytest.fixture
def respond(mapping: OrderMapping) -> Callable[..., str | None]:
    def answer(body: bytes, told: Told | None = None) -> str | None:
        header = Header.parse(body)
        inbound = InboundMessage(
            "hl7v2", "p", header.sender, header.control_id, header.type, body, sha256_hex(body), ""
        )

        def write(code: str, refusal: ReadoutError | None, kind: str) -> bytes:
            return Acknowledger().write(header, code, refusal, "R1", AT, kind)

        made = Responder(mapping, told or Told()).answer(inbound, header, write)
        return None if made is None else made.decode()

    return answer


Respond = Callable[..., str]


def orc(answer: str, number: int = 1) -> list[str]:
    rows = [line.split("|") for line in answer.split("\r") if line.startswith("ORC|")]
    return [*rows[number - 1], *[""] * 6]


CASES = [
    ("ORM^O01", "ORR^O02^ORR_O02", [OBR]),
    ("OMG^O19^OMG_O19", "ORG^O20^ORG_O20", [OBR]),
    ("OMI^O23^OMI_O23", "ORI^O24^ORI_O24", [OBR, "IPC|A1|RP1|1.2.3|S1|CT"]),
]


@pytest.mark.parametrize(("kind", "answered", "rows"), CASES)
@pytest.mark.parametrize("control", ["NW", "CA", "SS"])
def test_hl7apy_finds_every_response_valid(
    respond: Respond, kind: str, answered: str, rows: list[str], control: str, tmp_path: Path
) -> None:
    answer = respond(message(f"ORC|{control}|P1", *rows, kind=kind))
    assert faults(answer, tmp_path) == []
    assert f"||{answered}|R1|P|2.5.1" in answer
    assert "MSA|AA|C1\r" in answer
    assert f"\r{PID}\rORC|" in answer
    assert answer.endswith("\r".join([*rows, ""]))


@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4", "2.5", "2.6"])
def test_responses_of_other_versions(respond: Respond, version: str, tmp_path: Path) -> None:
    timed = version == "2.3"  # ORC-7 and OBR-27 are required there
    rows = ["ORC|NW|P1|||SC||^^^20261122^^R", f"{OBR}{'|' * 9}^^^20261122^^R"]
    plain = ["ORC|NW|P1|||SC", OBR]
    answer = respond(message(*(rows if timed else plain), version=version))
    assert ("ORR^O02^ORR_O02" in answer) == (version != "2.3")
    assert faults(answer, tmp_path) == []


@pytest.mark.parametrize(
    ("asked", "told", "reply"),
    [
        ("NW|P1", Told(), ["OK", "P1", "A1", "", "SC"]),
        ("NW|P1|F9|", Told(), ["OK", "P1", "F9", "", "SC"]),
        ("CA|P1|||CA", Told(order_status=OrderStatus.CANCELLED), ["CR", "P1", "A1", "", "CA"]),
        ("DC|P1", Told(order_status=OrderStatus.DISCONTINUED), ["DR", "P1", "A1", "", "DC"]),
        ("HD|P1", Told(order_status=OrderStatus.HELD), ["HR", "P1", "A1", "", "HD"]),
        ("RL|P1", Told(), ["OR", "P1", "A1", "", "SC"]),
        ("XO|P1", Told(), ["XR", "P1", "A1", "", "SC"]),
        ("RP|P1", Told(order_status=OrderStatus.CANCELLED), ["RQ", "P1", "A1", "", "CA"]),
        ("CA|P1|||SC", Told(), ["UC", "P1", "A1", "", "SC"]),
        ("QQ|P1", Told(), ["UA", "P1", "A1", "", "SC"]),
        ("SS|P1", Told(report_status=ReportStatus.FINAL), ["SR", "P1", "A1", "", "CM"]),
        ("SS|P1", Told(order_status=None), ["UA", "P1", "", "", ""]),
        ("SN|P7", Told(order_status=None), ["NA", "P7", "R-P7", "", ""]),
    ],
)
def test_each_order_is_told_what_became_of_it(
    respond: Respond, asked: str, told: Told, reply: list[str]
) -> None:
    assert orc(respond(message(f"ORC|{asked}", OBR), told))[1:6] == reply


def test_replaced_and_replacing_orders_each_have_their_answer(respond: Respond) -> None:
    told = Told()
    answer = respond(message("ORC|RP|P1", OBR, "ORC|RO|P2", OBR.replace("A1", "A2")), told)
    assert (orc(answer)[1], orc(answer, 2)[1]) == ("RQ", "OK")
    assert [each.accession for each in told.asked[0][0]] == ["A1", "A2"]


_ASKED_WITH = (("NW", "SC"), ("CA", "SC"), ("RP", ""))
FLAGS = [
    ("", ["OK", "UC", "RQ"]),
    ("E", ["UC"]),
    ("R", ["UC", "RQ"]),
    ("D", ["UC", "RQ"]),
    ("F", ["OK", "UC", "RQ"]),
    ("N", []),
    ("?", ["OK", "UC", "RQ"]),
]


@pytest.mark.parametrize(("flag", "told"), FLAGS)
@pytest.mark.parametrize(("kind", "answered", "rows"), CASES)
def test_the_response_flag_says_of_which_orders_is_told(
    respond: Respond,
    kind: str,
    answered: str,
    rows: list[str],
    flag: str,
    told: list[str],
    tmp_path: Path,
) -> None:
    asked = [f"ORC|{control}|P1|||{status}|{flag}" for control, status in _ASKED_WITH]
    body = message(*(line for orc in asked for line in (orc, *rows)), kind=kind)
    answer = respond(body, Told(order_status=OrderStatus.CANCELLED))
    assert [line.split("|")[1] for line in answer.split("\r") if line.startswith("ORC")] == told
    assert ("\rPID|" in answer) == bool(told)
    assert faults(answer, tmp_path) == []


@pytest.mark.parametrize(
    ("flag", "turn"), [("E", Turn.INSTEAD), ("F", Turn.INSTEAD), ("N", None), ("", None)]
)
@pytest.mark.parametrize("end", ["\r", "\n"])
def test_a_response_flag_asks_for_the_answer(
    mapping: OrderMapping, flag: str, turn: Turn | None, end: str
) -> None:
    body = message(f"ORC|NW|P1||||{flag}", OBR).replace(b"\r", end.encode())
    assert Responder(mapping, Told()).turn(Header.parse(body), body) is turn
    silent = message("ORC|SN|P1||||N", OBR)
    assert Responder(mapping, Told()).turn(Header.parse(silent), silent) is None


def test_an_order_named_by_its_placer_s_number_is_told_of(respond: Respond) -> None:
    told = Told(order_status=OrderStatus.CANCELLED, known=("P1",))
    answer = respond(message("ORC|CA|P1", "ORC|CA|P2", kind="OMG^O19"), told)
    assert [orc(answer, number)[1] for number in (1, 2)] == ["CR", "UC"]
    parse_message(answer, VALIDATION_LEVEL.STRICT).validate()


def test_several_obr_under_one_orc_each_have_their_answer(respond: Respond) -> None:
    answer = respond(message("ORC|NW|P1", OBR, OBR.replace("A1", "A2"), kind="OMG^O19"))
    assert (orc(answer)[3], orc(answer, 2)[3]) == ("A1", "A2")
    parse_message(answer, VALIDATION_LEVEL.STRICT).validate()


def test_a_number_is_asked_for_without_any_obr(respond: Respond) -> None:
    answer = respond(message("ORC|SN|P7", kind="OMG^O19"))
    assert orc(answer)[1:4] == ["NA", "P7", "R-P7"]
    parse_message(answer, VALIDATION_LEVEL.STRICT).validate()


def test_a_refused_order_is_told_as_not_done_one_that_waits_not_at_all(
    respond: Respond,
) -> None:
    refused = respond(message("ORC|NW|P1", OBR), Told(MessageState.REFUSED, "bad | order"))
    assert "MSA|AE|C1|bad \\F\\ order\rERR|" in refused
    assert refused.endswith(f"{PID}\rORC|UA|P1|A1||SC\r{OBR}\r")
    late = respond(message("ORC|NW|P1", OBR), Told(MessageState.RECEIVED))
    assert late.endswith("MSA|AA|C1\r")


def test_a_fault_is_answered_and_the_sender_told_to_ask_again(respond: Respond) -> None:
    assert "MSA|AE|C1|" in respond(message("ORC|NW|P1", OBR), Told(error=KeyError("fault")))


def test_names_come_back_in_the_sender_s_character_set(mapping: OrderMapping) -> None:
    body = message("ORC|NW|P1", OBR, charset="8859/1").replace(b"Ann", "Åsa".encode("latin-1"))
    header = Header.parse(body)
    inbound = InboundMessage("hl7v2", "p", "s", "C1", "ORM^O01", body, "", "")
    made = Responder(mapping, Told()).answer(
        inbound, header, lambda *a: Acknowledger().write(header, a[0], a[1], "R1", AT, a[2])
    )
    assert made is not None
    assert "Doe^Åsa" in made.decode("latin-1")


@pytest.mark.parametrize(
    ("modes", "control", "turn"),
    [
        ("|", "NW", None),
        ("|", "SN", Turn.INSTEAD),
        ("|", "SS", Turn.INSTEAD),
        ("AL|NE", "SN", None),
        ("AL|AL", "NW", Turn.AFTER),
        ("AL|ER", "NW", Turn.AFTER),
        ("ER|AL", "NW", Turn.AFTER),
        ("NE|AL", "NW", Turn.INSTEAD),
        ("|AL", "NW", Turn.INSTEAD),
        ("NE|NE", "SN", None),
    ],
)
def test_when_the_later_answer_is_given(
    mapping: OrderMapping, modes: str, control: str, turn: Turn | None
) -> None:
    body = message(f"ORC|{control}|P1", OBR, modes=modes)
    assert Responder(mapping, Told()).turn(Header.parse(body), body) is turn


def test_a_sender_may_always_want_it(mapping: OrderMapping) -> None:
    rule = mapping.responses.model_copy(update={"senders": ("EHR|*",)})
    responder = Responder(mapping.model_copy(update={"responses": rule}), Told())
    body = message("ORC|NW|P1", OBR)
    assert responder.turn(Header.parse(body), body) is Turn.INSTEAD


def test_other_messages_have_no_order_response(mapping: OrderMapping) -> None:
    body = message(kind="ADT^A08", modes="NE|AL")
    assert Responder(mapping, Told()).turn(Header.parse(body), body) is None


ORCS = st.lists(
    st.tuples(
        st.sampled_from(["NW", "SN", " sn ", "XO", "", "CA", "S N"]),
        st.lists(st.sampled_from(["", "a", "SN", "x^y"]), max_size=4),
        st.sampled_from(["", "", "E", "N", " ", "D"]),
    ),
    max_size=3,
)


@given(orcs=ORCS, sign=st.sampled_from("|#]"), end=st.sampled_from(["\r", "\r\n", "\n"]))
def test_whether_an_answer_is_wanted_is_seen_without_cutting_the_message(
    mapping: OrderMapping, orcs: list[tuple[str, list[str], str]], sign: str, end: str
) -> None:
    lines = [f"MSH{sign}^~\\&{sign}EHR{sign}N{sign * 5}ORM^O01{sign}C1{sign}P{sign}2.5.1"]
    for control, others, flag in orcs:
        fields = ["ORC", control, *others, *[""] * (4 - len(others)), flag, "ORC", f"xORC{sign}SN"]
        lines += [sign.join(fields), f"OBR{sign}1"]
    body = (end.join(lines) + end).encode()
    rule = mapping.responses
    flags = {rule.flags.get(flag.strip()) for _, _, flag in orcs if flag.strip()} - {None}
    asked = any(control.strip().upper() in rule.controls for control, _, _ in orcs)
    expected = flags != {Detail.NONE} if flags else asked
    turn = Responder(mapping, Told()).turn(Header.parse(body), body)
    assert (turn is Turn.INSTEAD) == expected
