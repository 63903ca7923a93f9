"""An earlier version of this project, from its history, as a tree that can be run."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.deploy.files import ROOT


def tree_of(commit: str, place: Path) -> Path:
    """Its packages; not every copy of the project has its history."""
    command = ["git", "-C", str(ROOT), "archive", commit, "adapter", "mappings"]
    made = subprocess.run(command, capture_output=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"this copy of the project has no history back to {commit}")
    with tarfile.open(fileobj=io.BytesIO(made.stdout)) as archive:
        archive.extractall(place, filter="data")
    return place
