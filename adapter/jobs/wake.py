"""Wakes a queue of this process when a job is put, so that idle queues may poll slowly."""

from __future__ import annotations

import threading

_PREFIX = "queue-worker-"


def thread_name(queue: str) -> str:
    """The name a queue's thread must have, so that it can be woken alone."""
    return _PREFIX + queue


class WakeableEvent(threading.Event):
    """The engine's stop event: its queue threads sleep in `wait`, from which `wake` calls one."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()
        self._calls: dict[str, int] = {}
        self._seen = threading.local()

    def wake(self, queue: str) -> None:
        """Let the thread of this queue look now."""
        with self._changed:
            self._calls[queue] = self._calls.get(queue, 0) + 1
            self._changed.notify_all()

    def set(self) -> None:
        """Stop: all waiters return True."""
        super().set()
        with self._changed:
            self._changed.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        """Sleep until set (True), woken or timed out (False)."""
        queue = threading.current_thread().name.removeprefix(_PREFIX)
        with self._changed:
            seen = getattr(self._seen, "calls", 0)
            self._changed.wait_for(
                lambda: self.is_set() or self._calls.get(queue, 0) != seen, timeout
            )
            self._seen.calls = self._calls.get(queue, 0)
        return self.is_set()
