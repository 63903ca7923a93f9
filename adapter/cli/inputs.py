"""Bounded reading of the files that commands are given."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from adapter.errors import Malformed, NotFound, TooLarge

Mappings = Annotated[
    Path | None,
    typer.Option(help="The site's own mapping files.", exists=True, file_okay=False),
]
MOST_BYTES = 16 * 1024 * 1024


def read_bytes(file: str) -> bytes:
    """A file, or standard input for "-"; raises NotFound or TooLarge."""
    try:
        if file == "-":
            body = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with open(file, "rb") as source:
                body = source.read(MOST_BYTES + 1)
    except OSError as error:
        raise NotFound(f"{file} cannot be read: {error.strerror}") from None
    if len(body) > MOST_BYTES:
        raise TooLarge(f"{file} is larger than {MOST_BYTES} bytes; part it")
    return body


def read_text(file: str) -> str:
    """The file as UTF-8 text; raises Malformed when it is not."""
    try:
        return read_bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"{file} is not UTF-8 text (byte {error.start})") from None


def read_object(file: str) -> dict[str, Any]:
    """The file as a JSON object; raises Malformed when it is none."""
    return parse_object(read_text(file), file)


def parse_object(text: str, name: str) -> dict[str, Any]:
    """The text as a JSON object; raises Malformed when it is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed(f"{name} is not JSON") from None
    if not isinstance(found, dict):
        raise Malformed(f"{name} holds no JSON object")
    return found
