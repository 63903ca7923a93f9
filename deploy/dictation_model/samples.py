"""Training samples: one or more utterances in a window, augmented, with their attention spans."""

import random
from dataclasses import dataclass, field

import numpy as np
from tokenizers import Tokenizer

import grammar
from corpus import Corpus, Span, Spoken
from features import SILENCE, Mel, scaled
from phonemes import WORD_GAP, transcription
from tokenizer import word_pieces

MAX_PIECES = 330
SAFETY = frozenset((*grammar.SAFETY_WORDS, *grammar.ONES, *grammar.TENS, "hundred", *"ctls"))
SAFETY_WEIGHT = 2.0


@dataclass
class Sample:
    """Scaled features with the pieces spoken in them; no pieces means noise without speech.

    `spans` are the encoder states in which the word of each piece is heard; `weights` say how much
    each piece counts.
    """

    features: Mel
    pieces: list[int] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)


class SampleMaker:
    """Draws random utterances of a corpus and lays them out as dictations."""

    def __init__(
        self, corpus: Corpus, tokenizer: Tokenizer, words: dict[str, list[int]], seed: int
    ) -> None:
        self.random = random.Random(seed)
        self.generator = np.random.default_rng(seed)
        self._corpus, self._tokenizer, self._words = corpus, tokenizer, words
        self._queue: list[Spoken] = []

    def dictation(self, frames: int) -> Sample:
        """Utterances with pauses until `frames` are filled; always at least one."""
        r = self.random
        parts: list[tuple[int, Mel]] = []
        pieces: list[int] = []
        spans: list[Span] = []
        weights: list[float] = []
        labels: list[int] = []
        position = r.randint(0, 60)
        while not parts or (position < frames and len(pieces) < MAX_PIECES):
            spoken = self._next()
            mel, stretch = self._augmented(self._corpus.mel(spoken))
            if parts and position + len(mel) > 2960:
                break
            parts.append((position, mel))
            words = spoken.text.split()
            for piece, word in word_pieces(self._tokenizer, spoken.text):
                begin, end = spoken.spans[word] if spoken.spans else (0.0, 0.0)
                pieces.append(piece)
                weights.append(SAFETY_WEIGHT if words[word] in SAFETY else 1.0)
                spans.append((position / 2 + begin * stretch, position / 2 + end * stretch))
            labels += [WORD_GAP] * bool(labels) + transcription(spoken.text, self._words)
            position += len(mel) + r.choice([r.randint(3, 40), r.randint(20, 90)])
        return Sample(self._laid_out(parts), pieces, spans, weights, labels)

    def noise(self) -> Sample:
        """Background without speech."""
        length = self.random.randint(200, 2900)
        return Sample(scaled(self._background(length, self.random.uniform(-2, 2))))

    def _next(self) -> Spoken:
        if not self._queue:
            self._queue = list(self._corpus.utterances)
            self.random.shuffle(self._queue)
        return self._queue.pop()

    def _laid_out(self, parts: list[tuple[int, Mel]]) -> Mel:
        last, mel = parts[-1]
        length = min(3000, last + len(mel) + self.random.randint(5, 60))
        window = np.full((length, 80), SILENCE, np.float32)
        for start, part in parts:
            window[start : start + len(part)] = part[: length - start]
        if self.random.random() < 0.5:
            window = added(window, self._background(length, float(window.max())))
        return scaled(window)

    def _augmented(self, mel: Mel) -> tuple[Mel, float]:
        """Random tempo, vocal tract length, equaliser and level; returns the tempo factor too."""
        r, stretch = self.random, 1.0
        if r.random() < 0.3:
            frames = int(len(mel) * r.uniform(0.88, 1.15))
            stretch = frames / len(mel)
            mel = interpolated(mel, np.linspace(0, len(mel) - 1.001, frames))
        if r.random() < 0.35:
            bands = np.clip(np.arange(80) * r.uniform(0.92, 1.08), 0, 78.99)
            mel = interpolated(mel.T, bands).T
        if r.random() < 0.4:
            mel = mel + self._curve(6, 0.3)
        return mel + np.float32(r.uniform(-0.5, 0.2)), stretch

    def _background(self, frames: int, peak: float) -> Mel:
        """Coloured noise 34 to 65 dB under the peak, a quarter of the time digital silence."""
        r = self.random
        if r.random() < 0.25:
            return np.full((frames, 80), SILENCE, np.float32)
        tilt = r.uniform(-0.6, 0.2) * np.arange(80, dtype=np.float32) / 40
        level = peak - r.uniform(3.4, 6.5) + self._curve(5, 0.7) + tilt
        grain = self.generator.standard_gamma(1.3, (frames, 80), dtype=np.float32)
        noise: Mel = (level + np.log10(grain + 1e-4)).astype(np.float32)
        return noise

    def _curve(self, points: int, spread: float) -> Mel:
        values = self.generator.uniform(-spread, spread, points)
        return np.interp(np.arange(80), np.linspace(0, 79, points), values).astype(np.float32)


def interpolated(rows: Mel, at: np.ndarray) -> Mel:
    """Rows of a matrix at fractional positions."""
    below = at.astype(int)
    weight = (at - below)[:, None].astype(np.float32)
    between: Mel = rows[below] * (1 - weight) + rows[below + 1] * weight
    return between


def added(first: Mel, second: Mel) -> Mel:
    """Sum of two log10 powers."""
    high = np.maximum(first, second)
    low = np.minimum(first, second)
    total: Mel = high + np.log10(1 + np.power(10.0, low - high, dtype=np.float32))
    return total
