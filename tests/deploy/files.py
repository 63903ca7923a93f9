"""What lies in deploy/, read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


def read(name: str) -> Any:
    """A YAML or JSON file of deploy/."""
    return yaml.safe_load((DEPLOY / name).read_text())
