"""`readout serve`: the service, until it is told to stop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from adapter.bootstrap import Service, serve
from adapter.settings import load_settings


def command(
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say the ports as JSON.")] = False,
) -> None:
    """Take orders, dictations and AI findings; send reports. SIGTERM or Ctrl-C ends it.

    Example: READOUT_HTTP_PORT=8080 readout serve --config /etc/readout/readout.toml
    """
    settings = load_settings(config)

    def ready(service: Service) -> None:
        ports = {"mllp_port": service.mllp_port, "http_port": service.http_port}
        sign_in = service.sign_in_path()
        base = f"http://{address(settings.http_host, service.http_port)}"
        if as_json:
            line = json.dumps({"event": "ready", **ports, "sign_in": base + sign_in})
        else:
            mllp = address(settings.mllp_host, service.mllp_port)
            line = f"Readout is ready: HL7 v2 on mllp://{mllp}, HTTP on {base}/"
            line += f"\nWorkspace, this link works once: {base}{sign_in}"
        print(line, flush=True)

    serve(settings, ready)


def address(host: str, port: int) -> str:
    """Host and port as they stand in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
