"""The only place that reads the time of day."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The Clock port on the machine's clock."""

    def now(self) -> datetime:
        """The present moment, UTC, aware."""
        return datetime.now(UTC)
