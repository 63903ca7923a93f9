"""`readout worker`: one more node on the same PostgreSQL, without doors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from adapter.bootstrap import Service
from adapter.cli.running import run
from adapter.errors import ConfigurationError
from adapter.settings import load_settings
from adapter.web.server import socket_address


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

    def ready(service: Service) -> None:
        print(_told(service, as_json), flush=True)

    run(settings, ready, doors=False)


def _told(service: Service, as_json: bool) -> str:
    """That it works, and where it is watched."""
    settings, port = service.settings, service.monitor_port
    node = settings.node_id
    if as_json:
        return json.dumps({"event": "ready", "node": node, "monitor_port": port})
    if port is None:
        return f"Readout worker {node} is ready"
    at = socket_address(settings, settings.monitor_host, port)
    return f"Readout worker {node} is ready; health and metrics at {at}"
