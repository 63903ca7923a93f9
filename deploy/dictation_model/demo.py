"""Speak the demonstration dictations that ship in the package (audio and reference text)."""

import argparse
from pathlib import Path

import numpy as np
from scipy.io import wavfile

from voices import SAMPLE_RATE, Audio, Voice, speak

ROOT = Path(__file__).resolve().parents[2]
AUDIO_FOLDER = ROOT / "adapter" / "demo_data" / "audio"
VOICE = Voice("espeak-ng", "en-us+linda", rate=0.95)
PAUSES_S = (0.35, 0.6)

DICTATIONS = {
    "DEMO-CXR-1": (
        "the lungs are clear period",
        "no pleural effusion or pneumothorax period",
        "the heart size is normal period",
        "no acute osseous abnormality period",
        "impression colon no acute cardiopulmonary abnormality period",
    ),
    "DEMO-CXR-2": (
        "there is a small right pneumothorax period",
        "no pleural effusion period",
        "the heart size is normal period",
        "otherwise normal period",
        "impression colon small right pneumothorax period",
    ),
    "DEMO-CTH-3": (
        "no midline shift period",
        "the ventricles are normal in size period",
        "no skull fracture period",
        "the paranasal sinuses are clear period",
        "impression colon no acute intracranial abnormality period",
    ),
    "DEMO-CTA-4": (
        "there is a five millimeter stone in the distal left ureter period",
        "moderate left hydronephrosis period",
        "the liver is normal period",
        "no free fluid period",
        "the appendix is normal period",
        "impression colon five millimeter distal left ureteral stone"
        " with moderate hydronephrosis period",
    ),
}


def dictation_audio(sentences: tuple[str, ...], voice: Voice, seed: int) -> Audio:
    """Speak the sentences with the short pauses a radiologist makes between them."""
    generator = np.random.default_rng(seed)
    parts = [_silence(0.3)]
    for sentence in sentences:
        parts += [speak(sentence, voice), _silence(generator.uniform(*PAUSES_S))]
    return np.concatenate(parts)


def write_dictations(folder: Path, voice: Voice) -> None:
    """Write `<accession>.wav` (PCM16, 16 kHz, mono) and `<accession>.txt` for every dictation."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, (accession, sentences) in enumerate(DICTATIONS.items()):
        audio = dictation_audio(sentences, voice, seed)
        wavfile.write(folder / f"{accession}.wav", SAMPLE_RATE, (audio * 32767).astype(np.int16))
        (folder / f"{accession}.txt").write_text(" ".join(sentences) + "\n", encoding="utf-8")


def _silence(seconds: float) -> Audio:
    return np.zeros(int(seconds * SAMPLE_RATE), np.float32)


def main() -> None:
    """Write the dictations in the chosen voice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=AUDIO_FOLDER)
    parser.add_argument("--engine", default=VOICE.engine)
    parser.add_argument("--voice", default=VOICE.name)
    parser.add_argument("--rate", type=float, default=VOICE.rate)
    arguments = parser.parse_args()
    write_dictations(
        arguments.folder, Voice(arguments.engine, arguments.voice, rate=arguments.rate)
    )


if __name__ == "__main__":
    main()
