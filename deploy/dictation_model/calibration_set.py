"""Write recordings for `readout model calibrate`: new sentences, half of them in unseen voices."""

import argparse
import random
from itertools import islice
from pathlib import Path

import soundfile

import grammar
from evaluate import padded
from synthesise import seen_voice
from voices import SAMPLE_RATE, UNSEEN_ACCENTS, UNSEEN_ENGINES, UNSEEN_VARIANTS, speak

SEED = 90_001  # far from the seeds of the training shards
SALAD_SHARE = 0.2
UNSEEN = (*UNSEEN_VARIANTS, *UNSEEN_ACCENTS, *UNSEEN_ENGINES)


def main() -> None:
    """Write `count` recordings, each with a .txt of what is said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--count", type=int, default=300)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    r = random.Random(SEED)
    texts = islice(grammar.sentences(SEED, SALAD_SHARE), arguments.count)
    for number, text in enumerate(texts):
        voice = seen_voice(r) if number % 2 else r.choice(UNSEEN)
        path = arguments.folder / f"{number:04d}.wav"
        soundfile.write(path, padded(speak(text, voice)), SAMPLE_RATE, subtype="PCM_16")
        path.with_suffix(".txt").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
