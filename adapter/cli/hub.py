"""`readout hub`: a FHIRcast hub for sites that have none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from adapter.errors import ConfigurationError
from adapter.fhircast.hub import Hub, Limits
from adapter.fhircast.hub_app import PATH, HubOptions
from adapter.fhircast.hub_serve import serve_hub


def command(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65535)] = 8766,
    url: Annotated[
        str, typer.Option(help="hub.url as subscribers know it, behind a reverse proxy.")
    ] = "",
    token_file: Annotated[
        Path | None, typer.Option(help="File of bearer tokens, one a line; else nobody is asked.")
    ] = None,
    origin: Annotated[
        list[str] | None, typer.Option(help="Web page that may call; may be given again.")
    ] = None,
    strict: Annotated[
        bool, typer.Option(help="Refuse what IHE IRA forbids: no name, no study, no version.")
    ] = False,
    topics: Annotated[int, typer.Option(help="Most topics at once.", min=1)] = 256,
    subscribers: Annotated[int, typer.Option(help="Most subscribers of a topic.", min=1)] = 32,
    lease_seconds: Annotated[int, typer.Option(help="Longest lease.", min=1)] = 14_400,
    as_json: Annotated[bool, typer.Option("--json", help="Say the address as JSON.")] = False,
) -> None:
    """Share one context among worklist, viewer and reporter (FHIRcast STU3).

    Contexts are kept in memory. SIGTERM or Ctrl-C ends it.

    Example: readout hub --port 8766
    """
    if token_file is None and host not in ("127.0.0.1", "::1", "localhost"):
        raise ConfigurationError("a hub that others can reach needs --token-file")
    tokens = () if token_file is None else _tokens(token_file)
    hub = Hub(Limits(topics, subscribers, lease_seconds), strict=strict)

    def ready(port: int) -> None:
        told = url or f"http://{f'[{host}]' if ':' in host else host}:{port}{PATH}"
        line = json.dumps({"event": "ready", "hub_url": told}) if as_json else None
        print(line or f"The FHIRcast hub is ready at {told}", flush=True)

    serve_hub(hub, HubOptions(url, tokens, tuple(origin or ())), host, port, ready)


def _tokens(path: Path) -> tuple[str, ...]:
    try:
        tokens = tuple(filter(None, map(str.strip, path.read_text().splitlines())))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ConfigurationError(f"--token-file {path} cannot be read: {reason}") from None
    if not tokens:
        raise ConfigurationError(f"--token-file {path} holds no token")
    return tokens
