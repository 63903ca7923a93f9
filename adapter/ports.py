"""What the middle of the house needs from its edges."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from adapter.clock import Clock
from adapter.domain.delivery import Answer, Delivery
from adapter.domain.finding import AiFinding
from adapter.domain.order import Order
from adapter.domain.transcript import Word

__all__ = ["Clock"]

JobHandler = Callable[[str], Awaitable[None]]
"""Called with the key. At least once, on any node, any time later: it must be idempotent."""


class Jobs(Protocol):
    """Durable promises to look. The engine behind it can be replaced."""

    def handle(self, job: str, handler: JobHandler) -> None:
        """Name the coroutine that serves `job`; before `start()`.

        A handler that raises TryAgain is asked again after its `after`, any other error later.
        """

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
        """Ask for `job(key)` inside the caller's transaction `tx`; same job and key: one promise.

        Lower `priority` runs first; promises of one `lane` run one at a time; `delay` in seconds.
        """

    def start(self) -> None:
        """Begin to run jobs, first those that an earlier process left unfinished."""

    def running(self) -> bool:
        """Whether every queue of this node is served."""

    def stop(self) -> None:
        """Let running jobs end, then stop."""


@dataclass(frozen=True, slots=True)
class SpeechContext:
    """What is known of the study: helps the recogniser with rare words."""

    language: str = "en"
    phrases: tuple[str, ...] = ()  # most relevant first


@dataclass(frozen=True, slots=True)
class Recognized:
    """What was heard in one recording.

    `quarantined`: words where the audio holds no speech; `unheard`: speech, [from, to) in ms, in
    which no word was recognised.
    """

    words: tuple[Word, ...]
    language: str
    duration_ms: int
    model: str
    quarantined: tuple[Word, ...] = ()
    unheard: tuple[tuple[int, int], ...] = ()


class Recognizer(Protocol):
    """Speech to words."""

    def recognize(self, audio: Path, context: SpeechContext) -> Recognized:
        """Blocking. Raises Unsupported (not audio) and Malformed (empty or broken file)."""


class Destination(Protocol):
    """A reporting system or EHR that takes reports; one caller at a time."""

    async def send(self, delivery: Delivery) -> Answer:
        """Send these bytes and wait for the answer; raises TryAgain when the link fails."""

    async def reach(self) -> str:
        """Connect without sending a report; who answered. Raises TryAgain when nobody does."""

    async def close(self) -> None:
        """Drop the connection."""


class FindingsSource(Protocol):
    """A model that drafts findings for an order."""

    async def findings(self, order: Order) -> tuple[AiFinding, ...]:
        """Draft findings; raises TryAgain when the model is away."""
