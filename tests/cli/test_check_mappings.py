"""`readout check-mappings` as a person runs it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from adapter.mapping.files import packaged_directory
from tests.cli.conftest import Run


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "adapter", "check-mappings", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_packaged_files_are_right_and_all_are_read() -> None:
    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    named = {line.split()[1] for line in done.stdout.splitlines()}
    root = packaged_directory()
    present = {path.relative_to(root).as_posix() for path in root.rglob("*.yaml")}
    assert {name for name in present if not name.startswith("schema/")} <= named


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("templates/ct_head.yaml", "id: [", "not valid YAML"),
        ("templates/mine.yaml", "id: mine", "sections"),
        (
            "macros/mine.yaml",
            "{schema: report-macros/1, macros: [{id: a, sentences: [{text: No fall. No cut.}]}]}",
            "more than one sentence",
        ),
        ("findings/mine.yaml", "findings: [{id: x, organ: moon}]", "'moon' does not exist"),
        ("orders.yml", "a: 1", "no such mapping file is read"),
        ("template/mine.yaml", "a: 1", "no such mapping file is read"),
    ],
)
def test_a_wrong_file_is_named(
    name: str, body: str, message: str, tmp_path: Path, in_process: Run
) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(body, encoding="utf-8")
    done = in_process("check-mappings", tmp_path)
    assert done.code == 1
    assert message in done.error
    assert re.match(r"readout: \d of \d+ are wrong: ", done.error.splitlines()[-1])


def test_json_has_one_object_a_file(tmp_path: Path, in_process: Run) -> None:
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    told = in_process("check-mappings", tmp_path, "--json").out
    rows = [json.loads(line) for line in told.splitlines()]
    assert [row["file"] for row in rows if not row["ok"]] == ["notes.txt"]


def test_a_missing_directory_is_one_clear_line(tmp_path: Path) -> None:
    done = run(tmp_path / "none")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
