"""`readout replay`: rebuilds a study's reports and messages from what is stored, byte by byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from adapter.cli.stored import opened, told
from adapter.domain.audit import Verb
from adapter.links import translate
from adapter.settings import load_settings
from adapter.workflow.replay import replay


def command(
    accession: Annotated[str, typer.Argument(help="The study's accession number.")],
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Rebuild every version and message of a study; exit 1 when a byte differs.

    Example: readout replay A1
    """
    with opened(load_settings(config)) as database:
        told(database, Verb.READ, "readout replay", accession)
        results = replay(database, accession, translate)
    same = all(each.same for each in results)
    if as_json:
        rebuilt = [{"what": each.what, "same": each.same} for each in results]
        typer.echo(json.dumps({"accession": accession, "same": same, "rebuilt": rebuilt}))
    else:
        for each in results:
            typer.echo(f"{'same   ' if each.same else 'DIFFERS'}  {each.what}")
    if not same:
        raise typer.Exit(1)
