"""Sound files in every format that the encoders at hand can write."""

from collections.abc import Mapping
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
RATE = 16_000
EXPERIMENTAL = {"strict": "experimental"}  # FFmpeg names its Vorbis encoder so


def encode(
    samples: Samples,
    path: Path,
    codec: str = "pcm_s16le",
    rate: int = 16_000,
    layout: str = "mono",
    options: Mapping[str, str] | None = None,
) -> None:
    """Write 16 kHz mono samples; the ending of `path` chooses the container."""
    with av.open(str(path), "w", options=dict(options or {})) as container:
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


def music(generator: np.random.Generator, length: int) -> Samples:
    """Notes with harmonics, vibrato and a beat; now and then the detector hears a voice in it."""
    sound = np.zeros(length)
    at = 0.0
    while at < length / RATE - 1:
        seconds = generator.uniform(0.15, 0.8)
        time = np.arange(int(seconds * RATE)) / RATE
        pitch = 110 * 2 ** (generator.integers(0, 36) / 12)
        phase = 2 * np.pi * np.cumsum(pitch * (1 + 0.006 * np.sin(2 * np.pi * 5.5 * time)))
        note = sum(np.sin(h * phase / RATE) / h**1.2 for h in range(1, 12))
        fade = np.clip(np.minimum(time / 0.02, (seconds - time) / 0.1), 0, 1)
        begin = int(at * RATE)
        sound[begin : begin + len(time)] += note * fade
        beat = np.exp(-np.arange(1600) / 400) * generator.normal(0, 1, 1600)
        sound[begin : begin + 1600] += beat
        at += seconds * generator.uniform(0.3, 1)
    return (0.6 * sound / np.abs(sound).max()).astype(np.float32)
