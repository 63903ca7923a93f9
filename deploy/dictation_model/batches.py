"""Batches of samples as tensors, drawn in the background."""

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from features import WINDOW_FRAMES
from samples import Sample, SampleMaker
from tokenizer import END, NO_SPEECH, NO_TIMESTAMPS, PIECES, START

IGNORED = -100
TAIL_STATES = 15


@dataclass(frozen=True)
class Batch:
    """Tensors of one step.

    `here` and `before` [batch, length, states] mark where the piece being written, and the piece
    before it, are heard; `spoken` [batch, length] marks the positions that have such a place.
    """

    features: Tensor
    inputs: Tensor
    targets: Tensor
    weights: Tensor
    here: Tensor
    before: Tensor
    spoken: Tensor
    labels: Tensor
    label_lengths: Tensor


def collate(samples: list[Sample], window: bool, corruption: float) -> Batch:
    """Pad samples to their longest, or with zeros to 30 s as faster-whisper does.

    A share `corruption` of the decoder's input pieces is replaced by random ones, so that the
    decoder must listen and not recite.
    """
    frames = WINDOW_FRAMES if window else max(len(s.features) for s in samples)
    frames += frames % 2
    length = max(len(s.pieces) for s in samples) + 2
    features = np.zeros((len(samples), frames, 80), np.float32)
    inputs = torch.full((len(samples), length), END)
    targets = torch.full((len(samples), length), IGNORED)
    weights = torch.ones(len(samples), length)
    here = torch.zeros(len(samples), length, frames // 2, dtype=torch.bool)
    before = torch.zeros_like(here)
    spoken = torch.zeros(len(samples), length, dtype=torch.bool)
    for row, sample in enumerate(samples):
        features[row, : len(sample.features)] = sample.features
        inputs[row, 0] = START
        if not sample.pieces:
            targets[row, 0] = NO_SPEECH
            continue
        count = len(sample.pieces)
        inputs[row, 1 : count + 2] = torch.tensor([NO_TIMESTAMPS, *sample.pieces])
        targets[row, : count + 2] = torch.tensor([NO_TIMESTAMPS, *sample.pieces, END])
        weights[row, 1 : count + 1] = torch.tensor(sample.weights)
        spoken[row, 1 : count + 2] = True
        _mark(sample, here[row], before[row])
    noise = (torch.rand(inputs.shape) < corruption) & spoken
    noise[:, :2] = False
    inputs = torch.where(noise, torch.randint(0, PIECES, inputs.shape), inputs)
    return Batch(
        torch.from_numpy(features),
        inputs,
        targets,
        weights,
        here,
        before,
        spoken,
        torch.tensor([label for s in samples for label in s.labels] or [1]),
        torch.tensor([len(s.labels) for s in samples]),
    )


def _mark(sample: Sample, here: Tensor, before: Tensor) -> None:
    for number, (begin, end) in enumerate(sample.spans):
        here[number + 1, max(0, int(begin)) : int(end) + 1] = True
        before[number + 2, max(0, int(begin)) : int(end) + 1] = True
    last = int(sample.spans[-1][1])
    here[len(sample.spans) + 1, last : last + TAIL_STATES] = True
    before[1, : max(2, int(sample.spans[0][0]))] = True


def batches(
    maker: SampleMaker, frames: int, corruption: float, window_share: float
) -> Iterator[Batch]:
    """Endless batches of about `frames` frames; `window_share` of them padded to 30 s."""
    ready: queue.Queue[Batch] = queue.Queue(6)

    def feed() -> None:
        short: list[list[Sample]] = []
        while True:
            if maker.random.random() < window_share:
                samples = [_window_sample(maker) for _ in range(max(1, frames // WINDOW_FRAMES))]
                ready.put(collate(samples, True, corruption))
                continue
            short = short or _bucketed(maker, frames)
            ready.put(collate(short.pop(), False, corruption))

    threading.Thread(target=feed, daemon=True).start()
    while True:
        yield ready.get()


def _window_sample(maker: SampleMaker) -> Sample:
    r = maker.random
    if r.random() < 0.03:
        return maker.noise()
    return maker.dictation(r.choice([0, r.randint(0, 1500)]))


def _bucketed(maker: SampleMaker, frames: int) -> list[list[Sample]]:
    """Samples of similar length together; one in four is several sentences long."""
    r = maker.random
    wanted = [0 if r.random() < 0.75 else r.randint(300, 800) for _ in range(160)]
    samples = sorted((maker.dictation(n) for n in wanted), key=lambda s: len(s.features))
    groups: list[list[Sample]] = [[]]
    for sample in samples:
        if groups[-1] and len(sample.features) * (len(groups[-1]) + 1) > frames:
            groups.append([])
        groups[-1].append(sample)
    r.shuffle(groups)
    return groups
