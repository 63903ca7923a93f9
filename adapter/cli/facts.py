"""`readout facts`: sentences to the findings that they state."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from adapter.cli.inputs import Mappings, read_text
from adapter.mapping.files import MappingFiles
from adapter.mapping.lexicon import Lexicon
from adapter.reporting.facts import facts
from adapter.reporting.render import fact_json


def command(
    file: Annotated[
        str, typer.Argument(help="Text file with one sentence a line; - is standard input.")
    ] = "-",
    mappings: Mappings = None,
    as_json: Annotated[bool, typer.Option("--json", help="The only form there is.")] = True,
) -> None:
    """Print what each sentence states, one JSON object a line.

    Example: echo "No pneumothorax but a small right effusion." | readout facts
    """
    lexicon, _ = Lexicon.load(MappingFiles(site=mappings))
    for line in _lines(read_text(file)):
        found = [fact_json(fact) for fact in facts(line, lexicon)]
        typer.echo(json.dumps({"text": line, "facts": found}, ensure_ascii=not as_json))


def _lines(text: str) -> list[str]:
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return lines[:-1] if lines[-1] == "" else lines
