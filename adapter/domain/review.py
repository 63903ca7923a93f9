"""Between the one who prepares a report and the one who signs it, and who has it open."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adapter.domain.people import Practitioner

LOCK_S = 90.0
"""A study nobody gives a sign of life for is open no more, in seconds."""


class ReviewState(StrEnum):
    """Where an unsigned report stands between people, in the words radiologists use."""

    NONE = "none"  # nobody has released it or handed it over
    WET_READ = "wet_read"  # released as a preliminary interpretation, by a named person
    PENDING_SIGNATURE = "pending_signature"  # handed over to the one who signs
    SIGN_REJECTED = "sign_rejected"  # handed back, with the reason


@dataclass(frozen=True, slots=True)
class ReviewStep:
    """Who brought the report to this state, when, and which version it was."""

    state: ReviewState
    person: Practitioner
    at: str  # ISO 8601, UTC
    version: int
    to: str = ""  # whom it was handed to; empty: whoever signs
    reason: str = ""  # of a rejection


@dataclass(frozen=True, slots=True)
class StudyLock:
    """Who has a study open to report it, since when, and until when without a sign of life."""

    person: Practitioner
    since: str  # ISO 8601, UTC
    until: str
