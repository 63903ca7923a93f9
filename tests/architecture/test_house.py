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
HOSTS = {
    # names of standards, never called
    "dicom.nema.org", "hl7.eu", "hl7.org", "fhircast.hl7.org", "loinc.org", "mc.chai.org",
    "profiles.ihe.net", "radlex.org", "schemas.openid.net", "snomed.info", "terminology.hl7.org",
    "unitsofmeasure.org", "www.radlex.org", "www.standardwebhooks.com", "www.w3.org",
    # documents
    "github.com", "platform.openai.com",
    # who issues the tokens of a reporting platform, asked for keys where `entra` is set up
    "login.microsoftonline.com", "sts.windows.net",
}  # fmt: skip
"""Hosts that the package names: one that is called without being configured is not among them."""
AT_HOME = ("127.0.0.1", "localhost")
OF_EXAMPLES = re.compile(r"(.+\.)?(example|north|ehr)|name\.region\.inference\.ml\.azure\.com")


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


def test_no_secret_in_the_package() -> None:
    secret = re.compile(r"(BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|password\s*=\s*[\"'][^\"']+)")
    found = [str(path) for path in SOURCES if secret.search(path.read_text())]
    assert not found


def test_every_host_that_the_package_names_is_known() -> None:
    places = [p for p in (ROOT / "adapter").rglob("*") if p.suffix in (".py", ".js", ".css")]
    texts = [path.read_text() for path in [*places, *(ROOT / "mappings").rglob("*.yaml")]]
    found = {
        host.lower().rstrip(".")
        for text in texts
        for host in re.findall(r"(?:https?|wss?)://([A-Za-z0-9.\-]+)", text)
    }
    strange = {each for each in found - HOSTS if not OF_EXAMPLES.fullmatch(each)}
    assert strange <= set(AT_HOME)
    assert found >= HOSTS, "take out what is not named any more"


def test_nothing_makes_objects_code_or_programs_of_bytes() -> None:
    """No pickle, no eval, no shell, no YAML with objects."""
    made = re.compile(
        r"\b(?:import (?:pickle|marshal|shelve|dill)\b|from (?:pickle|marshal|shelve|dill) "
        r"|yaml\.(?:unsafe_|full_)?load\(|os\.(?:system|popen)\(|shell=True"
        r"|create_subprocess_shell)|(?<![\w.])(?:eval|exec)\("
    )
    found = [str(path) for path in SOURCES if made.search(path.read_text())]
    assert not found
