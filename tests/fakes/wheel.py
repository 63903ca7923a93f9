"""The package as its wheel brings it, outside the checkout."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def unpacked_wheel(place: Path) -> Path:
    """Build it and lay its files as an installer would; the folder to import from."""
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(place)]
    subprocess.run([*build, str(_ROOT)], check=True, capture_output=True, timeout=100)
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place / "site")
    return place / "site"
