"""`readout sign-in`: a new one-time link to the workspace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from adapter.cli.stored import opened
from adapter.clock import SystemClock
from adapter.settings import load_settings
from adapter.web.entry import sign_in_path
from adapter.web.server import own_address
from adapter.workflow.sign_in import SignIn


def command(
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print a link that signs one browser in, once; it is good for a day.

    Example: readout sign-in --config /etc/readout/readout.toml
    """
    settings = load_settings(config)
    with opened(settings) as database:
        path = sign_in_path(SignIn(database, SystemClock()), settings)
    link = f"{own_address(settings, settings.http_port)}{path}"
    print(json.dumps({"sign_in": link}) if as_json else link)
