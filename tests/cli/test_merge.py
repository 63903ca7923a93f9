"""`readout merge` as a person runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run

AI = {
    "findings": [
        {
            "id": "a1", "text": "Left pneumothorax.", "finding": "pneumothorax", "present": True,
            "side": "left", "model": "cxr-net", "version": "1",
        }
    ]
}  # fmt: skip


def run(*arguments: object, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "adapter", "merge", *map(str, arguments)],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_text_and_ai_to_a_report(tmp_path: Path) -> None:
    (tmp_path / "ai.json").write_text(json.dumps(AI), encoding="utf-8")
    done = run(
        "--template", "xr_chest_2v", "--dictation", "-", "--ai", tmp_path / "ai.json",
        text="there is a small right pneumothorax period impression colon pneumothorax period",
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stdout == (
        "PLEURA:\nThere is a small right pneumothorax.\n\nIMPRESSION:\nPneumothorax.\n"
    )
    assert "alert: laterality_conflict [s1]" in done.stderr
    assert "not in the report: Left pneumothorax." in done.stderr


def test_transcript_and_study_to_json(tmp_path: Path) -> None:
    words = [{"text": w, "ms": [n * 100, n * 100 + 90], "confidence": 0.9} for n, w in
             enumerate(["no", "skull", "fracture", "period"])]  # fmt: skip
    (tmp_path / "heard.json").write_text(json.dumps({"words": words}), encoding="utf-8")
    study = {"procedure": {"code": "X", "text": "CT HEAD"}, "modality": "CT", "sex": "F"}
    (tmp_path / "study.json").write_text(json.dumps(study), encoding="utf-8")
    done = run("--dictation", tmp_path / "heard.json", "--study", tmp_path / "study.json", "--json")
    report = json.loads(done.stdout)
    assert report["template"]["id"] == "ct_head"
    assert report["status"] == "draft"
    (statement,) = report["sections"][0]["statements"]
    assert statement["source"] == {
        "dictation": "d-1", "chars": [0, 18], "ms": [0, 390], "confidence": 0.9,
    }  # fmt: skip
    assert report["certificate"]["ok"]


@pytest.mark.parametrize(
    ("files", "arguments", "message"),
    [
        ({}, ["--dictation", "none.txt"], "none.txt cannot be read"),
        ({"d": "x"}, ["--dictation", "d", "--template", "no"], "template 'no' does not exist"),
        ({"d": "{"}, ["--dictation", "d"], "d is not JSON"),
        ({"d": '{"words": 5}'}, ["--dictation", "d"], "words"),
        ({"d": "x", "a": "[]"}, ["--dictation", "d", "--ai", "a"], "valid"),
        ({"d": "x", "s": "[]"}, ["--dictation", "d", "--study", "s"], "no JSON object"),
        ({"d": "x", "s": '{"sex": 1}'}, ["--dictation", "d", "--study", "s"], "sex"),
    ],
)
def test_what_is_wrong_is_one_clear_line(
    files: dict[str, str], arguments: list[str], message: str, tmp_path: Path, in_process: Run
) -> None:
    for name, body in files.items():
        (tmp_path / name).write_text(body, encoding="utf-8")
    paths = [str(tmp_path / each) if each in files else each for each in arguments]
    done = in_process("merge", *paths)
    assert (done.code, done.out, done.error.count("\n")) == (1, "", 1)
    assert message in done.error


def test_the_report_before_is_checked_against_and_not_written(tmp_path: Path) -> None:
    (tmp_path / "prior.txt").write_text("FINDINGS: 8 mm right upper lobe nodule.", encoding="utf-8")
    done = run(
        "--template", "ct_chest", "--dictation", "-", "--prior", tmp_path / "prior.txt",
        text="findings colon twelve millimeter right upper lobe nodule period",
    )  # fmt: skip
    assert done.returncode == 0
    assert "8 mm" not in done.stdout
    assert "prior 8 mm, now 12 mm: +50%" in done.stderr
