"""Codes of AI results in our words: mappings/ai_codes.yaml."""

from __future__ import annotations

from functools import cached_property
from typing import TypeVar

from pydantic import Field

from adapter.domain.order import Side
from adapter.errors import ConfigurationError
from adapter.mapping.files import MappingFiles, MappingTable
from adapter.mapping.lexicon import Lexicon

FILE = "ai_codes.yaml"
T = TypeVar("T")
Coded = tuple[str, str]
"""Name of the code system as it came, and code."""


class AiCodes(MappingTable):
    """mappings/ai_codes.yaml. Codes stand below the name that `systems` gives their code system."""

    systems: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Names and addresses of a code system; one that is not here goes by its own name."""
    findings: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Code of a finding -> id in the lexicon."""
    sides: dict[str, dict[str, Side]] = Field(default_factory=dict)
    """Code of a side -> left, right or bilateral."""
    present: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Answers that say that a finding is there."""
    absent: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Answers that say that it is not."""
    presences: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Questions whose answer says whether the finding they stand beside is there."""
    probabilities: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Numbers that say how sure the model is: a ratio, or percent."""
    distances: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Lengths that are no size of the finding."""
    aside: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Texts that tell of no finding: history, request, procedure."""

    @cached_property
    def _names(self) -> dict[str, str]:
        return {told.lower(): name for name, every in self.systems.items() for told in every}

    def finding(self, coded: Coded) -> str | None:
        """Id of the finding."""
        return self._of(self.findings, coded)

    def side(self, coded: Coded) -> Side | None:
        """The side that a code tells."""
        return self._of(self.sides, coded)

    def presence(self, coded: Coded) -> bool | None:
        """Whether an answer says present or absent; None: neither."""
        if self.within(self.present, coded):
            return True
        return False if self.within(self.absent, coded) else None

    def within(self, table: dict[str, tuple[str, ...]], coded: Coded) -> bool:
        """Whether one of these lists holds the code."""
        return coded[1] in table.get(self._system(coded), ())

    def _of(self, table: dict[str, dict[str, T]], coded: Coded) -> T | None:
        return table.get(self._system(coded), {}).get(coded[1])

    def _system(self, coded: Coded) -> str:
        told = coded[0].strip().rstrip("/")
        return self._names.get(told.lower(), told)


def load_ai_codes(files: MappingFiles, lexicon: Lexicon) -> AiCodes:
    """The site's or the packaged file; raises ConfigurationError on a finding that is unknown."""
    codes = files.get(FILE).read(AiCodes)
    named = {each for table in codes.findings.values() for each in table.values()}
    unknown = sorted(named - set(lexicon.findings))
    if unknown:
        raise ConfigurationError(f"{FILE}: no finding of the lexicon is named {', '.join(unknown)}")
    return codes
