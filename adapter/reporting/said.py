"""The dictated sentences of a report, read one by one, with the header each stands under."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from adapter.domain.transcript import VoiceCommand
from adapter.mapping.lexicon import Lexicon
from adapter.mapping.templates import Template
from adapter.reporting.dictated import Dictated
from adapter.reporting.facts import Reading, read
from adapter.reporting.headers import opening
from adapter.reporting.sentences import split

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
    """One dictated sentence: characters [start, end) of its dictation, header not included."""

    id: str
    dictation: int  # place among the dictations
    start: int
    end: int
    text: str
    header: str | None  # section opened at this very sentence
    under: str | None  # section whose header came last
    fresh: bool  # a header or a dictation begins here, so nothing carries over
    reading: Reading


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
    said: list[Said] = []
    headers: list[Header] = []
    commands: list[tuple[VoiceCommand, str | None]] = []
    for place, dictated in enumerate(dictations):
        under: str | None = None
        fresh = True
        waiting = iter(dictated.written.commands)
        command = next(waiting, None)
        for start, end in split(dictated.text):
            while command and command.out_at <= start:
                commands.append((command, under))
                if command.name == "go_to":
                    under, fresh = _target(command, template, under), True
                command = next(waiting, None)
            text = dictated.text[start:end]
            head = opening(text, template)
            if head.said:
                under, fresh = head.section, True
            if head.end:
                headers.append(Header(place, start, start + head.end))
            begin = start + head.end
            while begin < end and dictated.text[begin].isspace():
                begin += 1
            if begin >= end:
                continue
            text = dictated.text[begin:end]
            section = head.section if head.said else None
            said.append(
                Said(
                    f"s{len(said) + 1}",
                    place,
                    begin,
                    end,
                    text,
                    section,
                    under,
                    fresh,
                    read(text, lexicon),
                )
            )
            fresh = False
        commands += [(each, under) for each in _rest(command, waiting)]
    return Dictation(tuple(said), tuple(headers), tuple(commands))


def _rest(command: VoiceCommand | None, waiting: Iterator[VoiceCommand]) -> Iterator[VoiceCommand]:
    if command is not None:
        yield command
        yield from waiting


def _target(command: VoiceCommand, template: Template, under: str | None) -> str | None:
    """The section that "go to …" names; an unknown name changes nothing."""
    return template.headers.get(" ".join(command.argument.lower().split()), under)
