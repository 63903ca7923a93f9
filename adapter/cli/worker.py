"""`readout worker`: one more node on the same PostgreSQL, without doors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from adapter.cli.running import run
from adapter.errors import ConfigurationError
from adapter.settings import load_settings


def command(
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say that it is ready as JSON.")] = False,
) -> None:
    """Transcribe, merge and deliver beside other nodes of one database.

    Example: READOUT_NODE_ID=node-2 readout worker --config /etc/readout/readout.toml
    """
    settings = load_settings(config)
    if not settings.database_url.startswith("postgresql"):
        raise ConfigurationError(
            "a worker shares a PostgreSQL database with other nodes: set READOUT_DATABASE_URL; "
            "with the embedded database `readout serve` does all the work"
        )
    line = json.dumps({"event": "ready", "node": settings.node_id})
    told = line if as_json else f"Readout worker {settings.node_id} is ready"
    run(settings, lambda _service: print(told, flush=True), doors=False)
