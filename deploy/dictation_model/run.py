"""Run the whole recipe: text, speech, phonemes, alignment, decoder, joint, conversion, figures.

Stages whose output exists are skipped, so that a run that was stopped goes on where it was.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from evaluate import EMBEDDED

HERE = Path(__file__).resolve().parent


def stage(script: str, *arguments: str | Path) -> None:
    """Run one script of this folder; raises `CalledProcessError` if it fails."""
    command = [sys.executable, str(HERE / script), *(str(a) for a in arguments)]
    print("$", " ".join(command[1:]), flush=True)
    subprocess.run(command, check=True)


def trained(name: str, work: Path, minutes: float, init: Path | None, rate: float) -> Path:
    """Train one stage unless its checkpoint exists; returns the checkpoint."""
    output = work / f"{name}.pt"
    if not output.exists():
        partial = work / f"{name}.running.pt"
        paths = ("--data", work / "data", "--tokenizer", work / "tokenizer.json")
        start = ("--init", init) if init else ()
        times = ("--minutes", str(minutes), "--learning-rate", str(rate))
        stage("train.py", name, *paths, "--output", partial, *times, *start)
        partial.replace(output)
    return output


def recipe(work: Path, scale: float, init: Path | None, output: Path) -> None:
    """All stages; `scale` multiplies every training time (1.0 is for two CPU cores)."""
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "tokenizer.json").exists():
        stage("tokenizer.py", "--output", work / "tokenizer.json")
    stage("synthesise.py", "--folder", work / "data")
    heard = trained("phonemes", work, scale * (6 if init else 45), init, 1e-3)
    stage("align.py", "--folder", work / "data", "--checkpoint", heard)
    start = heard if init else trained("decoder", work, scale * 20, heard, 1e-3)
    final = trained("joint", work, scale * 60, start, 1e-3)
    paths = ("--tokenizer", work / "tokenizer.json", "--output", output)
    stage("convert.py", "--checkpoint", final, *paths)
    stage("evaluate.py", "--model", output)


def main() -> None:
    """Train a model; from scratch unless a checkpoint is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for data and checkpoints")
    parser.add_argument("--output", type=Path, default=EMBEDDED)
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the training times")
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--from-scratch", action="store_true", help="the default")
    start.add_argument("--init", type=Path, help="checkpoint to go on from; keep its tokenizer")
    arguments = parser.parse_args()
    recipe(arguments.work, arguments.scale, arguments.init, arguments.output)


if __name__ == "__main__":
    main()
