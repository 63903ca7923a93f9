"""The record that an urgent finding was told to somebody who can act on it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Communication:
    """Who told whom what, when and how (Joint Commission NPSG.02.03.01; ACR Practice Parameter).

    Times are ISO 8601, UTC. `finding` is a lexicon id or words that name one.
    """

    id: str  # c-1, c-2, …
    finding: str
    identified_at: str
    sender: str
    receiver: str
    received_at: str
    method: str  # "telephone", "in person", "message", …
    minutes: float  # from identified to received
