"""One loaded recogniser for the whole run, and small sound files made on the spot."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from adapter.speech.audio import open_audio
from adapter.speech.recognizer import WhisperRecognizer

DEMO = Path(__file__).resolve().parents[2] / "adapter" / "demo_data" / "audio"
Samples = NDArray[np.float32]
EXPERIMENTAL = {"strict": "experimental"}  # FFmpeg names its Vorbis encoder so
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
    """Encode 16 kHz mono samples: name (its ending is the container), codec, rate, channels."""

    def write(
        samples: Samples,
        name: str = "sound.wav",
        codec: str = "pcm_s16le",
        rate: int = 16_000,
        layout: str = "mono",
        options: dict[str, str] | None = None,
    ) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w", options=options or {}) as container:
            stream = container.add_stream(codec, rate=rate, layout=layout, options=EXPERIMENTAL)
            stream.bit_rate = 128_000
            frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), "flt", "mono")
            frame.sample_rate = 16_000
            formats = stream.codec_context.codec.audio_formats
            resampler = av.AudioResampler(
                formats[0] if formats else "s16", layout, rate, stream.frame_size or None
            )
            for out in (*resampler.resample(frame), *resampler.resample(None)):
                container.mux(stream.encode(out))
            container.mux(stream.encode(None))
        return path

    return write
