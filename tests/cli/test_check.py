from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapter.cli import app

REPORT = "FINDINGS:\nTear of the right meniscus.\nIMPRESSION:\nMeniscus tear at L9.\n"
STUDY = {"procedure": {"text": "MRI KNEE"}, "modality": "MR", "side": "LT", "sex": "female"}


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["check", *words])
    return result.exit_code, result.stdout


@pytest.fixture
def report(tmp_path: Path) -> str:
    path = tmp_path / "report.txt"
    path.write_text(REPORT)
    return str(path)


@pytest.fixture
def study(tmp_path: Path) -> str:
    path = tmp_path / "study.json"
    path.write_text(json.dumps(STUDY))
    return str(path)


def test_each_flag_says_where_why_and_what_to_do(report: str, study: str) -> None:
    code, out = run(report, "--study", study)
    assert code == 0
    assert "2:13: alert: side_against_order: the order is for the left side" in out
    assert "4:18: alert: level_impossible: there is no level L9; correct it" in out


def test_json_names_the_characters(report: str, study: str) -> None:
    code, out = run(report, "--study", study, "--json")
    assert code == 0
    flags = json.loads(out)["flags"]
    assert {flag["code"] for flag in flags} == {"side_against_order", "level_impossible"}
    for flag in flags:
        start, end = flag["chars"]
        assert REPORT[start:end] == flag["text"]


def test_the_prior_report_is_compared(tmp_path: Path) -> None:
    now, before = tmp_path / "now.txt", tmp_path / "before.txt"
    now.write_text("FINDINGS: New right pleural effusion.\nIMPRESSION: Effusion.")
    before.write_text("FINDINGS: Right pleural effusion.\nIMPRESSION: Effusion.")
    assert "prior_contradiction" in run(str(now), "--prior", str(before))[1]


def test_a_clean_report_says_so(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text("FINDINGS: The lungs are clear.\nIMPRESSION: Normal chest.\n")
    assert run(str(path)) == (0, "nothing found\n")


def test_a_study_that_cannot_be_read_is_named(report: str, tmp_path: Path) -> None:
    path = tmp_path / "study.json"
    path.write_text('{"date": "soon"}')
    result = CliRunner().invoke(app, ["check", report, "--study", str(path)])
    assert result.exit_code == 1
    assert "date" in str(result.exception)
