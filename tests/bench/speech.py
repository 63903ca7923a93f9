"""The recogniser: words right, memory, speed against bare faster-whisper. `make bench-speech`.

The bare engine decodes the same file and the same pieces with the same beam and word times, and
keeps nothing. `WhisperModel.transcribe` is shown beside it: it pads each window to 30 s and decodes
what follows its last word once more.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import jiwer
import numpy as np
from faster_whisper import WhisperModel, decode_audio
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.vad import get_speech_timestamps
from rich.console import Console
from rich.table import Table

from adapter.ports import Recognized, SpeechContext
from adapter.speech.audio import SAMPLE_RATE, open_audio
from adapter.speech.confidence import calibration_error
from adapter.speech.model_store import EMBEDDED
from adapter.speech.recognizer import BEAM, WhisperRecognizer
from tests.bench import speech_limits

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "adapter" / "demo_data" / "audio"
SAMPLES = ROOT / "tests" / "samples" / "speech"
CONTEXT = SpeechContext()
ROUNDS = 5
ONES = "zero oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
MORE = "fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty"
KINDS = {
    "number": f"{ONES} {MORE} ninety hundred point half",
    "unit": "millimeter millimeters centimeter centimeters percent milliliters degrees",
    "side": "left right bilateral",
    "negation": "no not without negative none",
    "level": "c t l s",
}
SAFETY = {kind: set(words.split()) for kind, words in KINDS.items()}
IDLE = """
import time
def megabytes():
    line = next(l for l in open("/proc/self/status") if l.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
from adapter.speech.recognizer import WhisperRecognizer
engine = WhisperRecognizer(threads=1)
before, start = megabytes(), time.perf_counter()
engine.load()
print(before, time.perf_counter() - start, megabytes())
"""


def main() -> None:
    """Print every table; the last line is the ratio for scripts."""
    console = Console()
    recognizer = WhisperRecognizer(threads=1)
    recognizer.load()
    console.print(_words_right(recognizer))
    console.print(_load())
    console.print(speech_limits.invented())
    console.print(speech_limits.memory())
    with tempfile.TemporaryDirectory() as folder:
        ratio = _speed(_one_recording(Path(folder) / "all.wav"), recognizer, console)
    print(f"ratio to bare faster-whisper: {ratio:.2f}")


def _sets() -> Iterator[tuple[str, list[tuple[Path, str]]]]:
    yield "demonstration", [(p, p.with_suffix(".txt").read_text()) for p in DEMO.glob("*.wav")]
    references = SAMPLES / "references.json"
    if references.is_file():
        for group, texts in json.loads(references.read_text()).items():
            yield group, [(SAMPLES / group / name, text) for name, text in texts.items()]


def _words_right(recognizer: WhisperRecognizer) -> Table:
    told = ["sure if right", "sure if wrong", "calibration error", "RTF"]
    columns = ["recordings", "files", "WER", "safety", *SAFETY, *told]
    table = Table(*columns, title="Embedded model, one thread (share of safety words right)")
    for name, recordings in _sets():
        start = time.perf_counter()
        heard = [recognizer.recognize(path, CONTEXT) for path, _ in recordings]
        seconds = time.perf_counter() - start
        said = [_normalised(text) for _, text in recordings]
        texts = [_normalised(" ".join(w.text for w in each.words)) for each in heard]
        output = jiwer.process_words(said, texts)
        right, wrong = _confidences(heard, output)
        truth = [True] * len(right) + [False] * len(wrong)
        spoken = sum(each.duration_ms for each in heard) / 1000
        table.add_row(
            name,
            str(len(recordings)),
            f"{output.wer:.1%}",
            _share(said, output, set().union(*SAFETY.values())),
            *(_share(said, output, kind) for kind in SAFETY.values()),
            f"{statistics.fmean(right or [0.0]):.2f}",
            f"{statistics.fmean(wrong or [0.0]):.2f}",
            f"{calibration_error([*right, *wrong], truth):.1%}",
            f"{seconds / spoken:.3f}",
        )
    return table


def _share(said: list[str], output: Any, kind: set[str]) -> str:
    """Words of the kind that were said and heard; an invented one counts as one more wrong."""
    total = right = 0
    for text, heard, chunks in zip(said, output.hypotheses, output.alignments, strict=True):
        words = text.split()
        kept = [c for c in chunks if c.type == "equal"]
        same = [w for c in kept for w in words[c.ref_start_idx : c.ref_end_idx]]
        right += sum(word in kind for word in same)
        invented = sum(word in kind for word in heard) - sum(word in kind for word in same)
        total += max(sum(word in kind for word in words), sum(w in kind for w in same) + invented)
    return f"{right}/{total} {right / total:.1%}" if total else "-"


def _confidences(heard: list[Recognized], output: Any) -> tuple[list[float], list[float]]:
    """Of the words that are right, and of the others."""
    right: list[float] = []
    wrong: list[float] = []
    for each, chunks in zip(heard, output.alignments, strict=True):
        words = [w for w in each.words if _normalised(w.text)]
        for chunk in chunks:
            sure = [w.confidence for w in words[chunk.hyp_start_idx : chunk.hyp_end_idx]]
            (right if chunk.type == "equal" else wrong).extend(sure)
    return right, wrong


def _normalised(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9' ]", "", text.lower()).split())


def _load() -> Table:
    done = subprocess.run([sys.executable, "-c", IDLE], capture_output=True, text=True, check=True)
    before, seconds, after = map(float, done.stdout.split())
    table = Table("memory before", "load time", "memory after", title="Loading the embedded model")
    table.add_row(f"{before:.0f} MB", f"{seconds:.2f} s", f"{after:.0f} MB")
    return table


def _speed(sound: Path, recognizer: WhisperRecognizer, console: Console) -> float:
    """Alternating runs on the same audio; the ratio of ours to the bare engine."""
    stock = WhisperModel(str(EMBEDDED), device="cpu", compute_type="int8", cpu_threads=1)
    with _decoded_by(recognizer) as pieces:
        recognizer.recognize(sound, CONTEXT)
    contestants: dict[str, Callable[[], object]] = {
        "WhisperModel.transcribe": lambda: _stock(stock, sound),
        "bare engine": lambda: _bare(stock, sound, pieces),
        "Readout": lambda: recognizer.recognize(sound, CONTEXT),
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
    for _ in range(ROUNDS + 1):
        for name, run in contestants.items():
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            times[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    columns = ("", "wall s", "CPU s", "wall to bare", "CPU to bare")
    table = Table(*columns, title="The same recording, one thread, alternating, medians")
    ratio = 0.0
    for name, each in times.items():
        pairs = list(zip(each, times["bare engine"], strict=True))[1:]
        ratio = statistics.median(ours[0] / bare[0] for ours, bare in pairs)
        cpu = statistics.median(ours[1] / bare[1] for ours, bare in pairs)
        seconds = (statistics.median(values) for values in zip(*each[1:], strict=True))
        table.add_row(name, *(f"{value:.2f}" for value in (*seconds, ratio, cpu)))
    console.print(table)
    return ratio  # of the last row, which is ours


@contextmanager
def _decoded_by(recognizer: WhisperRecognizer) -> Iterator[list[Any]]:
    """Collects the pieces of audio that the recogniser hands to its engine."""
    _, decoder = recognizer._engine()
    pieces: list[Any] = []
    decode = decoder.decode

    def noting(samples: Any, *rest: Any) -> Any:
        pieces.extend(samples)
        return decode(samples, *rest)

    with patch.object(decoder, "decode", noting):
        yield pieces


def _bare(model: WhisperModel, sound: Path, pieces: list[Any]) -> None:
    """What cannot be saved: decode the file, find speech, and run the model on each piece."""
    get_speech_timestamps(decode_audio(str(sound)))
    tokenizer = Tokenizer(model.hf_tokenizer, False, task="transcribe", language="en")
    prompt = model.get_prompt(tokenizer, [], without_timestamps=True)
    for piece in pieces:
        features = model.feature_extractor(piece)
        frames = features.shape[-1] - 1
        encoded = model.encode(features[:, : frames - frames % 2])
        result = model.model.generate(encoded, [prompt], beam_size=BEAM)[0]
        tokens = [token for token in result.sequences_ids[0] if token < tokenizer.eot]
        model.find_alignment(tokenizer, [tokens], encoded, [frames])


def _stock(model: WhisperModel, sound: Path) -> list[Any]:
    segments, _ = model.transcribe(
        str(sound),
        language="en",
        beam_size=BEAM,
        temperature=0.0,
        without_timestamps=True,
        word_timestamps=True,
        condition_on_previous_text=False,
        vad_filter=True,
    )
    return list(segments)


def _one_recording(path: Path) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        for each in sorted(DEMO.glob("*.wav")) * 2:
            with open_audio(each) as audio:
                for block in audio.blocks():
                    file.writeframes((block * 32767).astype(np.int16).tobytes())
    return path


if __name__ == "__main__":
    main()
