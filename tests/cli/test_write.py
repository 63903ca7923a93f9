"""`readout write` on files and standard input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapter.cli import app
from adapter.errors import ConfigurationError, Malformed, NotFound, TooLarge


def run(*arguments: str, body: bytes = b"") -> str:
    done = CliRunner().invoke(app, ["write", *arguments], input=body, catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_one_line_of_text_for_each_utterance(tmp_path: Path) -> None:
    file = tmp_path / "spoken.txt"
    file.write_text("no effusion period\nl four l five\n", encoding="utf-8")

    assert run(str(file)) == "No effusion.\nL4-L5\n"


def test_json_holds_text_spans_and_commands() -> None:
    result = json.loads(run("--json", body=b"clear period new line otherwise normal\r\n"))

    assert result["text"] == "Clear.\n"
    assert result["spans"] == [[0, 5, 0, 5], [5, 6, 6, 12], [6, 7, 13, 21]]
    assert result["commands"] == [
        {"name": "otherwise_normal", "argument": "", "spoken": [22, 38], "at": 7}
    ]


def test_empty_utterance_keeps_its_line() -> None:
    assert run("-", body=b"clear\n\nclear\n") == "Clear\n\nClear\n"


def test_other_language() -> None:
    assert (
        run("--language", "de", body="drei komma fünf Zentimeter Punkt\n".encode()) == "3,5 cm.\n"
    )


def test_site_directory(tmp_path: Path) -> None:
    (tmp_path / "vocabulary").mkdir()
    (tmp_path / "vocabulary" / "en.site.yaml").write_text("terms: {Zed: [zee]}")

    assert run("--mappings", str(tmp_path), body=b"the zee\n") == "The Zed\n"


def test_missing_file_is_one_clear_line_on_standard_error() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "adapter", "write", "/nowhere/spoken.txt"],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )

    assert done.returncode == 1
    assert done.stderr == (
        "readout: /nowhere/spoken.txt cannot be read: No such file or directory\n"
    )


@pytest.mark.parametrize(
    ("arguments", "body", "error", "message"),
    [
        (["/nowhere/spoken.txt"], b"", NotFound, "cannot be read"),
        (["--language", "tlh"], b"x\n", ConfigurationError, "no vocabulary for language 'tlh'"),
        ([], b"\xff\xfe\x00period", Malformed, "not UTF-8 text"),
        ([], b"clear " * 200_000, TooLarge, "line 1 is longer than"),
    ],
)
def test_bad_input_is_refused_with_a_reason(
    arguments: list[str], body: bytes, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        run(*arguments, body=body)
