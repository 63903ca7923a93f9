"""Write the weighted mean of checkpoints of one run: it hears better than each of them.

`python average.py --output mean.pt early.pt=0.3 late.pt=0.7`
"""

import argparse
from pathlib import Path

import torch

from state import load_network, save_network


def main() -> None:
    """Average; the weights must add up to 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("checkpoints", nargs="+", help="PATH=WEIGHT")
    arguments = parser.parse_args()
    parts = [each.rpartition("=") for each in arguments.checkpoints]
    shares = [float(share) for _, _, share in parts]
    if abs(sum(shares) - 1) > 1e-6:
        parser.error("the weights must add up to 1")
    nets = [load_network(Path(path)) for path, _, _ in parts]
    states = [net.state_dict() for net in nets]
    mean = {
        name: torch.stack([s[name] * w for s, w in zip(states, shares, strict=True)]).sum(0)
        for name in states[0]
    }
    nets[0].load_state_dict(mean)
    save_network(nets[0], arguments.output, 0)


if __name__ == "__main__":
    main()
