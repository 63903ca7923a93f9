"""Text to speech with Debian's espeak-ng, flite and festival: one call, 16 kHz float audio."""

import subprocess
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.io import wavfile
from scipy.signal import resample_poly

Audio = npt.NDArray[np.float32]

SAMPLE_RATE = 16_000
ESPEAK_WORDS_PER_MINUTE = 165


@dataclass(frozen=True)
class Voice:
    """A synthetic speaker; `rate` 1.0 is normal tempo, `scale` above 1.0 a smaller speaker."""

    engine: str
    name: str
    rate: float = 1.0
    pitch: int = 50
    scale: float = 1.0

    @property
    def label(self) -> str:
        """Engine and name, as written in manifests and reports."""
        return f"{self.engine}:{self.name}"


ESPEAK_ACCENTS = (
    *["en-us"] * 8,
    *["en-gb"] * 3,
    *["en-gb-x-rp"] * 2,
    "en-gb-x-gbclan",
    "en-gb-x-gbcwmd",
    "en-us-nyc",
    "en-029",
)
ESPEAK_VARIANTS = (
    *("f1 f2 f3 f4 m1 m2 m3 m4 m5 m6 m7 m8 Alex Alicia Andrea Andy Annie Denis Diogo".split()),
    *("Gene Henrique Hugo Lee Marco Mario Mike Nguyen Tweaky adam anika antonio aunty".split()),
    *("belinda benjamin boris caleb david ed edward gustave iven john kaukovalta".split()),
    *("klatt klatt2 klatt4 klatt6 linda marcelo max michel miguel norbert pablo paul".split()),
    *("pedro quincy rob robert sandro shelby steph2 steph3 travis victor zac".split()),
    *[""] * 6,
)
FLITE_TRAINING = ("awb", "rms", "kal16")
FESTIVAL_TRAINING = ("kal_diphone",)

UNSEEN_VARIANTS = tuple(
    Voice("espeak-ng", f"en-us+{v}") for v in ("f5", "Michael", "klatt3", "steph", "grandpa")
)
UNSEEN_ACCENTS = (Voice("espeak-ng", "en-gb-scotland"),)
UNSEEN_ENGINES = (
    Voice("flite", "slt"),
    Voice("festival", "ked_diphone"),
    Voice("festival", "cmu_us_slt_arctic_hts"),
)


def speak(text: str, voice: Voice) -> Audio:
    """Speak `text`; returns mono 16 kHz audio trimmed of silence, peak 0.9.

    Raises `RuntimeError` if the engine produced no audio.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        _ENGINES[voice.engine](text, voice, path)
        if not path.exists():
            raise RuntimeError(f"{voice.label} spoke nothing; is the engine installed?")
        rate, samples = wavfile.read(path)
    audio = trimmed(_resampled(samples.astype(np.float32) / 32768, rate, voice.scale))
    peak = float(np.abs(audio).max()) if audio.size else 0.0
    if peak < 1e-4:
        raise RuntimeError(f"{voice.label} spoke nothing for {text!r}")
    return audio * np.float32(0.9 / peak)


def trimmed(audio: Audio, block: int = 160) -> Audio:
    """Cut silence before and after the speech, keeping 30 ms and 50 ms of it."""
    blocks = len(audio) // block
    if blocks < 5:
        return audio
    level = np.abs(audio[: blocks * block]).reshape(blocks, block).max(axis=1)
    loud = np.flatnonzero(level > 0.02 * level.max())
    return audio[max(0, loud[0] * block - 480) : (loud[-1] + 1) * block + 800]


def _resampled(audio: Audio, rate: int, scale: float) -> Audio:
    ratio = Fraction(SAMPLE_RATE, int(round(rate * scale / 50) * 50))
    if ratio == 1:
        return audio
    resampled: Audio = resample_poly(audio, ratio.numerator, ratio.denominator).astype(np.float32)
    return resampled


def _espeak(text: str, voice: Voice, path: Path) -> None:
    speed = str(round(ESPEAK_WORDS_PER_MINUTE * voice.rate))
    options = ["-v", voice.name, "-s", speed, "-p", str(voice.pitch), "-w", str(path)]
    subprocess.run(["espeak-ng", *options, text], check=True, capture_output=True)


def _flite(text: str, voice: Voice, path: Path) -> None:
    stretch = f"duration_stretch={1 / voice.rate:.3f}"
    command = ["flite", "-voice", voice.name, "--setf", stretch, "-t", text, "-o", str(path)]
    subprocess.run(command, check=True, capture_output=True)


def _festival(text: str, voice: Voice, path: Path) -> None:
    script = (
        f"(voice_{voice.name})(Parameter.set 'Duration_Stretch {1 / voice.rate:.3f})"
        f'(utt.save.wave (utt.synth (Utterance Text "{text}")) "{path}" \'riff)'
    )
    command = ["festival", "--pipe"]
    subprocess.run(command, input=script, text=True, check=True, capture_output=True)


_ENGINES = {"espeak-ng": _espeak, "flite": _flite, "festival": _festival}
