"""The synthesised corpus as training reads it: shards of features, texts and alignments."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features import Mel

Span = tuple[float, float]
MIN_ALIGNMENT_SCORE = -1.2


@dataclass(frozen=True)
class Spoken:
    """One utterance; `spans` are its words in encoder states of 20 ms, empty if not aligned."""

    text: str
    voice: str
    shard: Path
    start: int
    frames: int
    spans: tuple[Span, ...]


class Corpus:
    """Utterances of a folder of shards; features stay on disk until asked for."""

    def __init__(self, folder: Path, aligned: bool) -> None:
        paths = sorted(folder.glob("shard-????.npy"))
        paths = [p for p in paths if p.with_suffix(".json").exists()]
        self._shards = {path: np.load(path, mmap_mode="r") for path in paths}
        self.utterances = [u for path in paths for u in _read(path, aligned)]

    def mel(self, spoken: Spoken) -> Mel:
        """Log10 mel power [frames, 80] of an utterance."""
        stored = self._shards[spoken.shard][spoken.start : spoken.start + spoken.frames]
        return np.asarray(stored, dtype=np.float32)


def alignment_path(shard: Path) -> Path:
    """Where the alignment of a shard is kept."""
    return shard.with_suffix(".align.json")


def _read(shard: Path, aligned: bool) -> list[Spoken]:
    rows = json.loads(shard.with_suffix(".json").read_text())
    path = alignment_path(shard)
    if aligned and not path.exists():
        return []
    alignments = json.loads(path.read_text()) if aligned else [None] * len(rows)
    spoken = []
    for row, alignment in zip(rows, alignments, strict=True):
        if aligned and (alignment is None or alignment["score"] < MIN_ALIGNMENT_SCORE):
            continue
        spans = tuple((a, b) for a, b in alignment["spans"]) if alignment else ()
        utterance = Spoken(row["text"], row["voice"], shard, row["start"], row["frames"], spans)
        spoken.append(utterance)
    return spoken
