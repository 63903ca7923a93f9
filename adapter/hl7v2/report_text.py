"""The text of a report in OBX: lines, formatted text, repeated OBX, coded and numeric results."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from adapter.hl7v2.escape import Delimiters
from adapter.hl7v2.message import Segment

_TEXT = frozenset(("TX", "FT", "ST", ""))
CODED = frozenset(("CE", "CWE", "CNE", "CF"))
_NOT_TEXT = frozenset(("ED", "RP"))
NOT_VALID = frozenset("DWX")  # OBX-11: deleted, wrong, cannot be obtained
_PLAIN = frozenset(("", "plain"))


def text_of(rows: Iterable[Segment], titles: Mapping[str, str], signs: Delimiters) -> str:
    """The lines of all OBX, with the title of each part that has none of its own."""
    valid = (row for row in rows if row.text(11).upper() not in NOT_VALID)
    parts = groupby(valid, key=lambda row: _title(row, titles))
    lines = [line for title, group in parts for line in _part(title, group, signs)]
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def left_out(rows: Iterable[Segment]) -> tuple[str, ...]:
    """What is no text and stays in the stored message alone, such as "application/pdf (ED)"."""
    found = (_kind(row) for row in rows if row.text(2) in _NOT_TEXT and _embedded(row) is None)
    return tuple(dict.fromkeys(found))


def _title(row: Segment, titles: Mapping[str, str]) -> str:
    suffix, code = row.text(3, 1, 2), row.text(3)
    return titles.get(suffix) or titles.get(code, "")


def _part(title: str, rows: Iterable[Segment], signs: Delimiters) -> Iterator[str]:
    lines = [line for row in rows for line in lines_of(row, signs)]
    first = next((line for line in lines if line.strip()), "")
    if title and first and not first.strip().casefold().startswith(title.casefold()):
        yield f"{title.upper()}:"
    yield from lines


def lines_of(row: Segment, signs: Delimiters) -> Iterator[str]:
    """The lines of one OBX; a number behind the name of what it measures."""
    kind = row.text(2).upper()
    if kind in _NOT_TEXT:
        yield from (_embedded(row) or "").splitlines()
        return
    for each in row.repetitions(5) or [""]:
        if kind in _TEXT:
            yield from _formatted(row.whole(each), signs).splitlines() or [""]
        elif kind in CODED:
            yield row.part(each, 2) or row.part(each, 1)
        else:
            name, parts = row.text(3, 2) or row.text(3), (row.part(each, 1), row.part(each, 2))
            if value := " ".join(filter(None, parts)):
                yield ": ".join(filter(None, (name, f"{value} {row.text(6)}".rstrip())))


def _formatted(text: str, signs: Delimiters) -> str:
    r"""FT commands that are left (\.in+4\, \.ce\, \.sk3\): what they do to plain lines."""
    mark = re.escape(signs.escape)
    if not mark or signs.escape not in text:
        return text
    text = re.sub(rf"{mark}\.sk\+?(\d{{1,2}}){mark}", lambda found: " " * int(found[1]), text)
    text = re.sub(rf"{mark}\.ce{mark}", "\n", text)
    return re.sub(rf"{mark}\.(?:in|ti|fi|nf)[+-]?\d{{0,3}}{mark}", "", text)


def _kind(row: Segment) -> str:
    media = "/".join(filter(None, (row.text(5, 2), row.text(5, 3)))).lower() or "data"
    return f"{media} ({row.text(2)})"


def _embedded(row: Segment) -> str | None:
    """The text of an ED that holds plain text; None where it holds anything else."""
    if row.text(2) != "ED" or row.text(5, 2).lower() != "text":
        return None
    if row.text(5, 3).lower() not in _PLAIN:
        return None
    data = row.text(5, 5)
    if row.text(5, 4).lower() != "base64":
        return data
    try:
        return base64.b64decode(data).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
