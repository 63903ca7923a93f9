"""Promises in memory, run when the test says so; the rules of ports.Jobs hold."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from adapter.errors import TryAgain
from adapter.ports import JobHandler
from adapter.store.database import after_commit


@dataclass
class Promise:
    job: str
    key: str
    delay: float
    priority: int
    lane: str | None


class FakeJobs:
    """Implements ports.Jobs: a promise exists once its transaction has committed."""

    def __init__(self) -> None:
        self.handlers: dict[str, JobHandler] = {}
        self.waiting: list[Promise] = []
        self.ever: set[tuple[str, str]] = set()

    def handle(self, job: str, handler: JobHandler) -> None:
        self.handlers[job] = handler

    def put(
        self,
        tx: Any,
        job: str,
        key: str,
        *,
        delay: float = 0.0,
        priority: int = 100,
        lane: str | None = None,
    ) -> None:
        after_commit(tx, lambda: self._promise(Promise(job, key, delay, priority, lane)))

    def _promise(self, promise: Promise) -> None:
        if (promise.job, promise.key) not in self.ever:
            self.ever.add((promise.job, promise.key))
            self.waiting.append(promise)

    def start(self) -> None:
        """Nothing runs by itself."""

    def running(self) -> bool:
        return True

    def stop(self) -> None:
        """Nothing runs by itself."""

    def run(self) -> list[str]:
        """Run all promises that are due, and those they make; returns their names in order."""
        done: list[str] = []
        while due := next((each for each in self.waiting if each.delay <= 0), None):
            self.waiting.remove(due)
            done.append(f"{due.job}:{due.key}")
            try:
                asyncio.run(self._call(due))
            except TryAgain as error:
                due.delay = error.after if error.after is not None else 1.0
                self.waiting.append(due)
        return done

    async def _call(self, promise: Promise) -> None:
        await self.handlers[promise.job](promise.key)

    def pass_time(self) -> None:
        """Let every delay be over."""
        for each in self.waiting:
            each.delay = 0
