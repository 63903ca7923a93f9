"""Acknowledgements: original mode AA/AE/AR, enhanced mode CA/CE/CR (HL7 v2 chapter 2.9)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache

from adapter.errors import Malformed, ReadoutError, Rejected, TooLarge, TryAgain, Unsupported
from adapter.hl7v2.escape import DEFAULT, Delimiters, escape, unescape
from adapter.hl7v2.message import Header, HeaderForm, Message

UNKNOWN_CONTROL_ID = "UNKNOWN"
"""MSA-2 when the control id of what came could not be read; MSA-2 must not be empty."""

_CODES = {
    "structure": ("100", "Segment sequence error"),
    "required": ("101", "Required field missing"),
    "invalid": ("102", "Data type error"),
    "value": ("102", "Data type error"),
    "code-invalid": ("103", "Table value not found"),
    "not-supported": ("200", "Unsupported message type"),
    "event-not-supported": ("201", "Unsupported event code"),
    "duplicate": ("205", "Duplicate key identifier"),
}
_ECHOED = (3, 4, 5, 6, 9, 11, 12, 18)  # fields of a message's MSH that its answer depends on
_INTERNAL = ("207", "Application internal error")
_LOCATION = re.compile(r"[A-Z][A-Z0-9]{2}(?:\^\d+){0,5}$")
_VERSION = re.compile(r"v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?", re.IGNORECASE)


class Verdict(Enum):
    """What is answered, as the last letter of MSA-1."""

    ACCEPT = "A"
    ERROR = "E"  # the content cannot be taken as it is
    REJECT = "R"  # the message cannot be read, or is of a kind that is not taken


def verdict(refusal: ReadoutError | None) -> Verdict:
    """AE for content, AR for what cannot be read or is not taken."""
    if refusal is None:
        return Verdict.ACCEPT
    unreadable = isinstance(refusal, Malformed | Unsupported | TooLarge)
    return Verdict.REJECT if unreadable else Verdict.ERROR


@dataclass(frozen=True)
class Acknowledger:
    """Writes the answers of one listener. `application`: MSH-3 where the sender named none."""

    application: str = "READOUT"

    def answer(
        self, header: Header | None, refusal: ReadoutError | None, control_id: str, at: datetime
    ) -> bytes | None:
        """The ACK, or None where MSH-15/16 ask for none; `header` None: MSH could not be read.

        An acknowledgement is never acknowledged (chapter 2.9.2).
        """
        if header is not None and header.form.is_ack:
            return None
        kind = verdict(refusal)
        mode = _mode(header, kind)
        if mode is None:
            return None
        return self.write(header, mode + kind.value, refusal, control_id, at)

    def write(
        self,
        header: Header | None,
        code: str,
        refusal: ReadoutError | None,
        control_id: str,
        at: datetime,
        kind: str = "",
    ) -> bytes:
        """MSH, MSA and ERR with this MSA-1; `kind`: MSH-9 such as `ORR^O02`, empty: ACK."""
        delimiters = header.delimiters if header else DEFAULT
        before, between, after = _turned(header and header.form, self.application, kind)
        asked = (header.control_field if header else "") or UNKNOWN_CONTROL_ID
        sign = delimiters.field
        answer = f"{before}{_time(at)}{between}{control_id}{after}\rMSA{sign}{code}{sign}{asked}"
        if refusal is None:
            return f"{answer}\r".encode("latin-1", "replace")
        version = header.version if header else ""
        if _numbers(version) < (2, 7):  # later in ERR-8 alone
            answer += f"{sign}{escape(str(refusal), delimiters)}"
        answer += f"\r{_err(refusal, version, delimiters)}\r"
        return answer.encode("latin-1", "replace")


@lru_cache(maxsize=256)
def _turned(form: HeaderForm | None, application: str, kind: str) -> tuple[str, str, str]:
    """An answer's MSH before its time, up to its control id, and after that.

    The sender's MSH turned round; its field texts go back as they came.
    """
    signs = form.delimiters if form else DEFAULT
    asked = [form.segment.field(number) if form else "" for number in _ECHOED]
    sender, facility, receiver, receiving, asked_type, processing, version, charset = asked
    version = version or "2.5.1"
    route = [receiver or application, receiving, sender, facility]
    kind = _message_type(asked_type, version, signs, kind)
    rest = [processing or "P", version, *([*[""] * 5, charset] if charset else [])]
    join = signs.field.join
    return join(["MSH", signs.encoding, *route, ""]), join(["", "", kind, ""]), join(["", *rest])


@lru_cache(maxsize=4)
def _time(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S%z")


def _mode(header: Header | None, kind: Verdict) -> str | None:
    """ "A" original, "C" enhanced, None when MSH-15 and MSH-16 want no answer to this verdict.

    A stored message has been taken over for good, so where only the application ACK is asked for,
    that one is given.
    """
    accept, application = (header.form.accept, header.form.application) if header else ("", "")
    if not accept and not application:
        return "A"
    if accept in wanted(kind):
        return "C"
    return "A" if accept in ("", "NE") and application in wanted(kind) else None


def wanted(kind: Verdict) -> tuple[str, str]:
    """MSH-15 or MSH-16 by which this verdict is told (table 0155)."""
    return ("AL", "SU" if kind is Verdict.ACCEPT else "ER")


def _message_type(asked: str, version: str, signs: Delimiters, kind: str) -> str:
    """MSH-9 of the answer: `kind` or ACK, with the event of the message that was `asked`."""
    if kind:
        parts = kind.split("^")
        structure = ["_".join(parts)] if _numbers(version) >= (2, 3, 1) else []
        return signs.component.join([*parts, *structure])
    if _numbers(version) < (2, 3, 1):
        return "ACK"
    event = asked.split(signs.component)[1:2] or [""]
    return signs.component.join(["ACK", *event, "ACK"])


@lru_cache(maxsize=64)
def _numbers(version: str) -> tuple[int, ...]:
    """(2, 3, 1) of "2.3.1"; the version of our own answers where MSH-12 is none."""
    match = _VERSION.match(version)
    return tuple(int(number) for number in match.groups() if number) if match else (2, 5, 1)


def _err(refusal: ReadoutError, version: str, signs: Delimiters) -> str:
    """ERR: location (ERL), code of table 0357 and the reason; up to 2.4 all in ERR-1 (ELD)."""
    code, meaning = _code(refusal)
    place = refusal.location if isinstance(refusal, Rejected) else ""
    location = place.split("^") if _LOCATION.match(place) else []
    within, beside = signs.subcomponent or " ", signs.component or " "
    if _numbers(version) < (2, 5):
        where = [*location[:3], "", "", ""][:3] if location else ["", "", ""]
        return signs.field.join(["ERR", beside.join([*where, within.join([code, meaning])])])
    if len(location) == 1:
        location.append("1")
    coded = beside.join([code, meaning, "HL70357"])
    text = escape(str(refusal), signs)
    return signs.field.join(["ERR", "", beside.join(location), coded, "E", "", "", "", text])


def _code(refusal: ReadoutError) -> tuple[str, str]:
    if isinstance(refusal, TooLarge | TryAgain) or not isinstance(refusal, Rejected):
        return _INTERNAL
    return _CODES.get(refusal.code, _CODES["invalid"])


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A receiver's answer: MSA-1, MSA-2, and the reason it gives."""

    code: str
    control_id: str
    text: str


def read_acknowledgement(body: bytes) -> Acknowledgement:
    """MSA and ERR of an answer; raises Malformed when it is not one."""
    message = Message.parse(body)
    msa = message.first("MSA")
    if msa is None:
        raise Malformed("the receiver's answer holds no MSA segment", location="MSA")
    reasons = [msa.text(3)]
    for err in message.all("ERR"):
        reasons += [err.text(8) or err.text(3, 2) or err.text(1, 4, 2), err.field(2)]
    text = "; ".join(dict.fromkeys(reason for reason in reasons if reason))
    signs = message.header.delimiters
    return Acknowledgement(msa.text(1).upper(), unescape(msa.field(2), signs), text)
