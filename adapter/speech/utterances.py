"""Pure: cuts a stream of speech probabilities into the utterances that are decoded one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SPEECH_ON = 0.5
SPEECH_OFF = 0.35
"""Probabilities at which speech begins and ends (hysteresis)."""

SPEECH_SURE = 0.85
"""What any utterance reaches somewhere, however quiet or noisy; music hardly does."""


@dataclass(frozen=True, slots=True)
class CutRule:
    """How to cut, in windows: longest utterance, pause that is bridged, margin on each side."""

    longest: int
    bridge: int
    margin: int
    shortest: int = 3  # less speech than this is a click, not a word


@dataclass(frozen=True, slots=True)
class Utterance:
    """Windows [begin, end) to decode; `speech` are the parts in which somebody speaks."""

    begin: int
    end: int
    speech: tuple[tuple[int, int], ...]

    def is_sure(self, probabilities: Sequence[float]) -> bool:
        """Whether somebody surely speaks in it, by the probabilities that it was cut from."""
        return max(probabilities[self.begin : self.end], default=0.0) >= SPEECH_SURE

    def speech_windows(self) -> int:
        """How many windows hold speech."""
        return sum(end - begin for begin, end in self.speech)


def cut(probabilities: Sequence[float], rule: CutRule, final: bool) -> tuple[list[Utterance], int]:
    """Utterances that are complete, and the window from which the rest must be looked at again.

    Fed in blocks or at once, the same probabilities give the same utterances.
    """
    utterances: list[Utterance] = []
    at = 0
    while (found := _next(probabilities, at, rule, final)) is not None:
        utterance, at = found
        if utterance.speech_windows() >= rule.shortest:
            utterances.append(utterance)
    first = next((begin for begin, _ in speech_spans(probabilities, at)), len(probabilities))
    return utterances, max(at, first - rule.margin)


def speech_spans(probabilities: Sequence[float], begin: int = 0) -> Iterator[tuple[int, int]]:
    """Windows [from, to) of speech after `begin`; the last one may still be going on."""
    start: int | None = None
    for index in range(begin, len(probabilities)):
        if start is None:
            if probabilities[index] >= SPEECH_ON:
                start = index
        elif probabilities[index] < SPEECH_OFF:
            yield start, index
            start = None
    if start is not None:
        yield start, len(probabilities)


def _next(
    probabilities: Sequence[float], at: int, rule: CutRule, final: bool
) -> tuple[Utterance, int] | None:
    speech: list[tuple[int, int]] = []
    for begin, end in speech_spans(probabilities, at):
        if speech and begin - speech[-1][1] > rule.bridge:
            return _close(speech, at, begin - speech[-1][1], rule)
        speech.append((begin, end))
        if end - speech[0][0] > rule.longest:
            return _split(speech, at, probabilities, rule)
    if not speech:
        return None
    silence = len(probabilities) - speech[-1][1]
    if final or silence > max(rule.bridge, 2 * rule.margin):
        return _close(speech, at, silence if final else 2 * rule.margin, rule, last=final)
    return None


def _close(
    speech: list[tuple[int, int]], at: int, pause: int, rule: CutRule, last: bool = False
) -> tuple[Utterance, int]:
    """End in the pause after the last speech; the next utterance keeps its half of the pause."""
    after = min(rule.margin, pause if last else pause // 2)
    begin = max(at, speech[0][0] - rule.margin)
    end = speech[-1][1] + after
    return Utterance(begin, end, tuple(speech)), end


def _split(
    speech: list[tuple[int, int]], at: int, probabilities: Sequence[float], rule: CutRule
) -> tuple[Utterance, int]:
    """Too long: cut where speech is least likely in the later half, averaged over five windows."""
    first = speech[0][0]
    places = range(first + rule.longest // 2, first + rule.longest - 2)
    place = min(places, key=lambda i: (sum(probabilities[max(0, i - 2) : i + 3]), -i))
    spoken = tuple((b, min(e, place)) for b, e in speech if b < place)
    return Utterance(max(at, first - rule.margin), place, spoken), place
