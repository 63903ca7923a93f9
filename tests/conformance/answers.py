"""How messages are answered: read off the code that answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import adapter
from adapter.errors import Malformed, ReadoutError, Rejected, TooLarge, TryAgain, Unsupported
from adapter.hl7v2.ack import Acknowledger
from adapter.hl7v2.message import Header, Message

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
    """MSH-15, MSH-16, and MSA-1 for each verdict; those that answer alike stand together."""
    seen: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for accept, application in product(_ASKED, _ASKED):
        codes = tuple(_code(header(accept=accept, application=application)))
        seen.setdefault(codes, []).append((accept, application))
    for codes, asked in seen.items():
        told = "; ".join(f"{a or 'empty'}, {b or 'empty'}" for a, b in asked)
        yield told, *codes


def _code(asked: Header) -> Iterator[str]:
    for refusal in VERDICTS.values():
        body = answer(asked, refusal)
        msa = Message.parse(body).first("MSA") if body else None
        yield msa.text(1) if msa else "none"


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
