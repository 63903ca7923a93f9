"""Where there is speech: probabilities of the Silero detector, carried from block to block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WINDOW = 512
"""Samples of one decision at 16 kHz: 32 ms."""

_CONTEXT = 64


class VoiceActivity:
    """One recording's detector. The model comes with faster-whisper and hears 16 kHz mono."""

    def __init__(self) -> None:
        import numpy as np
        from faster_whisper.vad import get_vad_model

        self._session: Any = get_vad_model().session
        self._h = np.zeros((1, 1, 128), np.float32)
        self._c = np.zeros((1, 1, 128), np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)

    def feed(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probability of speech of each further window; `samples` holds whole windows."""
        import numpy as np

        if len(samples) == 0:
            return np.zeros(0, np.float32)
        windows = samples.reshape(-1, WINDOW)
        contexts = np.concatenate([self._context[None], windows[:-1, -_CONTEXT:]])
        rows = np.concatenate([contexts, windows], axis=1)
        inputs = {"input": rows, "h": self._h, "c": self._c}
        probabilities, self._h, self._c = self._session.run(None, inputs)
        self._context = windows[-1, -_CONTEXT:].copy()
        return np.asarray(probabilities, np.float32).reshape(-1)
