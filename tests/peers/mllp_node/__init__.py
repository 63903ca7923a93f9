"""The HL7 v2 client and server of peer.mjs as processes of their own."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.peers import require_peer

_FOLDER = Path(__file__).parent
Json = dict[str, Any]


@contextmanager
def node_server(tls: dict[str, str] | None = None) -> Iterator[tuple[int, list[Json]]]:
    """Port of a server that accepts everything, and what it has read: complete after the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    read: list[Json] = []
    command = _command("server", {"port": port, "tls": tls})
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert json.loads(process.stdout.readline()) == {"ready": True}
            yield port, read
        finally:
            process.terminate()
            read += map(json.loads, process.stdout)


def node_client(port: int, texts: Sequence[str], tls: dict[str, str] | None = None) -> list[Json]:
    """Send messages one after the other over one connection; what was answered. Blocking."""
    command = _command("client", {"port": port, "tls": tls, "messages": list(texts)})
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _command(role: str, options: Json) -> list[str]:
    node = shutil.which("node")
    installed = (_FOLDER / "node_modules" / "node-hl7-server").is_dir()
    require_peer("node-hl7-server", bool(node and installed), "make peers")
    told = {name: value for name, value in options.items() if value is not None}
    return [node or "node", str(_FOLDER / "peer.mjs"), role, json.dumps(told)]
