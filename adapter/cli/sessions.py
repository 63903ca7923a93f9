"""`readout sessions`: who has signed in, and ending a session."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from adapter.cli.stored import opened
from adapter.clock import SystemClock
from adapter.settings import load_settings
from adapter.workflow.sign_in import SignIn, name_of

app = typer.Typer(add_completion=False, invoke_without_command=True)

Config = Annotated[Path | None, typer.Option(help="Settings file.")]


@app.callback()
def command(
    context: typer.Context,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell every open session: its name, person, roles, how and when it was opened.

    Example: readout sessions
    """
    if context.invoked_subcommand is not None:
        return
    with _desk(config) as desk:
        rows = [
            {
                "session": name_of(each),
                "person": each.person.id,
                "roles": list(each.roles),
                "how": each.how,
                "since": each.created_at,
                "seen": each.seen_at,
                "until": each.expires_at,
            }
            for each in desk.listed()
        ]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    for row in rows:
        roles = ",".join(row.pop("roles"))
        typer.echo("  ".join([*map(str, row.values()), roles]))


@app.command("end")
def end(
    session: Annotated[str, typer.Argument(help="Name of the session.")],
    by: Annotated[str, typer.Option(help="Number of the person who asks; it is kept.")],
    config: Config = None,
) -> None:
    """End a session at once.

    Example: readout sessions end 3f9a0c1b2d4e --by 1001
    """
    with _desk(config) as desk:
        person = desk.revoke(session, by)
    typer.echo(f"the session of {person.id} has ended")


@contextmanager
def _desk(config: Path | None) -> Iterator[SignIn]:
    settings = load_settings(config)
    with opened(settings) as database:
        clock = SystemClock()
        yield SignIn(database, clock, settings.session_hours, settings.session_idle_minutes)
