"""The lossless reader: the bytes as received, segments by offset, fields decoded when asked for."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from adapter.errors import Malformed
from adapter.hl7v2.charset import choose
from adapter.hl7v2.escape import Delimiters, unescape

_SIGNS = frozenset(string.punctuation)
_LONGEST_FIELD = 250
_LONGEST_KEPT = 1_000  # bytes of a header whose reading is kept
_BOUNDED = (3, 4, 5, 6, 9, 11, 12, 15, 16, 18)
_NULL = '""'
_ABSENT = [b""] * 10  # fields of a short header
_BOM = b"\xef\xbb\xbf"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MESSAGE_START = re.compile(rb"(?:^|(?<=[\r\n]))(?=MSH[^A-Za-z0-9\s])")
_ENVELOPE = re.compile(rb"[\r\n]+(?:BTS|FTS|BHS|FHS)[^\r\n]*")


class Segment:
    """One segment; its line is decoded and cut into fields when the first field is asked for."""

    __slots__ = ("_charset", "_delimiters", "_line", "_raw", "end", "name", "start")

    def __init__(
        self, line: bytes, name: str, delimiters: Delimiters, charset: str, start: int
    ) -> None:
        self.name = name
        self.start, self.end = start, start + len(line)  # byte offsets in the message
        self._line, self._delimiters, self._charset = line, delimiters, charset
        self._raw: list[str] | None = None

    @property
    def raw(self) -> list[str]:
        """The name and then the fields from 1 as they stand in the message, not yet unescaped."""
        if self._raw is None:
            separator = self._delimiters.field
            self._raw = self._line.decode(self._charset, "replace").split(separator)
            if self.name in ("MSH", "FHS", "BHS"):
                self._raw.insert(1, separator)  # the separator itself is field 1
        return self._raw

    def field(self, number: int) -> str:
        """Field `number` from 1 as it stands; "" when it is absent."""
        raw = self._raw or self.raw
        return raw[number] if number < len(raw) else ""

    def repetitions(self, number: int) -> list[str]:
        """The repetitions of a field as they stand; none when it is empty."""
        field = self.field(number)
        separator = self._delimiters.repetition
        return field.split(separator) if field and separator else [field] if field else []

    def text(self, number: int, component: int = 1, subcomponent: int = 1) -> str:
        """Unescaped text in the first repetition; "" when absent or the null value `""`."""
        raw = self._raw or self.raw
        field = raw[number] if number < len(raw) else ""
        if not field:
            return ""
        separator = self._delimiters.repetition
        if separator and separator in field:
            field = field[: field.index(separator)]
        return self.part(field, component, subcomponent)

    def is_null(self, number: int, component: int = 1, subcomponent: int = 1) -> bool:
        """Whether the place holds the null value `""`, which deletes what is known there."""
        field, signs = self.field(number), self._delimiters
        if _NULL not in field:
            return False
        part = _nth(field.split(signs.component), component) if signs.component in field else field
        if signs.subcomponent and signs.subcomponent in part:
            part = _nth(part.split(signs.subcomponent), subcomponent)
        return part.strip() == _NULL

    def whole(self, repetition: str) -> str:
        """Unescaped text of one repetition; signs that should have been escaped are text."""
        if repetition == '""':
            return ""
        return unescape(repetition, self._delimiters, self._charset)

    def part(self, repetition: str, component: int, subcomponent: int = 1) -> str:
        """Unescaped text of a component of one repetition, counted from 1."""
        signs = self._delimiters
        text = repetition
        if signs.component in text or component > 1:
            text = _nth(text.split(signs.component), component)
        if signs.subcomponent and (signs.subcomponent in text or subcomponent > 1):
            text = _nth(text.split(signs.subcomponent), subcomponent)
        if text == '""':
            return ""
        return unescape(text, signs, self._charset) if signs.escape in text else text


def _nth(parts: list[str], number: int) -> str:
    return parts[number - 1] if number <= len(parts) else ""


@dataclass(frozen=True, slots=True, eq=False)
class HeaderForm:
    """What a sender's MSH says each time: all of it but its time and its control id."""

    segment: Segment
    delimiters: Delimiters
    sender: str  # MSH-3|MSH-4 as they stand
    type: str  # MSH-9 as `ORM^O01`, or `ACK` where there is no event
    is_ack: bool  # it is never answered itself (chapter 2.9.2)
    version: str  # MSH-12.1
    accept: str  # MSH-15, MSH-16: which answers are asked for
    application: str
    charset: str  # MSH-18 as it stands


