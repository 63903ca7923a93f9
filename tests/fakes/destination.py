"""A receiver that answers what the test tells it to."""

from __future__ import annotations

from adapter.domain.delivery import Answer, Delivery, Outcome
from adapter.errors import TryAgain

ACCEPT = Answer(Outcome.ACCEPTED, "AA")
HOLD = Answer(Outcome.HOLD, "AE", "patient unknown")
RETRY = Answer(Outcome.RETRY, "AR", "busy")
GONE = TryAgain("connection refused")


class FakeDestination:
    """Implements ports.Destination; `script` is used up first, then all is accepted."""

    def __init__(self) -> None:
        self.received: list[Delivery] = []
        self.script: list[Answer | TryAgain] = []

    async def send(self, delivery: Delivery) -> Answer:
        self.received.append(delivery)
        answer = self.script.pop(0) if self.script else ACCEPT
        if isinstance(answer, TryAgain):
            raise answer
        return answer

    async def reach(self) -> str:
        if self.script and isinstance(self.script[0], TryAgain):
            raise self.script[0]
        return "somebody answers"

    async def close(self) -> None:
        """Nothing is open."""
