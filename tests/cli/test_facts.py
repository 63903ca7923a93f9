"""`readout facts` as a person runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def run(*arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "adapter", "facts", *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_one_object_a_line() -> None:
    done = run(text="No pneumothorax.\n\nSmall right effusion\n")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["text"] for row in rows] == ["No pneumothorax.", "", "Small right effusion"]
    assert [[fact["finding"] for fact in row["facts"]] for row in rows] == [
        ["pneumothorax"],
        [],
        ["pleural_effusion"],
    ]
    assert rows[0]["facts"][0] == {
        "finding": "pneumothorax", "text": "pneumothorax", "chars": [3, 15], "negated": True,
        "uncertain": False, "historical": False, "family": False, "side": None, "level": None,
        "size_mm": None, "prior_size_mm": None, "time": None, "count": None,
    }  # fmt: skip


def test_a_missing_file_and_wrong_bytes_are_one_clear_line(tmp_path: Path) -> None:
    done = run(str(tmp_path / "nothing.txt"))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "nothing.txt" in done.stderr
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe\xfa")
    done = run(str(tmp_path / "bytes.txt"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "UTF-8" in done.stderr
