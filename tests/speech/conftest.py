"""One loaded recogniser for the whole run, and small sound files made on the spot."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from adapter.speech.audio import open_audio
from adapter.speech.recognizer import WhisperRecognizer
from tests.speech.sounds import Samples, encode

DEMO = Path(__file__).resolve().parents[2] / "adapter" / "demo_data" / "audio"
WriteSound = Callable[..., Path]


@pytest.fixture(scope="session")
def recognizer() -> WhisperRecognizer:
    engine = WhisperRecognizer(threads=1)
    engine.load()
    return engine


@pytest.fixture(scope="session")
def dictation() -> Samples:
    """A real demonstration dictation: 16 kHz mono, about 13 s."""
    with open_audio(DEMO / "DEMO-CTH-3.wav") as audio:
        return np.concatenate(list(audio.blocks()))


@pytest.fixture
def write_sound(tmp_path: Path) -> WriteSound:
    """Encode 16 kHz mono samples: name (its ending is the container), codec, rate, layout."""

    def write(
        samples: Samples, name: str = "sound.wav", codec: str = "pcm_s16le", *rest: object
    ) -> Path:
        encode(samples, tmp_path / name, codec, *rest)  # type: ignore[arg-type]
        return tmp_path / name

    return write
