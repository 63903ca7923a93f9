"""`readout serve`: the service, until it is told to stop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from adapter.bootstrap import Service
from adapter.cli.running import run
from adapter.settings import load_settings
from adapter.web.server import own_address


def command(
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say the ports as JSON.")] = False,
) -> None:
    """Take orders, dictations and AI findings; send reports. SIGTERM or Ctrl-C ends it.

    Example: READOUT_HTTP_PORT=8080 readout serve --config /etc/readout/readout.toml
    """
    settings = load_settings(config)

    def ready(service: Service) -> None:
        print(_told(service, as_json), flush=True)

    run(settings, ready)


def _told(service: Service, as_json: bool) -> str:
    """Where this node listens, as far as its roles have doors."""
    settings, mllp, http = service.settings, service.mllp_port, service.http_port
    dicom = service.dicom_port
    base = "" if http is None else own_address(settings, http)
    sign_in = "" if http is None else base + service.sign_in_path()
    if as_json:
        ports = {"mllp_port": mllp, "http_port": http, "dicom_port": dicom, "sign_in": sign_in}
        return json.dumps({"event": "ready", **{name: at for name, at in ports.items() if at}})
    places = [
        *([] if mllp is None else [f"HL7 v2 on mllp://{address(settings.mllp_host, mllp)}"]),
        *([f"HTTP on {base}/"] if base else []),
        *([] if dicom is None else [f"DICOM on {address(settings.dicom_host, dicom)}"]),
    ]
    line = f"Readout is ready: {', '.join(places) or ', '.join(sorted(service.roles))}"
    return line + (f"\nWorkspace, this link works once: {sign_in}" if sign_in else "")


def address(host: str, port: int) -> str:
    """Host and port as they stand in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
