"""The fields of a template, ready to be filled: lines in pieces, fields by spoken name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from adapter.mapping.field_table import FieldRule
from adapter.mapping.template_table import TemplateTable

_PLACE = re.compile(r"\{([a-z0-9_]{1,60})\}")


class Piece(NamedTuple):
    """Words of a line, or the place of a field (its id within the section)."""

    text: str
    is_place: bool


class FormLine(NamedTuple):
    """A sentence with places."""

    section: str
    name: str  # statement id, "prostate.volume_line"
    pieces: tuple[Piece, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields that stand in it."""
        return tuple(f"{self.section}.{each.text}" for each in self.pieces if each.is_place)


class FormField(NamedTuple):
    """A field with its section and its name in reports."""

    section: str
    name: str
    rule: FieldRule

    @property
    def is_text(self) -> bool:
        """Whether any number of sentences may be its value."""
        return self.rule.type == "text" and not self.rule.pattern

    @property
    def names(self) -> tuple[str, ...]:
        """Its spoken names (`name_key`)."""
        said = (self.rule.label, *self.rule.says)
        return tuple(dict.fromkeys(filter(None, map(name_key, said))))


class Stop(NamedTuple):
    """Where "next field" goes: a field, or a section that has none."""

    section: str
    field: FormField | None = None


def name_key(spoken: str) -> str:
    """A spoken name as it is looked up: letters and digits, lower case, single blanks."""
    return " ".join(re.sub(r"[\W_]+", " ", spoken.lower()).split())


def pieces(text: str) -> tuple[Piece, ...]:
    """A line's words and places in order."""
    parts = _PLACE.split(text)
    found = (Piece(part, bool(n % 2)) for n, part in enumerate(parts))
    return tuple(each for each in found if each.text)


class Form:
    """All fields and lines of a template, and the stops of "next field", in printed order."""

    def __init__(self, table: TemplateTable) -> None:
        self.lines = tuple(
            FormLine(section.id, f"{section.id}.{line.id}", pieces(line.text))
            for section in table.sections
            for line in section.lines
        )
        fields = (
            FormField(section.id, f"{section.id}.{rule.id}", rule)
            for section in table.sections
            for rule in section.fields
        )
        self.fields = {each.name: each for each in fields}
        self.stops = tuple(_stops(table, self.fields.values()))
        self._links = table.field_links

    @cached_property
    def by_spoken(self) -> dict[str, FormField]:
        """Spoken name -> field; the first field of that name."""
        found: dict[str, FormField] = {}
        for each in self.fields.values():
            for name in each.names:
                found.setdefault(name, each)
        return found

    @cached_property
    def label(self) -> re.Pattern[str] | None:
        """At the start of a sentence: `name`, what links it (`colon`, `word` or none), `value`."""
        if not self.fields:
            return None
        words = "|".join(map(re.escape, self._links)) or "(?!)"
        link = rf"(?:\s*(?P<colon>[:=])\s*|\s+(?P<word>{words})\s+|\s+)"
        said = rf"\s*(?P<name>{_any_of(self.by_spoken)}){link}(?P<value>\S.*)"
        return re.compile(said, re.IGNORECASE | re.DOTALL)

    @cached_property
    def stated(self) -> dict[str, re.Pattern[str]]:
        """Field -> the words by which a free sentence speaks of it."""
        return {
            each.name: re.compile(
                rf"\b(?:{'|'.join((_any_of(each.names), *each.rule.keywords))})\b", re.IGNORECASE
            )
            for each in self.fields.values()
        }

    @cached_property
    def bare(self) -> re.Pattern[str] | None:
        """The name of a field and its link, with nothing behind: what a filled line replaces."""
        if self.label is None:
            return None
        words = "|".join(map(re.escape, self._links)) or "(?!)"
        return re.compile(
            rf"\s*(?P<name>{_any_of(self.by_spoken)})\s*(?:[:=]|{words})?\s*", re.IGNORECASE
        )

    def places(self, name: str) -> Iterator[FormLine]:
        """The lines in which a field stands."""
        return (line for line in self.lines if name in line.fields)


def _stops(table: TemplateTable, fields: Iterable[FormField]) -> Iterator[Stop]:
    for section in table.sections:
        inside = [Stop(section.id, each) for each in fields if each.section == section.id]
        yield from inside or [Stop(section.id)]


def _any_of(names: Iterable[str]) -> str:
    """A pattern of spoken names, the longest first; any blank or hyphen parts their words."""
    longest = sorted(names, key=len, reverse=True)
    return "|".join(r"[\W_]+".join(map(re.escape, name.split())) for name in longest)
