"""Train the network in stages: phonemes, decoder, joint.

phonemes: the encoder learns to hear (phoneme CTC). After it, run align.py.
decoder:  encoder frozen; the cross-attention is supervised by the alignment.
joint:    the whole network with both losses, a part of it in windows padded to 30 s.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

import grammar
from batches import IGNORED, Batch, batches
from corpus import Corpus
from network import Whisper
from phonemes import dictionary
from samples import SampleMaker
from state import load_network, save_network

HERE = Path(__file__).resolve().parent
CTC_WEIGHT = 0.3
CORRUPTION = 0.1
WARM_STEPS = 100


@dataclass(frozen=True)
class Stage:
    """Which losses a stage uses, and whether the encoder learns."""

    aligned: bool
    text: bool
    encoder: bool
    windows: float


STAGES = {
    "phonemes": Stage(aligned=False, text=False, encoder=True, windows=0.0),
    "decoder": Stage(aligned=True, text=True, encoder=False, windows=0.0),
    "joint": Stage(aligned=True, text=True, encoder=True, windows=0.12),
}


class Clock:
    """Share of the training time that has passed, and the learning rate that belongs to it."""

    def __init__(self, minutes: float, peak: float) -> None:
        self._begin, self._seconds, self._peak = time.monotonic(), minutes * 60, peak

    @property
    def minutes(self) -> float:
        """Minutes since the start."""
        return (time.monotonic() - self._begin) / 60

    @property
    def share(self) -> float:
        """0.0 at the start, 1.0 at the end."""
        return min(1.0, (time.monotonic() - self._begin) / self._seconds)

    def learning_rate(self, step: int) -> float:
        """Warm up, hold, then fall linearly to a fiftieth."""
        return self._peak * min(1.0, (step + 1) / WARM_STEPS, max(0.02, (1 - self.share) / 0.75))


def attention_loss(net: Whisper, batch: Batch) -> Tensor:
    """Head 0 of the last layer must look at the piece being written, of the first at the one
    before it; the mean negative log of the attention mass that does."""
    total = torch.zeros(())
    for layer, places in ((-1, batch.here), (0, batch.before)):
        mass = (net.decoder.attention(layer) * places).sum(-1)
        total = total - (mass[batch.spoken] + 1e-5).log().mean()
    return total / 2


def text_loss(logits: Tensor, batch: Batch) -> Tensor:
    """Cross entropy of the pieces [batch * length, vocabulary], those of safety words twice."""
    targets, weights = batch.targets.flatten(), batch.weights.flatten()
    each = F.cross_entropy(logits, targets, ignore_index=IGNORED, reduction="none")
    return (each * weights).sum() / (weights * (targets != IGNORED)).sum()


def losses(net: Whisper, batch: Batch, stage: Stage) -> dict[str, Tensor]:
    """Named losses of a batch, to be summed."""
    found: dict[str, Tensor] = {}
    with torch.autocast("cpu", torch.bfloat16):
        with torch.set_grad_enabled(stage.encoder):
            encoded = net.encoder(batch.features)
        logits = net.decoder(batch.inputs, encoded) if stage.text else None
        heard = net.ctc(encoded) if stage.encoder else None
    if logits is not None:
        flat = logits.float().flatten(0, 1)
        found["text"] = text_loss(flat, batch)
        if batch.spoken.any():
            found["attention"] = attention_loss(net, batch)
    if heard is not None:
        scores = heard.float().log_softmax(-1).transpose(0, 1)
        lengths = torch.full((len(batch.features),), heard.shape[1])
        ctc = F.ctc_loss(scores, batch.labels, lengths, batch.label_lengths, zero_infinity=True)
        found["phonemes"] = ctc * (CTC_WEIGHT if stage.text else 1.0)
    return found


def optimizers(part: nn.Module) -> tuple[torch.optim.Optimizer, ...]:
    """Muon for the matrices of the layers, AdamW for all else; both at the clock's rate."""
    named = [(name, p) for name, p in part.named_parameters() if p.requires_grad]
    matrices = [p for name, p in named if "layers." in name and p.ndim == 2]
    others = [p for name, p in named if not ("layers." in name and p.ndim == 2)]
    return (
        torch.optim.Muon(matrices, lr=0.0, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=0.0, betas=(0.9, 0.98), weight_decay=0.01),
    )


def train(net: Whisper, stream: Iterator[Batch], stage: Stage, clock: Clock, output: Path) -> None:
    """Step until the clock has run out; write the checkpoint every 200 steps and at the end."""
    part = net if stage.encoder else net.decoder
    learned = [p for p in part.parameters() if p.requires_grad]
    both = optimizers(part)
    sums: dict[str, float] = {}
    step = 0
    net.train()
    while clock.share < 1.0:
        found = losses(net, next(stream), stage)
        for group in (group for each in both for group in each.param_groups):
            group["lr"] = clock.learning_rate(step)
        torch.stack(list(found.values())).sum().backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        for each in both:
            each.step()
            each.zero_grad(set_to_none=True)
        step += 1
        for name, loss in found.items():
            sums[name] = sums.get(name, 0.0) + loss.item()
        if step % 50 == 0:
            means = " ".join(f"{name} {total / 50:.3f}" for name, total in sums.items())
            print(f"{step} {clock.minutes:.1f} min {means}", flush=True)
            sums = {}
        if step % 200 == 0:
            save_network(net, output, step)
    save_network(net, output, step)


def main() -> None:
    """Run one stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--frames", type=int, default=12_800, help="frames of 10 ms a step")
    parser.add_argument("--init", type=Path, help="checkpoint to go on from; absent: from scratch")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(arguments.seed)
    stage = STAGES[arguments.stage]
    net = load_network(arguments.init) if arguments.init else Whisper()
    corpus = Corpus(arguments.data, aligned=stage.aligned)
    print(f"{len(corpus.utterances)} utterances", flush=True)
    tokenizer = Tokenizer.from_file(str(arguments.tokenizer))
    words = dictionary(grammar.lexicon())
    maker = SampleMaker(corpus, tokenizer, words, arguments.seed)
    clock = Clock(arguments.minutes, arguments.learning_rate)
    stream = batches(maker, arguments.frames, CORRUPTION, stage.windows)
    train(net, stream, stage, clock, arguments.output)


if __name__ == "__main__":
    main()
