"""How messages are answered: read off the code that answers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from copy import copy
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import adapter
from adapter.domain.message import InboundMessage, MessageState
from adapter.domain.order import OrderName
from adapter.domain.outcome import Outcome
from adapter.errors import Malformed, ReadoutError, Rejected, TooLarge, TryAgain, Unsupported
from adapter.hl7v2.ack import Acknowledger
from adapter.hl7v2.message import Header, Message
from adapter.hl7v2.responder import Responder
from tests.conformance.incoming import ORDERS

_AT = datetime(2026, 1, 1, tzinfo=UTC)
_ASKED = ("", "AL", "NE", "ER", "SU")
VERDICTS: dict[str, ReadoutError | None] = {
    "taken": None,
    "content refused": Rejected("the order has no OBR segment", location="OBR^1", code="required"),
    "unreadable or of another kind": Unsupported("not taken here", location="MSH^1^9"),
}
_TROUBLES: dict[str, ReadoutError] = {
    "larger than the limit": TooLarge("too large"),
    "cannot be stored now: send it again": TryAgain("send it again later"),
}
_SOURCES = Path(adapter.__file__).parent / "hl7v2"


def header(version: str = "2.5.1", accept: str = "", application: str = "") -> Header:
    """MSH of an order that asks for these answers."""
    line = f"MSH|^~\\&|EHR|NORTH|READOUT|RAD|2026||ORM^O01|C1|P|{version}|||{accept}|{application}"
    return Header.parse(line.rstrip("|").encode())


def answer(asked: Header | None, refusal: ReadoutError | None) -> bytes | None:
    """What is answered."""
    return Acknowledger().answer(asked, refusal, "R1", _AT)


def modes() -> Iterator[tuple[str, ...]]:
    """MSH-15, MSH-16, MSA-1 for each verdict, and the place of the answer once it is applied.

    Those that are answered alike stand together.
    """
    seen: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for accept, application in product(_ASKED, _ASKED):
        asking = header(accept=accept, application=application)
        codes = (*_code(asking), *_later(asking))
        seen.setdefault(codes, []).append((accept, application))
    for codes, asked in seen.items():
        told = "; ".join(f"{a or 'empty'}, {b or 'empty'}" for a, b in asked)
        yield told, *codes


def _code(asked: Header) -> Iterator[str]:
    for refusal in VERDICTS.values():
        body = answer(asked, refusal)
        msa = Message.parse(body).first("MSA") if body else None
        yield msa.text(1) if msa else "none"


def _later(asked: Header) -> Iterator[str]:
    """For an order, then for another message: where the later answer stands, if there is one."""
    for kind in ("ORM^O01", "ADT^A08"):
        one = copy(asked)
        one.type = kind
        turn = _RESPONDER.turn(one, b"")
        yield turn.value if turn else "none"


def number_given() -> str:
    """The answer to a request for a number (SN), a segment a line."""
    body = f"MSH|^~\\&|EHR|NORTH|READOUT|RAD|2026||ORM^O01|C1|P|2.5.1\r{_NUMBER_WANTED}"
    asked = Header.parse(body.encode())
    message = InboundMessage(
        "hl7v2", "", asked.sender, "C1", asked.type, body.encode(), "", ""
    )  # fmt: skip

    def write(code: str, refusal: ReadoutError | None, kind: str) -> bytes:
        return Acknowledger().write(asked, code, refusal, "R1", _AT, kind)

    made = _RESPONDER.answer(message, asked, write)
    assert made is not None
    return made.decode().replace("\r", "\n").strip()


def _applied(
    message: InboundMessage,
    orders: Collection[OrderName],
    placers: Collection[str],
    seconds: float,
) -> Outcome:
    return Outcome(MessageState.APPLIED, numbers=dict.fromkeys(placers, "R2026000001"))


_RESPONDER = Responder(ORDERS, _applied)
_NUMBER_WANTED = "PID|1||M1^^^NORTH^MR\rORC|SN|P1\rOBR|1|P1||71046^Chest^L\r"


def codes_in_use() -> list[str]:
    """The codes of refusals that the HL7 v2 edge raises."""
    texts = [path.read_text() for path in sorted(_SOURCES.glob("*.py"))]
    return sorted({code for text in texts for code in re.findall(r'code="([a-z-]+)"', text)})


def errors() -> Iterator[tuple[str, ...]]:
    """Cause, ERR-3.1, its meaning, MSA-1 in original mode."""
    for code in codes_in_use():
        kind = _kind(code)
        yield code.replace("-", " "), *_err(kind("x", location="MSH^1^9", code=code))
    for cause, trouble in _TROUBLES.items():
        yield cause, *_err(trouble)


def _kind(code: str) -> type[Rejected]:
    if code == "structure":
        return Malformed
    return Unsupported if code.endswith("not-supported") else Rejected


def _err(refusal: ReadoutError) -> tuple[str, str, str]:
    body = answer(header(), refusal)
    assert body is not None
    message = Message.parse(body)
    err, msa = message.first("ERR"), message.first("MSA")
    assert err is not None
    assert msa is not None
    return err.text(3), err.text(3, 2), msa.text(1)


def example(version: str, verdict: str) -> str:
    """One whole answer, a segment a line."""
    body = answer(header(version), VERDICTS[verdict])
    assert body is not None
    return body.decode().replace("\r", "\n").strip()
