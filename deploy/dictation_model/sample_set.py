"""Write the small evaluation set that the tests of the package listen to (FLAC and references)."""

import argparse
import json
from pathlib import Path

import soundfile

from demo import ROOT
from evaluate import SEEN, VARIANTS, Spoken, group
from voices import SAMPLE_RATE

FOLDER = ROOT / "tests" / "samples" / "speech"
SETS = {"seen": (SEEN, 120), "unseen": (VARIANTS, 30)}


def write_set(folder: Path, utterances: list[Spoken]) -> dict[str, str]:
    """Write one FLAC file a sentence; returns the spoken text by file name."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {}
    for number, spoken in enumerate(utterances, start=1):
        path = folder / f"{number:02d}.flac"
        soundfile.write(path, spoken.audio, SAMPLE_RATE, subtype="PCM_16")
        texts[path.name] = spoken.text
    return texts


def main() -> None:
    """Write every set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    folder = parser.parse_args().folder
    references = {
        name: write_set(folder / name, group(voices, count))
        for name, (voices, count) in SETS.items()
    }
    text = json.dumps(references, indent=2, sort_keys=True)
    (folder / "references.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
