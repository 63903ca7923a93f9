"""Each setting that deploy/ names is one that the service has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapter.settings import Settings
from tests.deploy.files import DEPLOY, ROOT

SETTINGS = {f"READOUT_{name.upper()}" for name in Settings.model_fields} | {"READOUT_CONFIG"}
FILES = [
    path
    for path in sorted(DEPLOY.rglob("*"))
    if path.is_file() and not {"dictation_model", "images"} & set(path.parts)
]


def of_mappings() -> set[str]:
    """Variables that a mapping file names as the place of a secret."""
    text = "".join(path.read_text() for path in (ROOT / "mappings").rglob("*.yaml"))
    return set(re.findall(r"\w+_env: (READOUT_\w+)", text))


def of_commands() -> set[str]:
    """Variables that stand for an option of a command."""
    text = "".join(path.read_text() for path in (ROOT / "adapter" / "cli").glob("*.py"))
    return set(re.findall(r'envvar="(READOUT_\w+)"', text))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_setting_named_is_one(path: Path) -> None:
    named = set(re.findall(r"\bREADOUT_[A-Z0-9_]*[A-Z0-9]\b(?!_)", path.read_text()))
    assert named <= SETTINGS | of_mappings() | of_commands()
