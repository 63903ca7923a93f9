"""Section headers in dictated text: "Impression:" opens a section and is not printed twice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from adapter.mapping.templates import header_key

_HEADER = re.compile(r"[ \t*#_]*([A-Za-z][^\W_]*(?:[ \t,&/-]+[^\W_]+){0,6})[ \t*_]*:[ \t*_]*")
_LONE = re.compile(r"[ \t*#_]*([A-Za-z][^\W_]*(?:[ \t,&/-]+[^\W_]+){0,6})[ \t*_.]*$")


class Headed(Protocol):
    """What knows its headers: a template, or the headers of any report text."""

    @property
    def headers(self) -> Mapping[str, str | None]:
        """Header -> section id; None: back to free order."""

    @property
    def foreign_headers(self) -> frozenset[str]:
        """Headers of no section."""


class Opening(NamedTuple):
    """What stands at the start of a sentence. `end`: where the header's characters end.

    `said` tells that there is a header; its `section` is None when it goes back to free order.
    """

    said: bool
    section: str | None
    end: int


def opening(sentence: str, template: Headed) -> Opening:
    """The headers at the start of a sentence, the last one deciding: "Findings: Lungs: …"."""
    at, found = 0, Opening(False, None, 0)
    while match := _HEADER.match(sentence, at):
        key = header_key(match[1])
        if key in template.headers:
            found = Opening(True, template.headers[key], match.end())
        elif key in template.foreign_headers:
            return Opening(True, None, found.end)
        else:
            break
        at = match.end()
    if found.said:
        return found
    return _lone(sentence, template)


def _lone(sentence: str, template: Headed) -> Opening:
    """A header alone in its line, without colon: "IMPRESSION"."""
    match = _LONE.match(sentence)
    if match and header_key(match[1]) in template.headers:
        return Opening(True, template.headers[header_key(match[1])], len(sentence))
    return Opening(False, None, 0)
