"""Speak the training text and store it as shards of log-mel features."""

import argparse
import json
import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

import grammar
from features import log_mel
from voices import (
    ESPEAK_ACCENTS,
    ESPEAK_VARIANTS,
    FESTIVAL_TRAINING,
    FLITE_TRAINING,
    Voice,
    speak,
)

MAX_FRAMES = 1200


@dataclass(frozen=True)
class Utterance:
    """Where one spoken sentence lies in its shard (`start`, `frames` of 10 ms)."""

    voice: str
    text: str
    start: int
    frames: int


def training_voice(r: random.Random) -> Voice:
    """A random voice of the training set; half of them espeak-ng."""
    kind = r.random()
    scale = 1.0 if r.random() < 0.5 else r.uniform(0.87, 1.2)
    if kind < 0.52:
        variant = r.choice(ESPEAK_VARIANTS)
        name = r.choice(ESPEAK_ACCENTS) + (f"+{variant}" if variant else "")
        return Voice("espeak-ng", name, r.uniform(0.76, 1.24), r.randint(20, 80), scale)
    if kind < 0.90:
        name = r.choices(FLITE_TRAINING, weights=[3, 5, 2])[0]
        return Voice("flite", name, r.uniform(0.8, 1.25), scale=scale)
    return Voice("festival", r.choice(FESTIVAL_TRAINING), r.uniform(0.83, 1.18), scale=scale)


def seen_voice(r: random.Random) -> Voice:
    """A voice of the training set at an ordinary tempo and pitch, for evaluation."""
    voice = training_voice(r)
    return Voice(voice.engine, voice.name, r.uniform(0.88, 1.1), r.randint(40, 60))


def write_shard(folder: Path, size: int, seed: int) -> int:
    """Speak `size` sentences into `shard-<seed>.npy` and `.json`; returns the frames written."""
    r = random.Random(seed)
    mels, index, start = [], [], 0
    for text in islice(grammar.sentences(seed), size):
        voice = training_voice(r)
        mel = log_mel(speak(text, voice)).astype(np.float16)
        if len(mel) > MAX_FRAMES:
            continue
        index.append(Utterance(voice.label, text, start, len(mel)))
        mels.append(mel)
        start += len(mel)
    path = folder / f"shard-{seed:04d}.npy"
    np.save(path, np.concatenate(mels))
    path.with_suffix(".json").write_text(json.dumps([asdict(u) for u in index]))
    return start


def main() -> None:
    """Write the shards that are missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--shards", type=int, default=52)
    parser.add_argument("--size", type=int, default=500)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    seeds = range(1, arguments.shards + 1)
    missing = [s for s in seeds if not (arguments.folder / f"shard-{s:04d}.json").exists()]
    write = partial(write_shard, arguments.folder, arguments.size)
    with ProcessPoolExecutor(arguments.processes) as pool:
        for seed, frames in zip(missing, pool.map(write, missing), strict=True):
            print(f"shard {seed}: {frames / 6000:.1f} minutes of speech", flush=True)


if __name__ == "__main__":
    main()
