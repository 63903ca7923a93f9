"""Bodies of several parts (RFC 2387, multipart/related) as STOW-RS sends them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message

from adapter.errors import Malformed, TooLarge, Unsupported

MOST_PARTS = 1_000
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{1,70}")  # RFC 2046 5.1.1
_LONGEST_HEAD = 4_096


def read_parts(content_type: str, body: bytes, kind: str) -> list[bytes]:
    """The parts, all of media type `kind`; raises Malformed, Unsupported or TooLarge."""
    head = Message()
    head["content-type"] = content_type
    told = str(head.get_param("type", "")).strip().lower()
    if head.get_content_type() != "multipart/related" or told not in ("", kind):
        raise Unsupported(
            f'send Content-Type: multipart/related; type="{kind}"; boundary=…',
            location="Content-Type",
            code="not-supported",
        )
    boundary = str(head.get_param("boundary", ""))
    if not _BOUNDARY.fullmatch(boundary):
        raise Malformed("Content-Type names no boundary", location="Content-Type", code="structure")
    found = list(_parts(body, b"--" + boundary.encode()))
    if not found:
        raise Malformed("the body holds no part", code="structure")
    return [_content(each, kind) for each in found]


def _parts(body: bytes, mark: bytes) -> Iterator[bytes]:
    """What stands between the marks, which begin a line."""
    at = 0 if body.startswith(mark) else body.find(b"\r\n" + mark) + 2
    if at < 2 and not body.startswith(mark):
        return
    for _ in range(MOST_PARTS + 1):
        start = at + len(mark)
        if body[start : start + 2] == b"--":
            return
        end = body.find(b"\r\n" + mark, start)
        if end < 0:
            raise Malformed("the last part does not end; send it again", code="structure")
        yield body[start:end]
        at = end + 2
    raise TooLarge(f"more than {MOST_PARTS} parts; send several requests", code="too-costly")


def _content(part: bytes, kind: str) -> bytes:
    """The part behind its header lines."""
    head, blank, content = part.partition(b"\r\n\r\n")
    told = re.search(rb"content-type:\s*([^;\s]+)", head[:_LONGEST_HEAD], re.IGNORECASE)
    if not blank or (told and told[1].decode("latin-1").lower() != kind):
        raise Unsupported(
            f"each part must be {kind}", location="Content-Type", code="not-supported"
        )
    return content
