"""`readout import-template` as a person runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SAMPLES = Path(__file__).parents[1] / "samples" / "templates"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "adapter", "import-template", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_drafts_are_written_checked_and_never_over_others(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    done = run(SAMPLES / "autotexts.xml", "--out", folder)
    assert (done.returncode, done.stdout.count("wrote ")) == (0, 2)
    assert "line 4: merged from the order there" in done.stderr
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["imported_ct_spleen.yaml", "imported_us_thyroid.yaml"]
    checked = subprocess.run(
        [sys.executable, "-m", "adapter", "check-mappings", tmp_path],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (checked.returncode, checked.stderr) == (0, "")
    again = run(SAMPLES / "autotexts.xml", "--out", folder)
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)
    assert "is there already" in again.stderr


def test_json_tells_text_and_notes() -> None:
    done = run(SAMPLES / "ct_sinus.html", "--json")
    row = json.loads(done.stdout)
    assert (row["name"], row["file"]) == ("imported_ct_paranasal_sinuses.yaml", None)
    assert any(note.startswith("line 9: ") for note in row["notes"])


def test_a_template_is_exported_as_mrrt() -> None:
    done = run("ct_head", "--export")
    assert done.returncode == 0
    assert done.stdout.startswith("<!DOCTYPE html>")


def test_what_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "empty.html").write_bytes(b"\x00")
    for file in (tmp_path / "empty.html", tmp_path / "none"):
        done = run(file)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    unknown = run("moon", "--export")
    assert (unknown.returncode, "does not exist" in unknown.stderr) == (1, True)
