"""What users read is held to the code."""

from __future__ import annotations

import re
from pathlib import Path

from adapter.cli import COMMANDS
from adapter.settings import Settings
from tests.architecture.mapping_reference import PAGE, SCHEMAS, page, schemas

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def test_readme_names_every_setting_with_its_default_and_meaning() -> None:
    rows = dict(re.findall(r"^\| `(READOUT_[A-Z_]+)` \|([^\n]*)$", README, re.MULTILINE))
    wanted = {f"READOUT_{name.upper()}": field for name, field in Settings.model_fields.items()}
    assert set(rows) == set(wanted)
    for name, field in wanted.items():
        assert field.description in rows[name], name
        shown = "" if field.default in (None, "") else str(field.default)
        assert f"| {f'`{shown}`' if shown else ''} |".replace("|  |", "| |") in f"|{rows[name]}"


def test_readme_names_every_command() -> None:
    missing = [name for name in COMMANDS if f"`readout {name}" not in README]
    assert not missing


def test_makefile_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"\bmake ([a-z-]+)", README))
    assert {"demo", "test"} <= named
    for target in named:
        assert re.search(rf"^[a-z -]*\b{target}\b[a-z -]*:", makefile, re.MULTILINE), target


def test_the_mapping_reference_is_that_of_the_code() -> None:
    assert PAGE.read_text() == page(), "run make mapping-reference"


def test_the_mapping_schemas_are_those_of_the_code() -> None:
    assert {path.name: path.read_text() for path in SCHEMAS.iterdir()} == schemas(), (
        "run make mapping-reference"
    )


def test_mapping_files_that_name_a_schema_name_their_own() -> None:
    mark = "# yaml-language-server: $schema="
    for path in PAGE.parent.rglob("*.yaml"):
        first = path.read_text().partition("\n")[0]
        if first.startswith(mark):
            named = (path.parent / first.removeprefix(mark)).resolve()
            assert named == SCHEMAS / f"{path.parent.name}.json", path
            assert named.is_file()


def test_every_mapping_key_says_what_it_means() -> None:
    silent = re.findall(r"^\| `(\w+)` \|[^|]*\|\s*(?:\([^)]*\))?\s*\|$", PAGE.read_text(), re.M)
    assert not silent
