"""`readout summary`: the plain-language summary of a signed report, for the one who releases it."""

from __future__ import annotations

from typing import Annotated

import typer

from adapter.cli.remote import HERE, Json, To, Told, get, post, show


def command(
    accession: Annotated[str, typer.Argument(help="Accession number.")],
    release: Annotated[
        int | None, typer.Option(help="Version of the report whose summary the patient may have.")
    ] = None,
    by: Annotated[str, typer.Option(help="Number of the person who releases it.")] = "",
    to: To = HERE,
    as_json: Json = False,
) -> None:
    """Show the summary of a signed report; with --release let the patient have it.

    Example: readout summary A1 --release 3 --by 1001
    """
    if (release is None) == bool(by):
        raise typer.BadParameter("--release and --by go together: a person releases a summary")
    place = ("api/studies", accession, "summary")
    if release is None:
        told = get(to, *place)
    else:
        told = post(to, *place, "release", by=by, version=release)
    show(told, as_json, _in_words)


def _in_words(told: Told) -> str:
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
