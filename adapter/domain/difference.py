"""What became of the sentences of our report in the text that was signed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ChangeKind(StrEnum):
    """The fate of a sentence."""

    STANDS = "stands"
    CHANGED = "changed"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class SentenceChange:
    """A sentence of ours, and the signed one that stands for it; either may be empty."""

    kind: ChangeKind
    ours: str
    signed: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Version `against` of our report compared with version `number`, which holds what was signed.

    In the order of the signed text; a removed sentence stands where it stood in ours.
    """

    number: int
    against: int
    changes: tuple[SentenceChange, ...]

    def count(self, kind: ChangeKind) -> int:
        """How many sentences have this fate."""
        return sum(each.kind is kind for each in self.changes)
