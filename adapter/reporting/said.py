"""The dictated sentences of a report, read one by one, with the header each stands under."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from adapter.domain.transcript import VoiceCommand
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.templates import Template, macro_names, name_key
from adapter.reporting.dictated import Dictated
from adapter.reporting.facts import Reading, read
from adapter.reporting.headers import opening
from adapter.reporting.sentences import split

INSERT = "insert_macro"
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


class Header(NamedTuple):
    """Characters [start, end) of a dictation that are a header and are not printed."""

    dictation: int
    start: int
    end: int


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
    """What has been said so far, and under which header it goes on."""

    def __init__(self, template: Template, lexicon: Lexicon) -> None:
        self.said: list[Said] = []
        self.headers: list[Header] = []
        self.commands: list[tuple[VoiceCommand, str | None]] = []
        self._inserted = 0
        self._template = template
        self._lexicon = lexicon
        self._under: str | None = None
        self._fresh = True

    def hear(self, place: int, dictated: Dictated) -> None:
        """One dictation; it begins in free order."""
        self._under, self._fresh = None, True
        commands = deque(dictated.written.commands)
        for start, end in split(dictated.text):
            while commands and commands[0].out_at <= start:
                self._obey(place, commands.popleft())
            self._sentence(place, dictated.text, start, end)
        while commands:
            self._obey(place, commands.popleft())

    def _obey(self, place: int, command: VoiceCommand) -> None:
        self.commands.append((command, self._under))
        if command.name == "go_to":
            self._under, self._fresh = _target(command, self._template, self._under), True
        elif command.name == INSERT:
            self._insert(place, command)

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
            self._under, self._fresh = head.section, True
        begin = start + head.end
        if head.end:
            self.headers.append(Header(place, start, begin))
        body = text[begin:end].lstrip()
        if not body:
            return
        id = f"s{len(self.said) - self._inserted + 1}"
        section = head.section if head.said else None
        reading = read(body, self._lexicon)
        begin = end - len(body)
        self.said.append(
            Said(id, place, begin, end, body, section, self._under, self._fresh, reading)
        )
        self._fresh = False


def _target(command: VoiceCommand, template: Template, under: str | None) -> str | None:
    """The section that "go to …" names; an unknown name changes nothing."""
    return template.headers.get(" ".join(command.argument.lower().split()), under)
