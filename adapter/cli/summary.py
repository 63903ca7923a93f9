"""`readout summary`: the plain-language summary of a signed report, for the one who releases it."""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import quote

import typer

from adapter.cli.service_call import call


def command(
    accession: Annotated[str, typer.Argument(help="Accession number.")],
    release: Annotated[
        int | None, typer.Option(help="Version of the report whose summary the patient may have.")
    ] = None,
    by: Annotated[str, typer.Option(help="Number of the person who releases it.")] = "",
    to: Annotated[str, typer.Option(help="Address of the service.")] = "http://127.0.0.1:8765",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the summary of a signed report; with --release let the patient have it.

    Example: readout summary A1 --release 3 --by 1001
    """
    if (release is None) == bool(by):
        raise typer.BadParameter("--release and --by go together: a person releases a summary")
    address = f"{to.rstrip('/')}/api/studies/{quote(accession, safe='')}/summary"
    if release is None:
        told = call("GET", address)
    else:
        asked = {"person": {"id": by}, "version": release}
        told = call("POST", f"{address}/release", json=asked)
    typer.echo(json.dumps(told, ensure_ascii=False) if as_json else _in_words(told))


def _in_words(told: dict[str, Any]) -> str:
    made = told["released"]
    state = f"released by {made['person']} at {made['released_at']}" if made else "not released"
    lines = [
        f"{told['accession']}, version {told['version']}: {state}; reading grade {told['grade']}",
        *(f"{each['text']}  [{', '.join(each['statements'])}]" for each in told["sentences"]),
        *(f"{name}: {what}" for name, what in told["words"].items()),
        *([told["ask"]] if told["quotes"] else []),
        *(f"{each['text']}  [{each['statement']}]" for each in told["quotes"]),
    ]
    return "\n".join(lines)
