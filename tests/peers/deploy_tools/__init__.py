"""Programs that read what lies in deploy/: linters of Dockerfiles, Kubernetes objects, PromQL."""

from __future__ import annotations

from pathlib import Path

from tests.peers import require_peer

_BIN = Path(__file__).parent / ".venv" / "bin"


def tool(name: str) -> str:
    """The program's path; skips the test, or fails it, where it is missing."""
    require_peer(name, (_BIN / name).exists(), "make peers")
    return str(_BIN / name)
