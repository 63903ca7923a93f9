"""How fast each sender may send: it waits, nothing is lost (a generic cell rate algorithm)."""

from __future__ import annotations

_MOST_SENDERS = 1024


class Pace:
    """Messages a second by sender's address, over all connections of it."""

    def __init__(self, per_second: float, burst_seconds: float = 1.0) -> None:
        """What `burst_seconds` may bring may come at once."""
        self._seconds, self._burst = 1.0 / per_second, burst_seconds
        self._due: dict[str, float] = {}  # when the sender will have been still for long enough

    def spend(self, sender: str, messages: int, now: float) -> float:
        """Count these messages; how many seconds the sender must now wait."""
        if len(self._due) > _MOST_SENDERS:
            self._due = {each: due for each, due in self._due.items() if due > now}
        due = max(self._due.get(sender, now), now) + messages * self._seconds
        self._due[sender] = due
        return max(0.0, due - now - self._burst)

    def ask(self, sender: str, now: float) -> float:
        """Count one if it may come now; how many seconds it must wait, and is not counted."""
        known = self._due.get(sender, now)
        wait = max(known, now) + self._seconds - now - self._burst
        if wait > 0:
            return wait
        return self.spend(sender, 1, now)
