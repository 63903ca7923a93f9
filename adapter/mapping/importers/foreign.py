"""A template as another maker wrote it: parts with lines, in which a field is `[name]`."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from adapter.errors import Malformed, TooLarge

MAX_BYTES = 4_194_304
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


@dataclass
class Part:
    """A stretch of lines under one title; an empty title: under none."""

    title: str = ""
    lines: list[str] = field(default_factory=lambda: [""])

    def add(self, text: str) -> None:
        """Text that goes on in the last line; line ends begin new ones."""
        first, *rest = text.split("\n")
        self.lines[-1] += first
        self.lines += rest


@dataclass
class Foreign:
    """What was read, and in `notes` what was not understood."""

    title: str = ""
    language: str = "en"
    parts: list[Part] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Told once, however often it occurs."""
        if text not in self.notes:
            self.notes.append(text)


def decode(body: bytes) -> str:
    """The text of a file of unknown making; raises TooLarge, Malformed when there is none."""
    if len(body) > MAX_BYTES:
        raise TooLarge(f"the file has {len(body)} bytes, more than the {MAX_BYTES} that are read")
    text = _decoded(body).replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROL.sub("", text)
    if not text.strip():
        raise Malformed("there is no text in the file")
    return text


def _decoded(body: bytes) -> str:
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body.decode(name, errors="replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


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


def unfilled(name: str, choices: tuple[str, ...] = (), unit: str = "") -> str:
    """How a field without a default stands in a line."""
    words = [_plain(name) or "field"]
    if choices:
        words[0] += ":"
        words.append(" / ".join(map(_plain, choices)))
    if unit:
        words.append(_plain(unit))
    return f"[{' '.join(words)}]"


def _plain(text: str) -> str:
    """Without brackets and sentence ends, so that a field stays one piece of one sentence."""
    return blanked(re.sub(r"[\[\]]|[.!?]+(?=\s|$)", " ", text))[:200]
