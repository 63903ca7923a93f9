"""What a named person decided about a statement, an AI finding or a flag of a report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DecisionKind(StrEnum):
    """Accept or reject an AI finding; edit either it or a statement; put a flag aside or back."""

    ACCEPT = "accept"
    REJECT = "reject"
    EDIT = "edit"
    DISMISS = "dismiss"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision; of several about one target the last one counts."""

    kind: DecisionKind
    target: str  # id of a statement ("s3"), an AI finding or a flag
    text: str = ""  # of an edit, the new text (empty: taken out); of a dismissal, the reason
    person: str = ""
    at: str = ""  # ISO 8601, UTC
