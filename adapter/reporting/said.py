"""The dictated sentences of a report, read one by one, with the header each stands under."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from adapter.domain.report import Part
from adapter.domain.transcript import VoiceCommand
from adapter.mapping.form import FormField, Stop, name_key
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.templates import Template, header_key, macro_names
from adapter.reporting.dictated import Dictated
from adapter.reporting.facts import Reading, read
from adapter.reporting.field_values import Value, read_value
from adapter.reporting.headers import opening
from adapter.reporting.sentences import Sentence, split

INSERT = "insert_macro"
GO_TO = "go_to"
_STEPS = {"next_field": 1, "previous_field": -1}
_MOVES = frozenset((INSERT, GO_TO, "apply_template", *_STEPS))
_ITEM = re.compile(r"(?P<value>\w{1,4})\.(?=\s+\S)")
_LITERAL = frozenset(
    (
        "otherwise normal",
        "otherwise unremarkable",
        "everything else is normal",
        "use normals",
        "the remainder is normal",
        "otherwise negative",
    )
)


class Told(NamedTuple):
    """Words that give a field its value: characters [start, end) of the dictation.

    `how`: `spoken` in the field, after its `label` and a colon, or in a `sentence` of their own.
    """

    field: FormField
    how: Literal["spoken", "label", "sentence"]
    start: int
    end: int
    value: Value | None  # None: they do not fit


class Said(NamedTuple):
    """One dictated sentence: characters [start, end) of its dictation, header not included.

    A sentence of a macro stands where the macro was called, with no characters of its own.
    """

    id: str
    dictation: int  # place among the dictations
    start: int
    end: int
    text: str
    header: str | None  # section opened at this very sentence
    under: str | None  # section whose header came last
    fresh: bool  # a header or a dictation begins here, so nothing carries over
    reading: Reading
    macro: str = ""  # statement id in the template; empty: dictated
    told: Told | None = None
    line: str = ""  # statement id in the template of a line, which is made of `parts`
    parts: tuple[Part, ...] = ()


class Header(NamedTuple):
    """Characters [start, end) of a dictation that are a header and are not printed.

    `field`: they are its name, or the mark behind its value, which its line has itself.
    """

    dictation: int
    start: int
    end: int
    field: str = ""


class Dictation(NamedTuple):
    """All that was said: sentences, the headers between them, and the commands."""

    said: tuple[Said, ...]
    headers: tuple[Header, ...]
    commands: tuple[tuple[VoiceCommand, str | None], ...]  # with the section they fell under


def is_macro(text: str) -> bool:
    """Whether a sentence is nothing but "otherwise normal"."""
    return " ".join(text.lower().strip(" .!").split()) in _LITERAL


def listen(dictations: Iterable[Dictated], template: Template, lexicon: Lexicon) -> Dictation:
    """Sentences in the order said, numbered s1, s2, ..."""
    listener = _Listener(template, lexicon)
    for place, dictated in enumerate(dictations):
        listener.hear(place, dictated)
    return Dictation(tuple(listener.said), tuple(listener.headers), tuple(listener.commands))


class _Listener:
    """What has been said so far, and under which header or in which field it goes on."""

    def __init__(self, template: Template, lexicon: Lexicon) -> None:
        self.said: list[Said] = []
        self.headers: list[Header] = []
        self.commands: list[tuple[VoiceCommand, str | None]] = []
        self._inserted = 0
        self._template = template
        self._lexicon = lexicon
        self._under: str | None = None
        self._fresh = True
        self._at: FormField | None = None  # the field that was gone to last
        self._open: FormField | None = None  # the field that the next words are for

    def hear(self, place: int, dictated: Dictated) -> None:
        """One dictation; it begins in free order."""
        self._go(None)
        commands = deque(dictated.written.commands)
        moves = [each.out_at for each in commands if each.name in _MOVES]
        for sentence in split(dictated.text):
            for start, end in cut(dictated.text, sentence, moves):
                while commands and commands[0].out_at <= start:
                    self._obey(place, commands.popleft())
                self._sentence(place, dictated.text, start, end)
        while commands:
            self._obey(place, commands.popleft())

    def _go(self, section: str | None, field: FormField | None = None) -> None:
        """From here on it is about this section, and in this field."""
        self._under, self._fresh = section, True
        self._at = self._open = field

    def _obey(self, place: int, command: VoiceCommand) -> None:
        self.commands.append((command, self._under))
        if command.name == GO_TO:
            self._go_to(command.argument)
        elif command.name in _STEPS:
            self._step(_STEPS[command.name])
        elif command.name == INSERT:
            self._open = None
            self._insert(place, command)

    def _go_to(self, name: str) -> None:
        """The section or field that "go to ..." names; an unknown name changes nothing."""
        headers, key = self._template.headers, header_key(name)
        field = self._template.form.by_spoken.get(name_key(name))
        if key in headers:
            self._go(headers[key])
        elif field:
            self._go(field.section, field)

    def _step(self, by: int) -> None:
        """To the next or the previous field; a section without fields counts as one."""
        stops = self._template.form.stops
        place = self._place() + by
        if 0 <= place < len(stops):
            self._go(*stops[place])

    def _place(self) -> int:
        """Place among the stops; before the first field of a section that was just opened."""
        stops = self._template.form.stops
        if self._at is not None:
            return stops.index(Stop(self._at.section, self._at))
        inside = (n for n, stop in enumerate(stops) if stop.section == self._under)
        first = next(inside, -1)
        return first - 1 if first >= 0 and stops[first].field else first

    def _insert(self, place: int, command: VoiceCommand) -> None:
        """The sentences of a macro, numbered m1, m2, ...; an unknown name is told as not done."""
        macro = self._template.macros.get(name_key(command.argument))
        if macro is None:
            return
        sections = {rule.id for rule in self._template.table.sections}
        fresh, at = True, command.out_at
        for name, sentence in zip(macro_names(macro), macro.sentences, strict=True):
            self._inserted += 1
            header = sentence.section if sentence.section in sections else None
            reading = read(sentence.text, self._lexicon)
            under = header or self._under
            id, text = f"m{self._inserted}", sentence.text
            self.said.append(Said(id, place, at, at, text, header, under, fresh, reading, name))
            fresh = False

    def _sentence(self, place: int, text: str, start: int, end: int) -> None:
        head = opening(text[start:end], self._template)
        if head.said:
            self._go(head.section)
        begin = start + head.end
        if head.end:
            self.headers.append(Header(place, start, begin))
        body = text[begin:end].lstrip()
        if not body:
            return
        begin = end - len(body)
        if item := self._item(body):
            self._sentence(place, text, begin, begin + item)
            self._sentence(place, text, begin + item, end)
            return
        told = self._told(body, begin)
        if told and told.how == "spoken" and self._goes_on(place, told):
            begin = self.said.pop().start
            told = _telling(told.field, "spoken", text[begin:end], begin)
        section = head.section if head.said else None
        if told and not section:
            section = told.field.section
        said = Said(
            id=f"s{len(self.said) - self._inserted + 1}",
            dictation=place,
            start=begin,
            end=end,
            text=text[begin:end],
            header=section,
            under=self._under,
            fresh=self._fresh,
            reading=read(text[begin:end], self._lexicon),
            told=told,
        )
        self.said.append(said)
        self._fresh = False

    def _told(self, body: str, begin: int) -> Told | None:
        """What the sentence tells of a field; only a text goes on after its first sentence."""
        field, told = self._open, self._labelled(body, begin)
        if told is None and field:
            told = _telling(field, "spoken", body, begin)
        if told is None or told.field != field or not field.is_text:
            self._open = None
        return told

    def _item(self, body: str) -> int:
        """The length of "4." before a sentence, where it is the value of the field, not an item."""
        form, field, at = self._template.form, self._open, 0
        label = form.label.match(body) if form.label else None
        if label and label["colon"]:
            field, at = form.by_spoken[name_key(label["name"])], label.start("value")
        match = _ITEM.match(body, at)
        if match is None or field is None or field.is_text:
            return 0
        return match.end() if read_value(field.rule, match["value"]) else 0

    def _labelled(self, body: str, begin: int) -> Told | None:
        """ "PSA: 5.2" and "PSA is 5.2" with the value; the first in any case, as it is explicit."""
        form = self._template.form
        match = form.label.match(body) if form.label else None
        if match is None:
            return None
        field = form.by_spoken[name_key(match["name"])]
        only = self._template.header_only
        elsewhere = self._under != field.section
        if elsewhere and self._under in only:
            return None
        if match["colon"]:
            return _telling(field, "label", match["value"], begin + match.start("value"))
        if (elsewhere and field.section in only) or (self._open and self._open.is_text):
            return None
        told = _telling(field, "sentence", match["value"], begin + match.start("value"))
        return told if told.value and not field.is_text else None

    def _goes_on(self, place: int, told: Told) -> bool:
        """Whether the field's text has begun in the sentence before."""
        last = self.said[-1].told if self.said else None
        same = last is not None and (last.field, last.how) == (told.field, "spoken")
        return same and self.said[-1].dictation == place and not self._fresh


def cut(text: str, sentence: Sentence, moves: Sequence[int]) -> Iterator[Sentence]:
    """The sentence in the pieces between commands that go elsewhere; `moves` ascend."""
    start, end = sentence
    inside = moves[bisect_right(moves, start) : bisect_left(moves, end)]
    for at in (*inside, end):
        piece = text[start:at]
        first = start + len(piece) - len(piece.lstrip())
        if piece.strip():
            yield Sentence(first, first + len(piece.strip()))
        start = at


def _telling(
    field: FormField, how: Literal["spoken", "label", "sentence"], text: str, begin: int
) -> Told:
    """The value in a text, without the mark that ends it."""
    value = text.rstrip().rstrip(".").rstrip() or text
    return Told(field, how, begin, begin + len(value), read_value(field.rule, value))
