"""`readout outgoing`: what left for models, to prove it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from adapter.cli.inputs import read_bytes
from adapter.cli.stored import opened, told
from adapter.domain.audit import Verb
from adapter.settings import load_settings
from adapter.store import model_calls as store
from adapter.store.model_calls import Left, LeftState


def command(
    call: Annotated[str, typer.Option(help="Name of the call in its mapping file.")] = "",
    accession: Annotated[str, typer.Option(help="Accession number.")] = "",
    destination: Annotated[
        str, typer.Option(help="Address it went to, or a part of it such as the host.")
    ] = "",
    state: Annotated[str, typer.Option(help="leaving, answered, failed or stopped.")] = "",
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="In UTC.")
    ] = None,
    file: Annotated[
        str,
        typer.Option(help="A payload, such as one that a recipient shows; - is standard input."),
    ] = "",
    prove: Annotated[
        bool,
        typer.Option("--prove", help="Hold the list to the audit trail; exit 1 if they differ."),
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most payloads.")] = 50,
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one object a payload.")] = False,
) -> None:
    """List payloads for models, left or stopped, newest first.

    With --file exit 1 when that one did not leave.

    Example: readout outgoing --since 2026-11-01 --destination models.example --json
    """
    if prove:
        _prove(config)
        return
    sha256 = hashlib.sha256(read_bytes(file)).hexdigest() if file else ""
    begin = since.replace(tzinfo=UTC).isoformat(timespec="milliseconds") if since else ""
    with opened(load_settings(config)) as database, database.read() as tx:
        found = store.listed(
            tx,
            name=call,
            accession=accession,
            destination=destination,
            state=state,
            sha256=sha256,
            since=begin,
            limit=limit,
        )
    for each in found:
        typer.echo(json.dumps(each._asdict()) if as_json else _line(each))
    if file and all(each.state is LeftState.STOPPED for each in found):
        typer.echo(f"readout: no payload with SHA-256 {sha256} has left", err=True)
        raise typer.Exit(1)


def _prove(config: Path | None) -> None:
    with opened(load_settings(config)) as database:
        with database.read() as tx:
            differing = store.unproved(tx)
        told(database, Verb.AUDIT_LOG_USED, "readout outgoing --prove")
    for each in differing:
        typer.echo(f"WRONG  {each}")
    typer.echo("the list and the audit trail " + ("differ" if differing else "tell the same"))
    if differing:
        raise typer.Exit(1)


def _line(left: Left) -> str:
    known = (left.at[:19], left.state, left.name, left.model, left.accession, left.destination)
    kept = (f"{left.size_bytes} bytes", left.sha256, " ".join(left.fields), left.reason)
    return "  ".join((*known, *kept)).rstrip()
