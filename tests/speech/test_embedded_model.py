"""The embedded dictation model: what the product hears with it in real audio, on one core."""

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jiwer
import pytest
from faster_whisper import WhisperModel

from adapter.ports import SpeechContext
from adapter.speech.recognizer import WhisperRecognizer

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "adapter" / "speech" / "models" / "embedded"
DEMO = ROOT / "adapter" / "demo_data" / "audio"
SAMPLES = ROOT / "tests" / "samples" / "speech"
ACCESSIONS = ("DEMO-CXR-1", "DEMO-CXR-2", "DEMO-CTH-3", "DEMO-CTA-4")
ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
MORE = "fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty"
UNITS = "millimeter millimeters centimeter centimeters percent ninety hundred point"
SAFETY = {*f"{ONES} {MORE} {UNITS} left right bilateral no not without negative".split()}

AS_THE_PRODUCT: dict[str, Any] = {
    "language": "en",
    "beam_size": 5,
    "temperature": 0.0,
    "without_timestamps": True,
    "condition_on_previous_text": False,
}


@cache
def model() -> WhisperModel:
    return WhisperModel(str(MODEL), device="cpu", compute_type="int8", cpu_threads=1)


def normalised(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9' ]", " ", text.lower()).split())


@cache
def recognizer() -> WhisperRecognizer:
    return WhisperRecognizer(threads=1)


def heard(path: Path) -> str:
    words = recognizer().recognize(path, SpeechContext()).words
    return normalised(" ".join(word.text for word in words))


@cache
def compared(group: str) -> jiwer.WordOutput:
    """What was said in the recordings of a group beside what was heard."""
    references = json.loads((SAMPLES / "references.json").read_text(encoding="utf-8"))[group]
    names = sorted(references)
    said = [normalised(references[name]) for name in names]
    return jiwer.process_words(said, [heard(SAMPLES / group / name) for name in names])


def safety_share(output: jiwer.WordOutput) -> float:
    """How many of the safety words that were said were heard at their place."""
    right = total = 0
    for words, chunks in zip(output.references, output.alignments, strict=True):
        total += sum(word in SAFETY for word in words)
        kept = (c for c in chunks if c.type == "equal")
        right += sum(w in SAFETY for c in kept for w in words[c.ref_start_idx : c.ref_end_idx])
    return right / total


def test_the_model_is_small_and_is_the_one_described() -> None:
    description = json.loads((MODEL / "model.json").read_text(encoding="utf-8"))
    digest = hashlib.sha256((MODEL / "model.bin").read_bytes()).hexdigest()
    assert digest == description["sha256"]
    assert description["language"] == "en"
    assert sum(path.stat().st_size for path in MODEL.iterdir()) <= 15_000_000


@pytest.mark.parametrize("accession", ACCESSIONS)
def test_demonstration_dictation_is_heard(accession: str) -> None:
    said = normalised((DEMO / f"{accession}.txt").read_text(encoding="utf-8"))
    text = heard(DEMO / f"{accession}.wav")
    assert [w for w in text.split() if w in SAFETY] == [w for w in said.split() if w in SAFETY]
    assert jiwer.wer(said, text) <= 0.15


def test_word_times_ascend_within_the_audio() -> None:
    segments, info = model().transcribe(
        str(SAMPLES / "seen" / "01.flac"), word_timestamps=True, **AS_THE_PRODUCT
    )
    words = [word for segment in segments for word in segment.words or []]
    times = [(word.start, word.end) for word in words]
    assert len(words) > 3
    assert times == sorted(times)
    assert all(0 <= start <= end <= info.duration for start, end in times)


def test_new_sentences_in_seen_voices() -> None:
    assert compared("seen").wer <= 0.05
    assert safety_share(compared("seen")) >= 0.98


def test_unseen_variants() -> None:
    assert compared("unseen").wer <= 0.15
