"""A recording as a stream of pieces: the audio of one utterance and where speech lies in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from adapter.speech.audio import SAMPLE_RATE, AudioFile
from adapter.speech.model_store import ModelProperties
from adapter.speech.utterances import CutRule, Utterance, cut, speech_spans
from adapter.speech.voice_activity import WINDOW, VoiceActivity

if TYPE_CHECKING:
    from adapter.speech.audio import Samples

_MARGIN_SECONDS = 0.2


@dataclass(frozen=True, eq=False, slots=True)
class Piece:
    """Audio to decode at once.

    `speech` in ms of the recording, [from, to); it is hardly speech where it is not `sure`.
    """

    begin_ms: int
    end_ms: int
    samples: Samples
    speech: tuple[tuple[int, int], ...]
    sure: bool = True

    @property
    def spoken(self) -> tuple[tuple[int, int], ...]:
        """The stretches over which words count as said."""
        return self.speech if self.sure else ()

    def halves(self) -> tuple[Piece, Piece]:
        """Two pieces, cut in the middle of the longest pause; there must be one."""
        pauses = [right[0] - left[1] for left, right in pairwise(self.speech)]
        count = pauses.index(max(pauses)) + 1
        place = (self.speech[count - 1][1] + self.speech[count][0]) // 2
        sample = (place - self.begin_ms) * SAMPLE_RATE // 1000
        return (
            replace(self, end_ms=place, samples=self.samples[:sample], speech=self.speech[:count]),
            replace(
                self, begin_ms=place, samples=self.samples[sample:], speech=self.speech[count:]
            ),
        )


def cut_rule(properties: ModelProperties) -> CutRule:
    """The model's wishes in windows of 32 ms."""
    margin = _windows(_MARGIN_SECONDS)
    return CutRule(
        longest=_windows(properties.longest_seconds) - 2 * margin,
        bridge=_windows(properties.bridged_pause_seconds),
        margin=margin,
    )


class PieceCutter:
    """Cuts samples as they come, holding no more than the utterance that is being spoken.

    `heard_ms` is the length fed so far.
    """

    def __init__(self, rule: CutRule) -> None:
        import numpy as np

        self._rule = rule
        self._activity = VoiceActivity()
        self._samples: Samples = np.zeros(0, np.float32)  # from window `_begin` on
        self._probabilities: list[float] = []  # of the windows of `_samples`
        self._begin = 0
        self._count = 0

    @property
    def heard_ms(self) -> int:
        """Length of the audio fed so far."""
        return _ms(self._count)

    def feed(self, samples: Samples) -> list[Piece]:
        """Take further samples; returns the pieces that are complete."""
        import numpy as np

        self._count += len(samples)
        self._samples = np.concatenate([self._samples, samples])
        return self._cut(final=False)

    def finish(self) -> list[Piece]:
        """The recording is over; returns the pieces that are left."""
        import numpy as np

        missing = -len(self._samples) % WINDOW
        self._samples = np.concatenate([self._samples, np.zeros(missing, np.float32)])
        return self._cut(final=True)

    def unfinished(self) -> Piece | None:
        """The utterance that is being spoken, as far as it goes; None in silence."""
        speech = tuple(speech_spans(self._probabilities))
        begin = max(0, speech[0][0] - self._rule.margin) if speech else 0
        spoken = Utterance(begin, len(self._probabilities), speech)
        return self._piece(spoken) if spoken.speech_windows() >= self._rule.shortest else None

    def _cut(self, final: bool) -> list[Piece]:
        done = len(self._probabilities) * WINDOW
        whole = len(self._samples) // WINDOW * WINDOW
        self._probabilities += self._activity.feed(self._samples[done:whole]).tolist()
        utterances, rest = cut(self._probabilities, self._rule, final)
        pieces = [self._piece(utterance) for utterance in utterances]
        self._samples = self._samples[rest * WINDOW :].copy()
        self._probabilities = self._probabilities[rest:]
        self._begin += rest
        return pieces

    def _piece(self, utterance: Utterance) -> Piece:
        def ms(window: int) -> int:
            return min(_ms((self._begin + window) * WINDOW), self.heard_ms)

        samples = self._samples[utterance.begin * WINDOW : utterance.end * WINDOW].copy()
        speech = tuple((ms(begin), ms(end)) for begin, end in utterance.speech)
        sure = utterance.is_sure(self._probabilities)
        return Piece(ms(utterance.begin), ms(utterance.end), samples, speech, sure)


class PieceReader:
    """Reads a recording once, holding no more than one utterance and one block of it."""

    def __init__(self, audio: AudioFile, rule: CutRule) -> None:
        self._audio = audio
        self._cutter = PieceCutter(rule)

    @property
    def heard_ms(self) -> int:
        """Length of the audio read so far."""
        return self._cutter.heard_ms

    def __iter__(self) -> Iterator[Piece]:
        for block in self._audio.blocks():
            yield from self._cutter.feed(block)
        yield from self._cutter.finish()


def _ms(samples: int) -> int:
    return samples * 1000 // SAMPLE_RATE


def _windows(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE / WINDOW)
