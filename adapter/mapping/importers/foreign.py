"""A template as another maker wrote it: parts with lines, in which fields stand among words."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import NamedTuple

from adapter.errors import Malformed, TooLarge
from adapter.mapping.field_table import FieldType

MAX_BYTES = 4_194_304
MAX_FIELDS = 400
_PLACES = 0xE000  # a field stands in a line as one character of the private use area
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff\ue000-\uf8ff]")
_DECLARED = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]{1,40})", re.IGNORECASE)
_STRANGE = 0.02  # share of characters that no text has
PLACE = re.compile(f"[{chr(_PLACES)}-{chr(_PLACES + MAX_FIELDS - 1)}]")


class ForeignChoice(NamedTuple):
    """One value of a pick list: what it is called, and what it prints."""

    name: str
    text: str


class ForeignField(NamedTuple):
    """A place for a value as the maker describes it; `line` of the source."""

    name: str
    type: FieldType = "text"
    default: str = ""
    choices: tuple[ForeignChoice, ...] = ()
    unit: str = ""
    least: float | None = None
    most: float | None = None
    required: bool = False
    line: int = 0


class Line(NamedTuple):
    """Words and places of fields; `number`: its line in the source."""

    number: int
    text: str


@dataclass
class Part:
    """A stretch of lines under one title; an empty title: under none."""

    title: str = ""
    number: int = 0
    lines: list[Line] = field(default_factory=list)

    def add(self, text: str, number: int) -> None:
        """Text that goes on in the last line; line ends begin new ones."""
        first, *rest = text.split("\n")
        if not self.lines:
            self.lines.append(Line(number, ""))
        last = self.lines[-1]
        self.lines[-1] = Line(last.number if last.text.strip() else number, last.text + first)
        self.lines += [Line(number + n, more) for n, more in enumerate(rest, 1)]


@dataclass
class Foreign:
    """What was read, and in `notes` what was not understood, with the line of the source."""

    title: str = ""
    language: str = "en"
    parts: list[Part] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    fields: list[ForeignField] = field(default_factory=list)

    def note(self, text: str, line: int = 0) -> None:
        """Told once, however often it occurs."""
        self.notes.setdefault(f"line {line}: {text}" if line else text)

    def place(self, one: ForeignField) -> str:
        """The character that stands for a field in a line; of too many fields their words."""
        if len(self.fields) >= MAX_FIELDS:
            words = " ".join((one.name, one.default, *(each.text for each in one.choices)))
            self.note(f"more than {MAX_FIELDS} fields; left out: {blanked(words)}", one.line)
            return ""
        self.fields.append(one)
        return chr(_PLACES + len(self.fields) - 1)

    def field_at(self, place: str) -> ForeignField:
        """The field that a character stands for."""
        return self.fields[ord(place) - _PLACES]


def decode(body: bytes) -> str:
    """The text of a file of unknown making; raises TooLarge, Malformed when there is none."""
    if len(body) > MAX_BYTES:
        raise TooLarge(f"the file has {len(body)} bytes, more than the {MAX_BYTES} that are read")
    text = _decoded(body).replace("\r\n", "\n").replace("\r", "\n")
    strange = len(_CONTROL.findall(text)) + text.count("\ufffd")
    if strange > _STRANGE * len(text) + 8:
        raise Malformed("this is no text; give a file of HTML, XML, RTF or plain text")
    text = _CONTROL.sub("", text)
    if not text.strip():
        raise Malformed("there is no text in the file")
    return text


def _decoded(body: bytes) -> str:
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body.decode(name, errors="replace")
    declared = _DECLARED.search(body[:4_096])
    for name in ("utf-8", declared[1].decode() if declared else "cp1252"):
        try:
            if codecs.lookup(name).name in _TEXT_CODECS:
                return body.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return body.decode("cp1252", errors="replace")


_TEXT_CODECS = frozenset(
    codecs.lookup(name).name
    for name in (
        "utf-8", "cp1252", "iso8859-1", "iso8859-2", "iso8859-15", "cp1250", "cp1251",
        "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr", "koi8-r", "ascii",
    )
)  # fmt: skip


def feed(parser: HTMLParser, text: str) -> None:
    """All of a text through a parser; raises Malformed."""
    try:
        parser.feed(text + ">")  # ends a tag that was left open
        parser.close()
    except AssertionError as error:  # what html.parser raises for broken declarations
        raise Malformed(f"the marks in this file cannot be read: {error}") from None


def blanked(text: str) -> str:
    """One line with single blanks."""
    return " ".join(text.split())
