"""Child processes in groups of their own, whose events are JSON lines; none outlives its parent."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

from adapter.errors import ReadoutError

Event = dict[str, Any]
_ROOT = Path(__file__).resolve().parents[2]  # so that a checkout that is not installed runs too
_FAREWELL_S = 10.0
_LINES = 12


class Teller:
    """What a process tells, a JSON line an event, and the log beside it."""

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.events: list[Event] = []
        self._log = log
        self._changed = threading.Condition()
        self._ended = False

    def follow(self, told: IO[bytes]) -> None:
        """Read its lines in a thread until it ends."""
        threading.Thread(
            target=self._read, args=(told,), name=f"read {self.name}", daemon=True
        ).start()

    def wait_for(self, wanted: Callable[[Event], bool], seconds: float, what: str) -> Event:
        """The first event that is wanted; raises ReadoutError with the last lines of the log."""
        found: list[Event] = []

        def seen() -> bool:
            found[:] = [each for each in self.events if wanted(each)][:1]
            return bool(found) or self._ended

        with self._changed:
            self._changed.wait_for(seen, seconds)
        if found:
            return found[0]
        why = "it has ended" if self._ended else f"nothing came within {seconds:g} s"
        raise ReadoutError(f"{self.name}: {what}: {why}{self.last_lines()}")

    def last_lines(self) -> str:
        """The end of its log, for an error message; "" when it wrote nothing."""
        with self._log.open(encoding="utf-8", errors="replace") as log:
            last = [line.rstrip() for line in deque(log, _LINES)]
        return "\n  " + "\n  ".join(last) if last else ""

    def _read(self, told: IO[bytes]) -> None:
        with told:
            for line in told:
                try:
                    event = json.loads(line)
                except ValueError:
                    continue
                with self._changed:
                    self.events.append(event)
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


class Child(Teller):
    """`python -m …`, started at once; standard error goes to a log file."""

    def __init__(
        self, name: str, arguments: Sequence[str], folder: Path, env: Mapping[str, str]
    ) -> None:
        super().__init__(name, folder / f"{name}.log")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own modules
                [sys.executable, "-m", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder,
                env=_with_import_path(env),
                start_new_session=True,
            )
        self._stdin = cast(IO[bytes], self._process.stdin)
        atexit.register(self.stop)
        self.follow(cast(IO[bytes], self._process.stdout))

    @property
    def pid(self) -> int:
        """Process id, of the process group too."""
        return self._process.pid

    def say(self, **values: Any) -> None:
        """One JSON line to its standard input."""
        self._stdin.write(json.dumps(values).encode() + b"\n")
        self._stdin.flush()

    def kill(self) -> None:
        """SIGKILL to the whole group, and wait."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> int:
        """Ask it to end, make it end; returns its exit status. May be called again."""
        atexit.unregister(self.stop)
        if self._process.poll() is None:
            self._stdin.close()
            self._signal(signal.SIGTERM)
            try:
                self._process.wait(_FAREWELL_S)
            except subprocess.TimeoutExpired:
                self.kill()
        return self._process.returncode

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:  # it ended by itself
            return


def _with_import_path(env: Mapping[str, str]) -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(_ROOT), env.get("PYTHONPATH", "")]))
    return {**env, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
