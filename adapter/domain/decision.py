"""What a named person decided about a statement or an AI finding of a report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DecisionKind(StrEnum):
    """Accept or reject an AI finding; edit a statement or an AI finding."""

    ACCEPT = "accept"
    REJECT = "reject"
    EDIT = "edit"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision; of several about one target the last one counts."""

    kind: DecisionKind
    target: str  # statement id ("s3") or AI finding id
    text: str = ""  # the new text of an edit; empty: the statement is taken out
    person: str = ""
    at: str = ""  # ISO 8601, UTC
