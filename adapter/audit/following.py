"""A thread that acts whenever the audit trail has grown."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Follower:
    """Calls `act` when told that the trail has moved, and every `look_s` seconds where given.

    `act` answers how many seconds to rest; it must not raise.
    """

    def __init__(self, name: str, act: Callable[[], float], look_s: float | None = None) -> None:
        self._name, self._act, self._look_s = name, act, look_s
        self._moved, self._stopped = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def moved(self) -> None:
        """The trail has grown, or there is more to do."""
        self._moved.set()

    def start(self) -> None:
        """Follow from now on."""
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self, interrupt: Callable[[], None] = lambda: None) -> None:
        """Returns when the act at hand is done; `interrupt` makes it end early."""
        self._stopped.set()
        self._moved.set()
        interrupt()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._moved.wait(self._look_s)
            self._moved.clear()
            if not self._stopped.is_set():
                self._stopped.wait(self._act())