class Header:
    """What MSH says; enough to store a message and to answer it."""

    __slots__ = ("control_field", "control_id", "form", "line", "sender", "start", "type")

    def __init__(self, line: bytes, start: int = 0) -> None:
        """Of MSH alone, read as Latin-1; raises Malformed where no message could be answered."""
        separator = line[3:4]
        fields = line.split(separator or b"|", 10) + _ABSENT
        control = fields[9].decode("latin-1")
        if not (fields[6] + fields[9]).isalnum():
            _check_control(fields[6].decode("latin-1") + control)
        fields[6] = fields[9] = b""
        said = separator.join(fields[:11])
        self.form = form = (_form if len(said) < _LONGEST_KEPT else _read_form)(said)
        self.line, self.start = line, start  # start: byte offset of MSH
        self.sender, self.type = form.sender, form.type
        self.control_field = control  # MSH-10 as it stands, and its text
        plain = control.isalnum() and len(control) <= _LONGEST_FIELD
        self.control_id = control if plain else _control_id(control, form.delimiters)

    @classmethod
    def parse(cls, body: bytes) -> Header:
        """The header of a message; raises Malformed where no message could be answered."""
        start = 0 if body.startswith(b"MSH") else _start(body)
        return cls(_first_line(body, start), start)

    @property
    def segment(self) -> Segment:
        """MSH."""
        return Segment(self.line, "MSH", self.form.delimiters, "latin-1", self.start)

    @property
    def delimiters(self) -> Delimiters:
        """MSH-1 and MSH-2."""
        return self.form.delimiters

    @property
    def version(self) -> str:
        """MSH-12.1."""
        return self.form.version

    @property
    def charsets(self) -> list[str]:
        """The repetitions of MSH-18."""
        return self.form.segment.repetitions(18)


def _read_form(said: bytes) -> HeaderForm:
    """From an MSH without time and control id; raises Malformed."""
    line = said.decode("latin-1")
    delimiters = _delimiters(line)
    _check_control(line)
    msh = Segment(said, "MSH", delimiters, "latin-1", 0)
    for number in _BOUNDED:
        _check_length(number, msh.field(number))
    return HeaderForm(
        msh,
        delimiters,
        sender=f"{msh.field(3)}|{msh.field(4)}",
        type=_kind(msh),
        is_ack=msh.text(9) == "ACK",
        version=msh.text(12),
        accept=msh.text(15).upper(),
        application=msh.text(16).upper(),
        charset=msh.field(18),
    )


_form = lru_cache(maxsize=256)(_read_form)


def _control_id(field: str, signs: Delimiters) -> str:
    _check_length(10, field)
    return Segment(field.encode("latin-1"), "", signs, "latin-1", 0).text(0)


def _check_control(text: str) -> None:
    if _CONTROL.search(text):
        raise Malformed("MSH holds control characters", location="MSH^1", code="structure")


def _check_length(number: int, field: str) -> None:
    """Raise Malformed where a field is too long that is stored, or comes back in the answer."""
    if len(field) > _LONGEST_FIELD:
        raise Malformed(
            f"MSH-{number} is longer than {_LONGEST_FIELD} characters",
            location=f"MSH^1^{number}",
            code="value",
        )


def _start(body: bytes) -> int:
    """Where MSH begins: after a byte order mark and blank lines."""
    start = len(_BOM) if body.startswith(_BOM) else 0
    start += len(body[start:]) - len(body[start:].lstrip(b"\r\n"))
    if body[start : start + 3] != b"MSH":
        raise Malformed(
            "the message does not begin with MSH; check what the sender puts in the frame",
            location="MSH",
            code="structure",
        )
    return start


def _first_line(body: bytes, start: int) -> bytes:
    end = body.find(b"\r", start)
    line = body[start:end] if end >= 0 else body[start:]
    return line.split(b"\n", 1)[0] if b"\n" in line else line


