"""Checkpoints of the network on disk."""

from dataclasses import asdict
from pathlib import Path

import torch

from network import Dimensions, Whisper


def save_network(net: Whisper, path: Path, step: int) -> None:
    """Write weights and size; the old file stays whole until the new one is complete."""
    partial = path.with_suffix(".partial")
    torch.save({"sd": net.state_dict(), "size": asdict(net.size), "step": step}, partial)
    partial.replace(path)


def load_network(path: Path) -> Whisper:
    """Read a checkpoint; a phoneme head of another size is left at its random start."""
    saved = torch.load(path, map_location="cpu", weights_only=True)
    size = Dimensions(**saved["size"]) if "size" in saved else Dimensions()
    net = Whisper(size)
    weights = saved["sd"]
    if weights["ctc.weight"].shape != net.ctc.weight.shape:
        weights = {name: w for name, w in weights.items() if not name.startswith("ctc")}
        weights |= {f"ctc.{name}": w for name, w in net.ctc.state_dict().items()}
    net.load_state_dict(weights)
    return net
