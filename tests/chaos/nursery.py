"""Starts our programs by fork from a process that has imported them: 0.3 s a start instead of 3.

`python -m tests.chaos.nursery FD` serves the Unix socket FD until the other side closes it. What
it starts are processes of their own, each in a session of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

from adapter.demo.processes import Teller

ROOT = Path(__file__).resolve().parents[2]
_IMPORTED = ("adapter.cli.serve", "adapter.cli.worker", "av", "faster_whisper.vad", "onnxruntime")
_LARGEST = 1 << 20
_FAREWELL_S = 15.0
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Forked(Teller):
    """One process that the nursery started."""

    def __init__(self, name: str, log: Path, pid: int) -> None:
        super().__init__(name, log)
        self.pid = pid
        self._handle = os.pidfd_open(pid)
        weakref.finalize(self, os.close, self._handle)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return not self._ended_within(0)

    def kill(self) -> None:
        """SIGKILL to it and all that it started, and wait."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._ended_within(_FAREWELL_S)

    def stop(self) -> None:
        """Ask it to end, make it end."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        if not self._ended_within(_FAREWELL_S):
            self.kill()

    def _ended_within(self, seconds: float) -> bool:
        watch = select.poll()
        watch.register(self._handle, select.POLLIN)
        return bool(watch.poll(seconds * 1000))


class Nursery:
    """Where processes are started; `close` ends those that still run."""

    def __init__(self) -> None:
        self._door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        self._children: list[Forked] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.nursery", str(theirs.fileno())],
            cwd=ROOT,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        atexit.register(self.close)

    def start(
        self,
        name: str,
        module: str,
        arguments: Sequence[str],
        folder: Path,
        env: Mapping[str, str],
    ) -> Forked:
        """`python -m module arguments`, its log in `folder`."""
        log = folder / f"{name}.log"
        told, telling = os.pipe()
        with log.open("ab") as err, open(telling, "wb") as out, self._lock:
            asked = {"argv": [module, *arguments], "folder": str(folder), "env": dict(env)}
            descriptors = [out.fileno(), err.fileno()]
            socket.send_fds(self._door, [json.dumps(asked).encode()], descriptors)
            child = Forked(name, log, int(self._door.recv(_LARGEST)))
            self._children = [each for each in self._children if each.alive] + [child]
        child.follow(os.fdopen(told, "rb"))
        return child

    def close(self) -> None:
        """End everything."""
        atexit.unregister(self.close)
        for each in self._children:
            if each.alive:  # the number of a dead one may be another's by now
                each.kill()
        self._door.close()
        self._process.wait()


@cache
def nursery() -> Nursery:
    """The one of this process: importing our programs takes seconds."""
    return Nursery()


def _serve(door: socket.socket) -> None:
    for name in _IMPORTED:
        import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here
    while True:
        asked, descriptors, _, _ = socket.recv_fds(door, _LARGEST, 2)
        if not asked:
            return
        pid = os.fork()
        if pid == 0:
            door.close()
            _become(json.loads(asked), *descriptors)
        for each in descriptors:
            os.close(each)
        door.send(str(pid).encode())


def _become(asked: dict[str, object], out: int, err: int) -> None:
    """Run the program in this process, and end."""
    os.setsid()
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.chdir(str(asked["folder"]))
    os.environ.clear()
    os.environ.update(dict(asked["env"]))  # type: ignore[call-overload]
    sys.argv = list(asked["argv"])  # type: ignore[call-overload]
    code: object = 0
    try:
        runpy.run_module(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        code = end.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
