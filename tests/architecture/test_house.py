"""The rules of the house that a machine can check."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

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


def test_rooms_import_only_what_lies_below_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(cache_dir=None) == 0


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
    lines = {path: path.read_text().count("\n") for path in (ROOT / "tests").rglob("*.py")}
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
