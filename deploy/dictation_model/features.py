"""Log-mel features exactly as faster-whisper computes them, split into steps."""

import numpy as np
import numpy.typing as npt
from faster_whisper.feature_extractor import FeatureExtractor

Mel = npt.NDArray[np.float32]

FRAMES_PER_SECOND = 100
WINDOW_FRAMES = 3000
SILENCE = -10.0
"""Log10 power of digital silence."""

_FILTERS = FeatureExtractor().mel_filters
_HANN = np.hanning(401)[:-1].astype(np.float32)


def log_mel(audio: npt.NDArray[np.float32]) -> Mel:
    """Log10 mel power [frames, 80] of 16 kHz audio, before clamping and scaling."""
    padded = np.pad(np.pad(audio, (0, 160)), (200, 200), mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, 400)[::160]
    power = np.abs(np.fft.rfft(frames * _HANN, axis=1)) ** 2
    mel: Mel = np.log10(np.maximum(power @ _FILTERS.T, 1e-10)).astype(np.float32)
    return mel[: 1 + (len(padded) - 400) // 160]


def scaled(mel: Mel) -> Mel:
    """The clamp and scale of Whisper: 8 decades under the peak, then (x + 4) / 4."""
    clamped: Mel = (np.maximum(mel, mel.max() - 8.0) + 4.0) / 4.0
    return clamped
