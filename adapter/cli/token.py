"""`readout token`: tokens of our own for programs that call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from adapter.cli.stored import opened
from adapter.clock import SystemClock
from adapter.mapping.files import MappingFiles
from adapter.mapping.roles import SERVICE, load_roles
from adapter.settings import listed, load_settings
from adapter.workflow.service_tokens import ServiceTokens

app = typer.Typer(no_args_is_help=True, help="Tokens of programs: create, list, revoke.")

Name = Annotated[str, typer.Argument(help="Name of the program.")]
Config = Annotated[Path | None, typer.Option(help="Settings file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("create")
def create(
    name: Name,
    scopes: Annotated[str, typer.Option(help="What it may do, by commas: readout.read, …")],
    days: Annotated[float | None, typer.Option(min=0.001, help="Days until it ends.")] = 365.0,
    for_good: Annotated[bool, typer.Option("--for-good", help="It does not end.")] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Print a new token, this once: only its hash is kept.

    Example: readout token create pacs --scopes readout.read,readout.write --days 90
    """
    with _tokens(config) as tokens:
        secret = tokens.create(name, listed(scopes), None if for_good else days)
    typer.echo(json.dumps({"name": name, "token": secret}) if as_json else secret)


@app.command("list")
def list_(config: Config = None, as_json: Json = False) -> None:
    """Tell every token with its scopes, end and last use; never the token itself.

    Example: readout token list
    """
    with _tokens(config) as tokens:
        found = tokens.listed()
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found]))
        return
    for each in found:
        end = f"revoked {each.revoked_at}" if each.revoked_at else f"until {each.expires_at or '-'}"
        used = each.used_at or "never"
        typer.echo(f"{each.name}  {end}  used {used}  {' '.join(each.scopes)}")


@app.command("revoke")
def revoke(name: Name, config: Config = None) -> None:
    """End a token at once.

    Example: readout token revoke pacs
    """
    with _tokens(config) as tokens:
        tokens.revoke(name)
    typer.echo(f"{name} is revoked")


@contextmanager
def _tokens(config: Path | None) -> Iterator[ServiceTokens]:
    settings = load_settings(config)
    most = load_roles(MappingFiles(site=settings.mappings_dir)).scopes([SERVICE])
    with opened(settings) as database:
        yield ServiceTokens(database, SystemClock(), most)
