"""Medplum's FHIRcast client, and a hub with the sandbox's quirks, as processes of their own."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tests.peers import require_peer

_FOLDER = Path(__file__).parent
_PATIENCE_S = 20.0
Json = dict[str, Any]


class Process:
    """A peer that says one JSON object a line and may be told the same way."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin: IO[str] = process.stdin
        self._said: queue.Queue[Json] = queue.Queue()
        self.heard: list[Json] = []
        threading.Thread(target=self._listen, args=(process.stdout,), daemon=True).start()

    def _listen(self, lines: IO[str]) -> None:
        for line in lines:
            self._said.put(json.loads(line))

    def tell(self, do: str, **what: Any) -> Json:
        """Let it do something and wait until it is done; returns what came of it."""
        self._stdin.write(json.dumps({"do": do, **what}) + "\n")
        self._stdin.flush()
        return self.until(lambda said: said["what"] in ("done", "failed"))

    def until(self, wanted: Any) -> Json:
        """The next thing said that is wanted; those before it are kept in `heard`."""
        while True:
            said = self._said.get(timeout=_PATIENCE_S)
            self.heard.append(said)
            if wanted(said):
                return said

    def event(self, name: str) -> Json:
        """The next notification of this name, or the one that came last while doing something."""
        for said in reversed(self.heard):
            if _is_event(said, name):
                self.heard.remove(said)
                return dict(said["payload"])
        return dict(self.until(lambda said: _is_event(said, name))["payload"])


def _is_event(said: Json, name: str) -> bool:
    event = said.get("payload", {}).get("event", {})
    return said["what"] == "message" and str(event.get("hub.event")).lower() == name.lower()


@contextmanager
def medplum_client(hub_url: str, token: str = "") -> Iterator[Process]:
    """Medplum's client, bound to a hub."""
    with _running("client.mjs", hub_url, *filter(None, [token])) as process:
        yield process


@contextmanager
def sandbox_hub(heartbeat_ms: int = 15_000) -> Iterator[tuple[str, Process]]:
    """(hub.url, the process) of a hub with the sandbox's quirks."""
    with _running("sandbox.mjs", str(heartbeat_ms)) as process:
        port = process.heard[-1]["port"]
        yield f"http://127.0.0.1:{port}/api/hub", process


@contextmanager
def _running(script: str, *arguments: str) -> Iterator[Process]:
    node = shutil.which("node")
    installed = (_FOLDER / "node_modules" / "@medplum" / "core").is_dir()
    require_peer("@medplum/core", bool(node and installed), "make peers")
    command = [node or "node", str(_FOLDER / script), *arguments]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            made = Process(process)
            made.until(lambda said: said["what"] == "ready")
            yield made
        finally:
            process.terminate()
