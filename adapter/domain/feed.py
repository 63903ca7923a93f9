"""A sender that is expected to speak, and whether it does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeedState:
    """What is known of one feed; times are ISO 8601, UTC."""

    listener: str
    sender: str  # MSH-3|MSH-4; "" whoever speaks to the listener
    heard_at: str  # when it last spoke; the start of the node where it has not yet
    silent: bool
    silent_seconds: float  # since it last spoke
