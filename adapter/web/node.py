"""The machine that this process runs on: what its health page looks at."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Node:
    """One node; `started_at` is ISO 8601, UTC."""

    id: str = "node-1"
    data_dir: Path = Path()
    started_at: str = ""
    takes_in: bool = True
    """Whether messages are applied here, or by other nodes."""

    def free_bytes(self) -> int:
        """Room that is left for recordings and the embedded database."""
        return shutil.disk_usage(self.data_dir).free
