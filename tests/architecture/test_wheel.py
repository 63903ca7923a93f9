"""What `pip install` brings works outside the checkout: mappings, model and audio are in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.wheel import unpacked_wheel


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the wheel's files, as an installer would lay them."""
    return unpacked_wheel(tmp_path_factory.mktemp("wheel"))


def readout(installed: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    environment.pop("READOUT_MAPPINGS_DIR", None)
    command = [sys.executable, "-P", "-m", "adapter", *arguments]
    done = subprocess.run(
        command, env=environment, cwd=installed, check=True, capture_output=True, text=True
    )
    return done.stdout


def test_the_mappings_are_those_of_the_wheel(installed: Path) -> None:
    assert (installed / "adapter/mappings/orders.yaml").is_file()
    code = "import adapter.mapping.files as f; print(f.packaged_directory())"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={**os.environ, "PYTHONPATH": str(installed)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert Path(done.stdout.strip()) == installed / "adapter/mappings"
    assert readout(installed, "check-mappings")


def test_the_embedded_model_hears_a_demonstration_dictation(installed: Path) -> None:
    audio = next((installed / "adapter/demo_data/audio").glob("DEMO-CXR-1.*[!t]"))
    assert "pneumothorax" in readout(installed, "transcribe", str(audio))


def test_the_wheel_holds_no_tests_and_is_small(installed: Path) -> None:
    assert not (installed / "tests").exists()
    size = sum(path.stat().st_size for path in installed.rglob("*") if path.is_file())
    assert size < 25_000_000
