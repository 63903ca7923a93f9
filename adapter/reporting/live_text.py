"""The written form of a dictation that goes on: only its end is written anew."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from adapter.domain.transcript import VoiceCommand, Word
from adapter.mapping.vocabulary import Vocabulary
from adapter.reporting.begun_command import begun_command
from adapter.reporting.live_cuts import LOOKAHEAD, Cut, CutFinder, Page, page_from


class Acted(NamedTuple):
    """A command, the written offset at which it acted, the times of what it covers in ms.

    It covers its own words and those that it took back.
    """

    name: str
    argument: str
    at: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class LiveText:
    """What is written so far, and how much of it differs from what was written before.

    Equal up to `start`, and up to the command `first_command`. Only a later command that takes back
    or corrects changes the first `stable` characters and the first `stable_commands` commands.
    `held`: the last words, not written yet, because they may begin a command.
    """

    text: str = ""
    commands: tuple[Acted, ...] = ()
    start: int = 0
    first_command: int = 0
    stable: int = 0
    stable_commands: int = 0
    held: str = ""


class GrowingText:
    """Words come and are written; the text is that of `write` for all of them together.

    Each time the writing begins at the last cut but one. What lies between the two must come out
    as it was: then nothing reached further back. If it does not, twice as much is written.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._finder = CutFinder(vocabulary)
        self._spoken = ""
        self._words: list[Word] = []
        self._places: list[int] = []  # of the words in `_spoken`
        self._text = ""
        self._commands: tuple[VoiceCommand, ...] = ()
        self._cuts = [Cut(0, 0, 0, 0)]
        self._now = LiveText()

    @property
    def now(self) -> LiveText:
        """What is written of the words added so far."""
        return self._now

    def add(self, words: Sequence[Word]) -> LiveText:
        """These words follow, for good."""
        self._places += _places(words, len(self._spoken))
        self._words += words
        self._spoken = _joined(self._spoken, words)
        page = self._page(self._spoken)
        seen = self._seen(page, self._spoken, ())
        self._text = self._text[: page.cut.written] + page.text
        self._commands = self._commands[: page.cut.commands] + page.commands
        while self._cuts[-1].spoken > page.cut.spoken:
            self._cuts.pop()
        self._cuts += self._finder.find(page, self._spoken, self._places)
        last = self._cuts[-1]
        self._now = replace(seen, stable=last.written, stable_commands=last.commands)
        return self._now

    def look(self, words: Sequence[Word]) -> LiveText:
        """What would be written if these words followed; nothing is kept of it."""
        spoken = _joined(self._spoken, words)
        return self._seen(self._page(spoken), spoken, words)

    def whole(self) -> LiveText:
        """All of it, the words that were held too: the dictation is over."""
        page = page_from(Cut(0, 0, 0, 0), self._spoken, self._vocabulary)
        acted = tuple(self._acted(each, self._places, ()) for each in page.commands)
        return LiveText(page.text, acted, 0, 0, len(page.text), len(acted))

    def _page(self, spoken: str) -> Page:
        back = 2
        while True:
            at = max(0, len(self._cuts) - back)
            page = page_from(self._cuts[at], spoken, self._vocabulary)
            if at == 0 or self._holds(page, self._cuts[at + 1]):
                return page
            back *= 2

    def _holds(self, page: Page, until: Cut) -> bool:
        """Whether everything up to this cut came out as it stands."""
        cut = page.cut
        known = self._text[cut.written : until.written]
        early = tuple(each for each in page.commands if each.in_start < until.spoken)
        same = early == self._commands[cut.commands : until.commands]
        return same and page.text.startswith(known)

    def _seen(self, page: Page, spoken: str, more: Sequence[Word]) -> LiveText:
        """The page behind all that stands before it, without a command that has only begun."""
        shown = self._text[: page.cut.written] + page.text
        held = self._held(page, spoken, more, shown)
        if held:
            page = page_from(page.cut, spoken[: -len(held)].rstrip(), self._vocabulary)
            shown = self._text[: page.cut.written] + page.text
        places = [*self._places, *_places(more, len(self._spoken))] if more else self._places
        commands = self._commands[: page.cut.commands] + page.commands
        acted = tuple(self._acted(each, places, more) for each in commands)
        start = _alike(self._now.text, shown, page.cut.written)
        first = _alike(self._now.commands, acted, page.cut.commands)
        stable = min(self._now.stable, start), min(self._now.stable_commands, first)
        return LiveText(shown, acted, start, first, *stable, held)

    def _held(self, page: Page, spoken: str, more: Sequence[Word], shown: str) -> str:
        if page.commands and page.commands[-1].in_end == len(spoken):
            return ""  # the last words are a command
        heard = [*self._words[-LOOKAHEAD:], *more][-LOOKAHEAD:]
        return begun_command([word.text for word in heard], shown, self._vocabulary)

    def _acted(self, command: VoiceCommand, places: list[int], more: Sequence[Word]) -> Acted:
        def word(index: int) -> Word:
            known = len(self._words)
            return self._words[index] if index < known else more[index - known]

        first = word(bisect_right(places, command.in_start) - 1)
        last = word(bisect_left(places, command.in_end) - 1)
        return Acted(command.name, command.argument, command.out_at, first.start_ms, last.end_ms)


def _joined(spoken: str, words: Sequence[Word]) -> str:
    more = " ".join(word.text for word in words)
    return f"{spoken} {more}" if spoken and more else spoken or more


def _places(words: Sequence[Word], length: int) -> list[int]:
    """Where words come to stand behind so many characters."""
    places, at = [], length + 1 if length else 0
    for word in words:
        places.append(at)
        at += len(word.text) + 1
    return places


def _alike(before: Sequence[object], now: Sequence[object], known: int) -> int:
    """How many items from the beginning on are the same; the first `known` are."""
    end = min(len(before), len(now))
    at = min(known, end)
    while at < end and before[at] == now[at]:
        at += 1
    return at
