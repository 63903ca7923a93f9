"""Fields of a template: dictated values stand in their lines, each with its own source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from adapter.domain.decision import Decision
from adapter.domain.report import (
    FieldState,
    Flag,
    Origin,
    Part,
    Severity,
    Source,
    Statement,
)
from adapter.mapping.form import FormField, FormLine, Piece
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.templates import Template
from adapter.reporting.dictated import Dictated
from adapter.reporting.facts import read
from adapter.reporting.field_values import read_value
from adapter.reporting.said import Header, Said
from adapter.reporting.verdicts import Verdicts


class Filled(NamedTuple):
    """What became of the fields.

    `rest`: dictated sentences that stand for themselves; `printed`: values that stand in `lines`,
    with `headers` for their names and marks, which do not; `removed`: values taken out.
    """

    lines: tuple[Said, ...]
    rest: tuple[Said, ...]
    headers: tuple[Header, ...]
    removed: tuple[Statement, ...]
    states: tuple[FieldState, ...]
    flags: tuple[Flag, ...]


def fill(
    said: Sequence[Said],
    dictated: Sequence[Dictated],
    template: Template,
    opened: frozenset[str],
    verdicts: Verdicts,
    lexicon: Lexicon,
) -> Filled:
    """The lines that have values; of several values of one field the last one counts."""
    if not template.form.fields:
        return Filled((), tuple(said), (), (), (), ())
    return _Filler(said, dictated, template, opened, verdicts, lexicon).filled()


@dataclass
class _Entry:
    """One field: the sentence that tells its value, the edit of it, the sentences unfit for it."""

    field: FormField
    said: Said | None = None
    edit: Decision | None = None
    unfit: Said | None = None
    mentioned: Said | None = None  # a free sentence that speaks of it

    @property
    def placed(self) -> Said | None:
        """The sentence whose value stands in the field's line."""
        return self.said if self.said and self.said.told and self._goes_in() else None

    def _goes_in(self) -> bool:
        told = self.said.told if self.said else None
        return self.edit is not None or (told is not None and told.how != "sentence")

    @property
    def has_value(self) -> bool:
        """Whether its line prints a value that a person gave."""
        return bool(self.edit.text.strip()) if self.edit else self.placed is not None


