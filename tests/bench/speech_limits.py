"""What must not happen: words out of noise, memory that grows. Part of `make bench-speech`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from adapter.ports import SpeechContext
from adapter.speech.audio import SAMPLE_RATE, open_audio
from adapter.speech.model_store import EMBEDDED
from adapter.speech.recognizer import WhisperRecognizer
from tests.speech.sounds import music

DEMO = Path(__file__).resolve().parents[2] / "adapter" / "demo_data" / "audio"
MINUTES = 10
HOTWORDS = SpeechContext(phrases=("pneumothorax", "pleural effusion", "right lower lobe"))
DICTATIONS = 100
LONG_MINUTES = 60
PAUSE_SECONDS = 30
MEMORY = """
import sys
MINUTE = 10
from pathlib import Path
from adapter.ports import SpeechContext
from adapter.speech.recognizer import WhisperRecognizer
from tests.speech.sounds import music
def megabytes():
    line = next(l for l in open("/proc/self/status") if l.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
engine = WhisperRecognizer(threads=1)
for path in sys.argv[1:]:
    early = []
    def seen(ms, _):
        if ms > MINUTE * 60_000 and not early:
            early.append(megabytes())
    engine.recognize(Path(path), SpeechContext(), seen)
    print((early or [megabytes()])[0], megabytes())
"""


def invented() -> Table:
    """Words that come out of ten minutes without speech, with hotwords in the prompt."""
    table = Table("ten minutes of", "words", "set apart", title="No speech, hotwords present")
    with tempfile.TemporaryDirectory() as folder:
        prompted = Path(shutil.copytree(EMBEDDED, Path(folder) / "prompted"))
        (prompted / "readout-model.json").unlink()  # a model that takes prompts, in full windows
        engine = WhisperRecognizer(prompted, threads=1)
        for name, minute in _noises():
            path = _write(Path(folder) / "noise.wav", [minute] * MINUTES)
            heard = engine.recognize(path, HOTWORDS)
            table.add_row(name, str(len(heard.words)), str(len(heard.quarantined)))
    return table


def memory() -> Table:
    """Resident memory over many dictations, and over a long one."""
    table = Table("", "before", "after", "growth", title="Memory of the recogniser's process")
    files = [str(path) for path in sorted(DEMO.glob("*.wav"))]
    many = _resident((files * DICTATIONS)[:DICTATIONS])
    _growth(table, f"{DICTATIONS} dictations (10th, last)", many[9][1], many[-1][1])
    with tempfile.TemporaryDirectory() as folder:
        long = _write(Path(folder) / "long.wav", _long())
        ((early, late),) = _resident([str(long)])
    _growth(table, f"one of {LONG_MINUTES} minutes (10th, last)", early, late)
    return table


def _growth(table: Table, name: str, before: float, after: float) -> None:
    table.add_row(name, f"{before:.0f} MB", f"{after:.0f} MB", f"{after / before - 1:+.1%}")


def _resident(files: list[str]) -> list[tuple[float, float]]:
    """Megabytes in the tenth minute and after each recording."""
    command = [sys.executable, "-c", MEMORY, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    pairs = (line.split() for line in done.stdout.splitlines())
    return [(float(early), float(late)) for early, late in pairs]


def _long() -> Iterator[NDArray[np.float32]]:
    """The demonstration dictations with pauses, over and over."""
    spoken = []
    for path in sorted(DEMO.glob("*.wav")):
        with open_audio(path) as audio:
            spoken.append(np.concatenate(list(audio.blocks())))
    length = 0
    while length < LONG_MINUTES * 60 * SAMPLE_RATE:
        for each in (*spoken, np.zeros(PAUSE_SECONDS * SAMPLE_RATE, np.float32)):
            length += len(each)
            yield each


def _noises() -> Iterator[tuple[str, NDArray[np.float32]]]:
    """A minute of each."""
    generator = np.random.default_rng(7)
    time = np.arange(60 * SAMPLE_RATE) / SAMPLE_RATE
    yield "silence", np.zeros(len(time), np.float32)
    yield "white noise", (generator.normal(0, 0.2, len(time))).astype(np.float32)
    hum = 0.2 * np.sin(2 * np.pi * 50 * time) + 0.1 * np.sin(2 * np.pi * 150 * time)
    yield "mains hum", hum.astype(np.float32)
    yield "music", music(generator, len(time))


def _write(path: Path, parts: list[NDArray[np.float32]] | Iterator[NDArray[np.float32]]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        for part in parts:
            file.writeframes((part * 32767).astype("<i2").tobytes())
    return path
