"""Sound files in every format that the encoders at hand can write."""

from collections.abc import Mapping
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
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