class _Filler:
    """Gathers what was told of each field, then builds the lines."""

    def __init__(
        self,
        said: Sequence[Said],
        dictated: Sequence[Dictated],
        template: Template,
        opened: frozenset[str],
        verdicts: Verdicts,
        lexicon: Lexicon,
    ) -> None:
        self._said = said
        self._dictated = dictated
        self._form = template.form
        self._opened = opened
        self._lexicon = lexicon
        self._flags: list[Flag] = []
        self._entries = {name: _Entry(field) for name, field in self._form.fields.items()}
        for name, entry in self._entries.items():
            edit = verdicts.edit(name)
            entry.edit = edit if edit and edit.person else None
        for each in said:
            self._hear(each)

    def _hear(self, said: Said) -> None:
        told = said.told
        if told is None:
            return
        entry = self._entries[told.field.name]
        if told.value is None:
            entry.unfit = said
            message = f"{said.text!r} does not fit {told.field.rule.label}; say it again, or edit"
            self._flag("field_unfit", Severity.WARN, message, said)
            return
        if entry.said:
            message = f"{told.field.rule.label} was given again; this value stands beside it"
            self._flag("field_given_twice", Severity.WARN, message, entry.said)
        entry.said = said

    def _flag(self, code: str, severity: Severity, message: str, said: Said | str) -> None:
        statement = said if isinstance(said, str) else said.id
        self._flags.append(Flag(code, severity, message, statement))

    def filled(self) -> Filled:
        """Lines, and what is left."""
        placed = {
            each.said.id: each for each in self._entries.values() if each.said and each.placed
        }
        rest = tuple(each for each in self._said if each.id not in placed)
        self._mentions(rest)
        numbered = enumerate(self._form.lines, 1)
        lines = [(f"f{n}", line) for n, line in numbered if self._enters(line)]
        standing = tuple(self._line(id, line) for id, line in lines)
        where = {name: id for id, line in lines for name in line.fields}
        headers = tuple(h for e in placed.values() if e.said for h in unprinted(e.said))
        removed = tuple(
            self._removed(each.said, each.edit)
            for each in placed.values()
            if each.said and each.edit and not each.has_value
        )
        states = tuple(self._state(each, where) for each in self._entries.values())
        return Filled(standing, rest, headers, removed, states, tuple(self._flags))

    def _mentions(self, rest: Sequence[Said]) -> None:
        for name, pattern in self._form.stated.items():
            speaking = (each for each in rest if pattern.search(each.text))
            self._entries[name].mentioned = next(speaking, None)

    def _enters(self, line: FormLine) -> bool:
        """With a value that somebody gave; or with defaults alone where nobody speaks of it."""
        entries = [self._entries[name] for name in line.fields]
        return any(each.has_value for each in entries) or (
            line.section in self._opened and all(map(self._by_default, entries))
        )

    def _by_default(self, entry: _Entry) -> bool:
        silent = not (entry.said or entry.mentioned or entry.edit or entry.unfit)
        return silent and bool(entry.field.rule.default) and entry.field.section in self._opened

    def _line(self, id: str, line: FormLine) -> Said:
        parts = tuple(part for piece in line.pieces for part in self._parts(line, piece))
        text = "".join(part.text for part in parts)
        reading = read(text, self._lexicon)
        section = line.section
        return Said(id, 0, 0, 0, text, section, section, True, reading, line=line.name, parts=parts)

    def _parts(self, line: FormLine, piece: Piece) -> Iterator[Part]:
        """Words of the template, or the value of a field; a gap shows its label."""
        if not piece.is_place:
            yield Part(piece.text, Origin.TEMPLATE, Source(template=line.name))
            return
        entry = self._entries[f"{line.section}.{piece.text}"]
        name, rule = entry.field.name, entry.field.rule
        if entry.has_value and entry.edit:
            source = replace(self._source(entry.said), person=entry.edit.person)
            yield Part(entry.edit.text, Origin.EDITED, source, name)
        elif entry.has_value and entry.said and entry.said.told and entry.said.told.value:
            value, source = entry.said.told.value, self._source(entry.said)
            if value.picked:
                source = replace(source, template=name)
            yield Part(
                value.text, Origin.TEMPLATE if value.picked else Origin.DICTATED, source, name
            )
            if value.unit:
                yield Part(unit_text(value.unit), Origin.TEMPLATE, Source(template=name), name)
        else:
            text = rule.default if self._by_default(entry) else gap(rule.label)
            yield Part(text, Origin.TEMPLATE, Source(template=name), name)

    def _source(self, said: Said | None) -> Source:
        if said is None or said.told is None:
            return Source()
        return self._dictated[said.dictation].source(said.told.start, said.told.end)

    def _removed(self, said: Said, edit: Decision) -> Statement:
        name = said.told.field.name if said.told else ""
        source = replace(self._source(said), template=name, person=edit.person)
        return Statement(said.id, edit.text, Origin.EDITED, source)

    def _state(self, entry: _Entry, where: dict[str, str]) -> FieldState:
        name, rule = entry.field.name, entry.field.rule
        line = where.get(name)
        told = entry.said.told if entry.said else None
        state, value, statement = "empty", "", None
        if entry.edit:
            value, statement = entry.edit.text, line
            state = "filled" if entry.has_value else "empty"
        elif entry.said and told and told.value:
            statement = line if entry.placed else entry.said.id
            state, value = "filled", f"{told.value.text}{unit_text(told.value.unit)}"
        elif entry.unfit:
            state, statement = "unfit", entry.unfit.id
        elif line and self._by_default(entry):
            state, value, statement = "default", rule.default, line
        elif entry.mentioned:
            state, statement = "stated", entry.mentioned.id
        self._doubts(entry, statement)
        return FieldState(name, rule.label, rule.type, state, value, statement, rule.required)

    def _doubts(self, entry: _Entry, statement: str | None) -> None:
        rule = entry.field.rule
        told = entry.said.told if entry.said else None
        value = told.value if told else None
        if entry.edit:
            value = read_value(rule, entry.edit.text.strip())
            if entry.has_value and value is None and statement:
                message = f"{entry.edit.text!r} does not fit {rule.label}; it stands as edited"
                self._flag("field_unfit", Severity.WARN, message, statement)
        if value and value.doubt and statement:
            message = f"{rule.label}: {value.text} is {value.doubt}; look at it again"
            self._flag("field_implausible", Severity.WARN, message, statement)
        if value and value.unit and statement and entry.placed and not entry.edit:
            message = f"{rule.label}: no unit was dictated; {value.unit} is the template's"
            self._flag("field_unit_assumed", Severity.INFO, message, statement)


def unprinted(said: Said) -> Iterator[Header]:
    """The name before a value and the mark behind it, which its line has itself."""
    if said.told is None:
        return
    for start, end in ((said.start, said.told.start), (said.told.end, said.end)):
        if start < end:
            yield Header(said.dictation, start, end, said.told.field.name)


def unit_text(unit: str) -> str:
    """A unit as it is printed behind its number; nothing when there is none."""
    return unit if unit.startswith("%") else f" {unit}".rstrip()


def gap(label: str) -> str:
    """What stands in a line where a value is missing."""
    return f"[{label}]"
