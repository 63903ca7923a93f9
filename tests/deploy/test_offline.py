"""The offline bundle's installer takes what was packed, nothing else; the rest its maker proves."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY

SCRIPT = """#!/bin/sh
echo readout 9.9.9
"""


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle of one small wheel of the same name, with a program that tells its version."""
    place = tmp_path / "bundle"
    (place / "wheels").mkdir(parents=True)
    shutil.copy(DEPLOY / "offline/install.sh", place)
    (place / "python-version").write_text("{}.{}\n".format(*sys.version_info[:2]))
    wheel = place / "wheels/readout-9.9.9-py3-none-any.whl"
    about = "readout-9.9.9.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: readout\nVersion: 9.9.9\n"
        )
        tag = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr(f"{about}/WHEEL", tag)
        program = zipfile.ZipInfo("readout-9.9.9.data/scripts/readout")
        program.external_attr = 0o100755 << 16
        archive.writestr(program, SCRIPT)
        archive.writestr(f"{about}/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (place / "SHA256SUMS").write_text(f"{digest}  ./wheels/{wheel.name}\n")
    return place


def install(bundle: Path, venv: Path) -> subprocess.CompletedProcess[str]:
    command = ["bash", str(bundle / "install.sh"), str(venv)]
    return subprocess.run(command, capture_output=True, text=True)


def test_it_installs_from_the_folder_alone(bundle: Path, tmp_path: Path) -> None:
    done = install(bundle, tmp_path / "venv")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "readout 9.9.9\n"


def test_a_file_that_was_changed_stops_it_before_anything_is_installed(
    bundle: Path, tmp_path: Path
) -> None:
    with next((bundle / "wheels").iterdir()).open("ab") as wheel:
        wheel.write(b"!")
    assert install(bundle, tmp_path / "venv").returncode != 0
    assert not (tmp_path / "venv").exists()


def test_another_python_is_asked_for_by_name(bundle: Path, tmp_path: Path) -> None:
    (bundle / "python-version").write_text("3.1\n")
    done = install(bundle, tmp_path / "venv")
    assert done.returncode == 1
    assert "python3.1 is needed" in done.stdout
