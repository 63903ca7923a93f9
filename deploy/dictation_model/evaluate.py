"""Measure a converted model through faster-whisper: word errors, safety words, speed, by voice.

Prints one line a group of voices. The sentences (`held_out.yaml`) were never trained on.
"""

import argparse
import random
import re
import time
from dataclasses import dataclass
from pathlib import Path

import jiwer
import numpy as np
import yaml
from faster_whisper import WhisperModel, decode_audio
from faster_whisper.vad import VadOptions, get_speech_timestamps

import grammar
from demo import DICTATIONS, ROOT, dictation_audio
from synthesise import seen_voice
from voices import (
    SAMPLE_RATE,
    UNSEEN_ACCENTS,
    UNSEEN_ENGINES,
    UNSEEN_VARIANTS,
    Audio,
    Voice,
    speak,
)

EMBEDDED = ROOT / "adapter" / "speech" / "models" / "embedded"
SIDES = {"left", "right", "bilateral"}
NEGATIONS = {"no", "not", "without", "negative"}
UNITS = {f"{unit}{s}" for unit in ("millimeter", "centimeter", "milliliter") for s in ("", "s")}
NUMBERS = {*grammar.ONES, *grammar.TENS, "hundred", "point"}
PAUSES = VadOptions(min_silence_duration_ms=200, speech_pad_ms=200)
SEEN, JOINED, OUTSIDE = "seen voices", "seen voices, dictations", "outside the grammar"
VARIANTS = "unseen espeak-ng variants"
GROUPS: dict[str, tuple[Voice, ...]] = {
    SEEN: (),
    JOINED: (),
    VARIANTS: UNSEEN_VARIANTS,
    "unseen espeak-ng accent": UNSEEN_ACCENTS,
    "unseen flite voice (slt)": UNSEEN_ENGINES[:1],
    "unseen festival voice (ked)": UNSEEN_ENGINES[1:2],
    "unseen engine (HTS slt)": UNSEEN_ENGINES[2:],
    OUTSIDE: (),
}
"""Voices by group; an empty group draws from the training voices."""
SAFETY = SIDES | NEGATIONS | UNITS | NUMBERS


@dataclass(frozen=True)
class Spoken:
    """One test utterance."""

    text: str
    audio: Audio


@dataclass(frozen=True)
class Result:
    """Reference and hypothesis of every utterance of a group, and the seconds they took."""

    references: list[str]
    hypotheses: list[str]
    speech_seconds: float
    cpu_seconds: float

    @property
    def word_error_rate(self) -> float:
        """Word error rate over the whole group."""
        return float(jiwer.wer(self.references, self.hypotheses))

    @property
    def safety_accuracy(self) -> float:
        """Share of the spoken safety words that were heard at their place."""
        pairs = zip(self.references, self.hypotheses, strict=True)
        heard = [right for pair in pairs for right in _heard(*pair)]
        return sum(heard) / len(heard) if heard else 1.0


def normalised(text: str) -> str:
    """Lower case without punctuation; digits stay."""
    return " ".join(re.sub(r"[^a-z0-9' ]", " ", text.lower()).split()) or "-"


def _heard(reference: str, hypothesis: str) -> list[bool]:
    words = reference.split()
    right = [False] * len(words)
    for chunk in jiwer.process_words(reference, hypothesis).alignments[0]:
        if chunk.type == "equal":
            right[chunk.ref_start_idx : chunk.ref_end_idx] = [True] * (
                chunk.ref_end_idx - chunk.ref_start_idx
            )
    return [ok for word, ok in zip(words, right, strict=True) if word in SAFETY]


def transcribe(model: WhisperModel, audio: Audio) -> str:
    """Transcribe as the product does: cut at pauses, each piece decoded without timestamps."""
    pieces = get_speech_timestamps(audio, PAUSES)
    clips = [piece[edge] / SAMPLE_RATE for piece in pieces for edge in ("start", "end")]
    segments, _ = model.transcribe(
        audio,
        language="en",
        beam_size=5,
        temperature=0.0,
        without_timestamps=True,
        condition_on_previous_text=False,
        clip_timestamps=clips or [0.0],
    )
    return normalised(" ".join(segment.text for segment in segments))


def measure(model: WhisperModel, utterances: list[Spoken]) -> Result:
    """Transcribe a group."""
    begin = time.process_time()
    hypotheses = [transcribe(model, spoken.audio) for spoken in utterances]
    seconds = time.process_time() - begin
    length = sum(len(spoken.audio) for spoken in utterances) / SAMPLE_RATE
    return Result([normalised(s.text) for s in utterances], hypotheses, length, seconds)


def padded(audio: Audio) -> Audio:
    """Speech with 0.2 s of silence on either side."""
    return np.pad(audio, int(0.2 * SAMPLE_RATE))


def group(name: str, count: int) -> list[Spoken]:
    """Test utterances of a group of `GROUPS`, the same at every call."""
    texts = yaml.safe_load((grammar.HERE / "held_out.yaml").read_text(encoding="utf-8"))
    lines: list[str] = texts["outside"] if name == OUTSIDE else texts["grammar"][:count]
    r, voices = random.Random(77), GROUPS[name]
    if name == JOINED:
        fours = [tuple(lines[i : i + 4]) for i in range(0, len(lines), 4)]
        return [
            Spoken(" ".join(four), dictation_audio(four, seen_voice(r), i))
            for i, four in enumerate(fours)
        ]
    return [
        Spoken(line, padded(speak(line, voices[i % len(voices)] if voices else seen_voice(r))))
        for i, line in enumerate(lines)
    ]


def main() -> None:
    """Print the figures of every group and the errors of the demonstration dictations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=EMBEDDED)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--show", type=int, default=0, help="wrong sentences to print a group")
    arguments = parser.parse_args()
    model = WhisperModel(str(arguments.model), device="cpu", compute_type="int8", cpu_threads=1)
    for name in GROUPS:
        _report(name, measure(model, group(name, arguments.count)), arguments.show)
    _report("demonstration dictations", measure(model, _demonstration()), 4)


def _demonstration() -> list[Spoken]:
    folder = ROOT / "adapter" / "demo_data" / "audio"
    return [
        Spoken(" ".join(sentences), decode_audio(str(folder / f"{accession}.wav")))
        for accession, sentences in DICTATIONS.items()
    ]


def _report(name: str, result: Result, show: int) -> None:
    exact = sum(r == h for r, h in zip(result.references, result.hypotheses, strict=True))
    print(
        f"{name:30s} n={len(result.references):3d} WER {100 * result.word_error_rate:5.1f} %"
        f"  safety words {100 * result.safety_accuracy:5.1f} %  exact {exact}"
        f"  RTF {result.cpu_seconds / result.speech_seconds:.3f}",
        flush=True,
    )
    wrong = [(r, h) for r, h in zip(result.references, result.hypotheses, strict=True) if r != h]
    for reference, hypothesis in wrong[:show]:
        print(f"    said:  {reference}\n    heard: {hypothesis}")


if __name__ == "__main__":
    main()
