"""An S3 server (moto) in a process and a venv of its own, on a loopback port."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.peers import require_peer
from tests.peers.postgres import free_port

_PROGRAM = Path(__file__).parent / ".venv" / "bin" / "moto_server"
BUCKET = "recordings"


@contextmanager
def s3_server(port: int = 0) -> Iterator[str]:
    """Its address; it has one bucket, and takes any credentials. Port 0: any that is free."""
    require_peer("an S3 server", _PROGRAM.exists(), "make peers")
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(_PROGRAM), "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _make_bucket(url)
        yield url
    finally:
        process.kill()
        process.wait()


def _make_bucket(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            assert httpx.put(f"{url}/{BUCKET}", timeout=10).is_success
            return
        except httpx.TransportError:
            assert time.monotonic() < deadline, "the S3 server does not answer"
            time.sleep(0.05)
