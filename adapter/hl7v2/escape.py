"""Delimiters and escape sequences (HL7 v2 chapter 2.7). Block characters never leave a field."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple


class Delimiters(NamedTuple):
    """MSH-1 and MSH-2; a message with a short MSH-2 lacks the last ones ("")."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    @property
    def encoding(self) -> str:
        """MSH-2."""
        return "".join(self[1:])


DEFAULT = Delimiters()
_CONTROL = "".join(map(chr, [*range(0x20), 0x7F]))
_SPACING = re.compile(r"\.sp\+?(\d{1,2})?$")
_HEX = re.compile(r"X((?:[0-9A-Fa-f]{2})+)$")
_EXTENDED = ("iso2022_jp_2", "iso2022_jp_ext", "iso2022_kr")  # each knows sets of its own
_KEPT = re.compile(r"([CMXZ][0-9A-Za-z]{0,32}|\.[a-z]{2}[+-]?\d{0,3})$")


@lru_cache(maxsize=64)
def _escapes(delimiters: Delimiters) -> dict[int, str]:
    mark = delimiters.escape
    letters = zip(delimiters, "FSRET", strict=True)
    table = {ord(sign): f"{mark}{letter}{mark}" for sign, letter in letters if sign}
    table |= {ord(sign): f"{mark}X{ord(sign):02X}{mark}" for sign in _CONTROL}
    # Without an escape character a delimiter or control character cannot be written at all.
    return table if mark else dict.fromkeys(table, " ")


def escape(text: str, delimiters: Delimiters = DEFAULT) -> str:
    r"""Text as field content: delimiters as \F\ \S\ \R\ \E\ \T\, control characters as \Xhh\."""
    return text.translate(_escapes(delimiters))


def unescape(field: str, delimiters: Delimiters = DEFAULT, charset: str = "utf-8") -> str:
    r"""The text of field content.

    \.br\ and \.sp\ become line feeds, \H\ and \N\ vanish; what follows \Cxxyy\ and \Mxxyyzz\ is
    read in the set of ISO 2022 that they name. A site's own sequences (\Z..\), and those that
    cannot be read, stay as they are.
    """
    mark = delimiters.escape
    if not mark or mark not in field:
        return field
    parts = field.split(mark)
    out = [parts[0]]
    at = 1
    while at < len(parts):
        meaning = _meaning(parts[at], delimiters, charset) if at + 1 < len(parts) else None
        if meaning is None:
            out.append(mark + parts[at])
            at += 1
        else:
            out.append(meaning + parts[at + 1])
            at += 2
    text = "".join(out)
    return _switched(text, mark) if f"{mark}C" in text or f"{mark}M" in text else text


def _switched(text: str, mark: str) -> str:
    """The text with its escapes of character sets carried out; as it is where that fails."""
    switch = _set_switch(mark)
    data = switch.sub(lambda found: "\x1b" + bytes.fromhex(found[1]).decode("latin-1"), text)
    for name in _EXTENDED if data != text and data.isascii() else ():
        try:
            return data.encode("ascii").decode(name)
        except UnicodeDecodeError:
            continue
    return text


@lru_cache(maxsize=16)
def _set_switch(mark: str) -> re.Pattern[str]:
    sign = re.escape(mark)
    return re.compile(rf"{sign}[CM]((?:[0-9A-Fa-f]{{2}}){{2,3}}){sign}")


def _meaning(name: str, delimiters: Delimiters, charset: str) -> str | None:
    """What the sequence of this name stands for; None when the name is no sequence's."""
    if len(name) == 1 and name in "FSRETHN":
        return _letters(delimiters)[name]
    if name == ".br":
        return "\n"
    if spacing := _SPACING.match(name):
        return "\n" * int(spacing[1] or 1)
    digits = _HEX.match(name)
    text = _decoded(bytes.fromhex(digits[1]), charset) if digits else None
    if text is None and _KEPT.match(name):
        return f"{delimiters.escape}{name}{delimiters.escape}"
    return text


@lru_cache(maxsize=64)
def _letters(delimiters: Delimiters) -> dict[str, str]:
    return dict(zip("FSRET", delimiters, strict=True)) | {"H": "", "N": ""}


def _decoded(data: bytes, charset: str) -> str | None:
    try:
        return data.decode(charset)
    except UnicodeDecodeError:
        return None
