"""The rules of the house that a machine can check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path for path in sorted((ROOT / "adapter").rglob("*.py")) if "/versions/" not in str(path)
]  # migrations are generated
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_rooms_import_only_what_lies_below_them() -> None:
    """In a process of its own: the linter turns off the loggers of the one it runs in."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_can_be_read_at_one_sitting(path: Path) -> None:
    lines = path.read_text().count("\n")
    assert lines <= LONGEST_FILE, f"{lines} lines"
    long = [
        f"{node.name} ({node.end_lineno - node.lineno})"
        for node in functions(path)
        if node.end_lineno is not None and node.end_lineno - node.lineno > LONGEST_FUNCTION
    ]
    assert not long, long


def test_test_files_can_be_read_at_one_sitting_too() -> None:
    own = (p for p in (ROOT / "tests").rglob("*.py") if "site-packages" not in p.parts)
    lines = {path: path.read_text().count("\n") for path in own}
    assert not [str(path) for path, count in lines.items() if count > LONGEST_FILE]


def test_every_module_says_what_it_is() -> None:
    silent = [str(path) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text()))]
    assert not silent


def test_no_unfinished_marks() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError|pragma: no cover)\b")
    found = [str(path) for path in SOURCES if marks.search(path.read_text())]
    assert not found


def test_no_host_of_the_outside_or_secret_in_the_package() -> None:
    secret = re.compile(r"(BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|password\s*=\s*[\"'][^\"']+)")
    found = [str(path) for path in SOURCES if secret.search(path.read_text())]
    assert not found
