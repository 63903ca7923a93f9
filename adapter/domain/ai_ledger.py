"""What became of AI findings in signed reports: fates, and what each tells about its model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """What became of one AI finding; `missed`: one that the report states and the model did not."""

    AGREED = "agreed"  # the report says so in words of its own
    CONTRADICTED = "contradicted"
    ACCEPTED = "accepted"  # stands in the report as the model's sentence
    EDITED = "edited"  # stands in the report in other words
    REJECTED = "rejected"
    IGNORED = "ignored"  # nobody decided, and the report is silent
    MISSED = "missed"


class How(StrEnum):
    """In what report and AI finding differ, the gravest first."""

    NEGATION = "negation"
    FINDING = "finding"  # edited into another finding
    SIDE = "side"
    LEVEL = "level"
    SIZE = "size"
    CERTAINTY = "certainty"


_TAKEN = (Fate.AGREED, Fate.ACCEPTED)
_DIFFERING = (Fate.CONTRADICTED, Fate.EDITED)
_STILL_THERE = (None, How.SIZE, How.CERTAINTY)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The fate of one finding of one model in one signed report."""

    id: str  # of the AI finding; of a missed one "missed:" and the finding
    model: str
    version: str
    finding: str  # lexicon id; empty: the lexicon does not know it
    present: bool
    fate: Fate
    how: How | None = None
    decision: str = ""  # accept, reject or edit: what a person decided last
    probability: float | None = None

    @property
    def concordant(self) -> bool:
        """Model and signed report say the same."""
        return self.fate in _TAKEN or (self.fate is Fate.EDITED and self.how is None)

    @property
    def settled(self) -> bool:
        """Whether the report tells if the model was right; silence denies what was told present."""
        return self.fate is not Fate.IGNORED or (self.present and bool(self.finding))

    @property
    def positive(self) -> bool:
        """The model told that it is there, and the report tells whether it was right."""
        return self.present and self.fate is not Fate.MISSED and self.settled

    @property
    def confirmed(self) -> bool:
        """Told present, and present by the report, be it with doubt or of another size."""
        differs = self.fate in _DIFFERING and self.how in _STILL_THERE
        return self.positive and (self.fate in _TAKEN or differs)

    @property
    def miss(self) -> bool:
        """Present by the report: the model was silent, or told that it is not there."""
        denied = self.fate is Fate.CONTRADICTED and self.how is How.NEGATION
        return self.fate is Fate.MISSED or (not self.present and denied)
