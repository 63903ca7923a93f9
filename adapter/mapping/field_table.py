"""The keys of the fields of a template's section, and of the lines in which they stand."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from adapter.mapping.files import MappingTable

ID = r"^[a-z0-9_]{1,60}$"
FieldType = Literal["text", "number", "choice", "date"]


def checked_pattern(pattern: str) -> str:
    """The pattern; raises ValueError when it is not a regular expression."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
    return pattern


class Choice(MappingTable):
    """One value of a field of type `choice`."""

    text: str = Field(min_length=1)
    """As it is printed."""
    says: tuple[str, ...] = ()
    """Spoken names beside the text; no case."""


class FieldRule(MappingTable):
    """A place for one value. What does not fit stays as it was dictated, and is flagged."""

    id: str = Field(pattern=ID)
    """Name within the section; "prostate.volume" in reports."""
    label: str = Field(min_length=1)
    """Name for people; spoken, it leads to the field."""
    type: FieldType = "text"
    """`text`: any words; `number`: a measurement; `choice`: one of `choices`; `date`."""
    says: tuple[str, ...] = ()
    """Spoken names beside label and id; no case."""
    required: bool = False
    """Whether a report without it is flagged."""
    default: str = ""
    """Value that enters as the section's defaults do, unless the field is spoken of."""
    unit: str = ""
    """Written unit of a `number`; printed behind a number that was dictated without one."""
    other_units: dict[str, float] = Field(default_factory=dict)
    """Further units that are taken -> how many of `unit` one of them is."""
    least: float | None = None
    """A smaller number, in `unit`, is flagged as implausible."""
    most: float | None = None
    """A larger number, in `unit`, is flagged as implausible."""
    dimensions: int = Field(default=1, ge=1, le=3)
    """How many numbers a size may have: 2 x 3 x 4 cm."""
    choices: tuple[Choice, ...] = ()
    """Values of a `choice`."""
    pattern: str = ""
    """Pattern of the whole of a `text`, where not any words will do."""
    keywords: tuple[str, ...] = ()
    """Patterns of words by which a free sentence states the value; then it is not missing."""

    @field_validator("keywords")
    @classmethod
    def _compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(checked_pattern, patterns))

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        return checked_pattern(pattern)

    @model_validator(mode="after")
    def _keys_of_its_type(self) -> FieldRule:
        measured = (self.unit, self.other_units, self.least, self.most, self.dimensions > 1)
        if self.type != "number" and any(each not in (None, "", {}, False) for each in measured):
            raise ValueError("unit, limits and dimensions are for type number")
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("a field of type choice has choices, and no other has")
        if self.pattern and self.type != "text":
            raise ValueError("pattern is for type text")
        if None not in (self.least, self.most) and (self.least or 0) > (self.most or 0):
            raise ValueError("no number is both from least and up to most")
        return self


class LineRule(MappingTable):
    """A sentence with places for fields; it enters once one of them has a value."""

    id: str = Field(pattern=ID)
    """Name within the section; "prostate.volume_line" in reports."""
    text: str = Field(min_length=1)
    """The sentence, with `{field_id}` where a value stands."""
