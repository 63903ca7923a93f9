"""`readout write`: spoken words to written text."""

from __future__ import annotations

import json
import sys
from typing import Annotated, BinaryIO

import typer

from adapter.cli.inputs import Mappings
from adapter.domain.transcript import WrittenText
from adapter.errors import Malformed, NotFound, TooLarge
from adapter.mapping.files import MappingFiles
from adapter.mapping.vocabulary import load_vocabulary
from adapter.reporting.written_form import write

MOST_BYTES = 16 * 1024 * 1024
MOST_LINE = 1024 * 1024


def command(
    file: Annotated[
        str, typer.Argument(help="Text file with one utterance a line; - is standard input.")
    ] = "-",
    language: Annotated[str, typer.Option(help="Language of the vocabulary.")] = "en",
    mappings: Mappings = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One object a line: text, spans, commands.")
    ] = False,
) -> None:
    """Write spoken words as a report writes them.

    Example: echo "three point two by two centimeters period" | readout write
    """
    vocabulary = load_vocabulary(MappingFiles(site=mappings), language)
    for line in _lines(file):
        result = write(line, vocabulary)
        typer.echo(json.dumps(_as_object(result), ensure_ascii=False) if as_json else result.text)


def _as_object(written: WrittenText) -> dict[str, object]:
    return {
        "text": written.text,
        "spans": [list(span) for span in written.spans],
        "commands": [
            {
                "name": each.name,
                "argument": each.argument,
                "spoken": [each.in_start, each.in_end],
                "at": each.out_at,
            }
            for each in written.commands
        ],
    }


def _lines(file: str) -> list[str]:
    """The utterances; raises a clear error when the file cannot be read as bounded UTF-8 text."""
    if file == "-":
        body = _bounded(sys.stdin.buffer, "standard input")
    else:
        try:
            with open(file, "rb") as source:
                body = _bounded(source, file)
        except OSError as error:
            raise NotFound(f"{file} cannot be read: {error.strerror}") from None
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"{file} is not UTF-8 text (byte {error.start})") from None
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if lines[-1] == "":
        lines.pop()
    for number, line in enumerate(lines, 1):
        if len(line) > MOST_LINE:
            raise TooLarge(f"line {number} is longer than {MOST_LINE} characters; part it")
    return lines


def _bounded(source: BinaryIO, name: str) -> bytes:
    body = source.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise TooLarge(f"{name} is larger than {MOST_BYTES} bytes; part it")
    return body
