"""The R4 server of server.mjs as a process of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.peers import require_peer

_FOLDER = Path(__file__).parent


@contextmanager
def fhir_server() -> Iterator[str]:
    """The base URL of a fresh, empty server; ended with the block."""
    installed = (_FOLDER / "node_modules" / "@medplum" / "fhir-router").is_dir()
    node = shutil.which("node")
    require_peer("@medplum/fhir-router", bool(node and installed), "make peers")
    command = [node or "node", str(_FOLDER / "server.mjs")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = process.stdout.readline().strip() if process.stdout else ""
            assert port.isdecimal(), "the FHIR server did not start"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
