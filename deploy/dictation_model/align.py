"""Forced alignment of every utterance by the phoneme-CTC head (Viterbi), word by word."""

import argparse
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

import grammar
from corpus import Corpus, Spoken, alignment_path
from features import scaled
from network import Whisper
from phonemes import BLANK, WORD_GAP, dictionary, transcription
from state import load_network

Scores = npt.NDArray[np.float32]
MARGIN = 3
IMPOSSIBLE = -1e9


def viterbi(scores: Scores, labels: list[int]) -> tuple[list[int], float]:
    """Best state of each label, and the mean log probability of the path.

    `scores` are CTC log probabilities [states, classes]; the labels must fit into the states.
    """
    extended = np.full(2 * len(labels) + 1, BLANK)
    extended[1::2] = labels
    emitted = scores[:, extended]
    skips = np.zeros(len(extended), bool)
    skips[2:] = (extended[2:] != BLANK) & (extended[2:] != extended[:-2])
    best = np.full(len(extended), IMPOSSIBLE)
    best[:2] = emitted[0, :2]
    steps = np.zeros(emitted.shape, np.int8)
    for state in range(1, len(scores)):
        one = np.concatenate([[IMPOSSIBLE], best[:-1]])
        two = np.where(skips, np.concatenate([[IMPOSSIBLE] * 2, best[:-2]]), IMPOSSIBLE)
        ways = np.stack([best, one, two])
        steps[state] = ways.argmax(0)
        best = ways.max(0) + emitted[state]
    position = len(extended) - 1 if best[-1] > best[-2] else len(extended) - 2
    score = float(best[position] / len(scores))
    return _peaks(emitted, steps, position, len(labels)), score


def _peaks(emitted: Scores, steps: npt.NDArray[np.int8], position: int, count: int) -> list[int]:
    peaks = [-1] * count
    for state in range(len(emitted) - 1, -1, -1):
        if position % 2:
            label = position // 2
            if peaks[label] < 0 or emitted[state, position] > emitted[peaks[label], position]:
                peaks[label] = state
        position -= int(steps[state, position])
    return peaks


def word_spans(peaks: list[int], labels: list[int]) -> list[list[int]]:
    """First and last state of every word, a margin of 60 ms around its phonemes."""
    words: list[list[int]] = [[]]
    for label, peak in zip(labels, peaks, strict=True):
        if label == WORD_GAP:
            words.append([])
        else:
            words[-1].append(peak)
    return [[max(0, word[0] - MARGIN), word[-1] + MARGIN] for word in words]


def align_batch(
    net: Whisper, corpus: Corpus, batch: list[Spoken], words: dict[str, list[int]]
) -> list[dict[str, object] | None]:
    """Alignments of a batch; None where the utterance is too short for its phonemes."""
    length = max(u.frames for u in batch) + 10
    features = np.zeros((len(batch), length + length % 2, 80), np.float32)
    for row, utterance in enumerate(batch):
        features[row, : utterance.frames] = scaled(corpus.mel(utterance))
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        logits = net.ctc(net.encoder(torch.from_numpy(features)))
    scores = logits.float().log_softmax(-1).numpy()
    results: list[dict[str, object] | None] = []
    for row, utterance in enumerate(batch):
        labels = transcription(utterance.text, words)
        states = utterance.frames // 2
        if 2 * len(labels) + 1 > 2 * states:
            results.append(None)
            continue
        peaks, score = viterbi(scores[row, : states + 3], labels)
        results.append({"spans": word_spans(peaks, labels), "score": round(score, 3)})
    return results


def main() -> None:
    """Align every shard that has no alignment yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    net = load_network(arguments.checkpoint).eval()
    corpus = Corpus(arguments.folder, aligned=False)
    words = dictionary(grammar.lexicon())
    for shard in sorted({u.shard for u in corpus.utterances}):
        if alignment_path(shard).exists():
            continue
        mine = [u for u in corpus.utterances if u.shard == shard]
        order = sorted(range(len(mine)), key=lambda i: mine[i].frames)
        found: list[dict[str, object] | None] = [None] * len(mine)
        for first in range(0, len(order), 24):
            rows = order[first : first + 24]
            aligned = align_batch(net, corpus, [mine[i] for i in rows], words)
            for row, alignment in zip(rows, aligned, strict=True):
                found[row] = alignment
        alignment_path(shard).write_text(json.dumps(found))
        scores = [float(str(a["score"])) for a in found if a]
        print(f"{shard.stem}: {len(scores)} aligned, median score {np.median(scores):.2f}")


if __name__ == "__main__":
    main()