def _kind(msh: Segment) -> str:
    """MSH-9 as `ORM^O01`, or `ACK` where there is no event."""
    code, event = msh.text(9), msh.text(9, 2)
    return f"{code}^{event}" if event else code


def _delimiters(line: str) -> Delimiters:
    """From MSH-1 and MSH-2, which may be short or hold the truncation character (2.7)."""
    field, second = line[3:4], line[4:12]
    if not field:
        return _named("")
    end = second.find(field)
    return _named(field + second[: min(end, 4) if end >= 0 else 4])


def _named(signs: str) -> Delimiters:
    if len(signs) < 2 or not set(signs) <= _SIGNS or len(set(signs)) != len(signs):
        raise Malformed(
            "MSH-1 and MSH-2 do not name distinct delimiters such as |^~\\&",
            location="MSH^1^2",
            code="structure",
        )
    return Delimiters(*(*signs, *[""] * (5 - len(signs))))


@dataclass(slots=True, eq=False)
class Message:
    """One message. `bytes(message)` is what came; `charset_problem`: why the fallback read it."""

    body: bytes
    header: Header
    charset: str
    charset_problem: str = ""
    _segments: tuple[Segment, ...] = ()

    @classmethod
    def parse(cls, body: bytes, fallback_charset: str = "utf-8") -> Message:
        """Raises Malformed when there is no readable MSH."""
        return cls.of(body, Header.parse(body), fallback_charset)

    @classmethod
    def of(cls, body: bytes, header: Header, fallback_charset: str = "utf-8") -> Message:
        """The same with the header already read."""
        if b"\x0b" in body or b"\x1c" in body:
            raise Malformed(
                "the message holds MLLP block characters", location=_block(body), code="structure"
            )
        charset, problem = choose(body, header.charsets, fallback_charset)
        return cls(body, header, charset, problem)

    def __bytes__(self) -> bytes:
        return self.body

    @property
    def segments(self) -> tuple[Segment, ...]:
        """All segments in order, blank lines left out."""
        if not self._segments:
            signs, charset = self.header.delimiters, self.charset
            name = "ascii", "replace"
            self._segments = tuple(
                [
                    Segment(line, line[:3].decode(*name), signs, charset, start)
                    for line, start in self._lines()
                ]
            )
        return self._segments

    def first(self, name: str) -> Segment | None:
        """The first segment of this name."""
        return next((segment for segment in self.segments if segment.name == name), None)

    def all(self, name: str) -> list[Segment]:
        """The segments of this name in order."""
        return [segment for segment in self.segments if segment.name == name]

    def _lines(self) -> Iterator[tuple[bytes, int]]:
        """(line, offset). The end of MSH decides what ends a segment: CR, LF or CR LF."""
        separator = self._line_end()
        at = self.header.start
        for piece in self.body[at:].split(separator):
            line = piece.strip(b"\r\n")
            if line and not line.isspace():
                yield line, at + (0 if len(line) == len(piece) else piece.find(line))
            at += len(piece) + len(separator)

    def _line_end(self) -> bytes:
        end = self.header.start + len(self.header.line)
        return b"\n" if self.body[end : end + 1] == b"\n" else b"\r"


def _block(body: bytes) -> str:
    """ERL of the segment that holds the first MLLP block character, such as `OBX^3`."""
    at = min(found for found in (body.find(b"\x0b"), body.find(b"\x1c")) if found >= 0)
    names = [line[:3] for line in re.split(rb"[\r\n]+", body[:at])]
    return f"{names[-1].decode('ascii', 'replace')}^{names.count(names[-1])}"


def messages_in(body: bytes) -> list[bytes]:
    """The messages of one frame: usually one, several in a batch (FHS, BHS, BTS, FTS left out)."""
    if body.startswith(b"MSH") and body.find(b"MSH", 3) < 0:
        return [body]
    starts = [match.start() for match in _MESSAGE_START.finditer(body)]
    if len(starts) < 2 and not body.lstrip(b"\r\n").startswith((b"FHS", b"BHS")):
        return [body]
    if not starts:
        return [body]
    ends = [*starts[1:], len(body)]
    parts = [body[start:end] for start, end in zip(starts, ends, strict=True)]
    return [_ENVELOPE.sub(b"", part) for part in parts]
