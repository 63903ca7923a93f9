"""The offline bundle's installer takes what was packed, nothing else; the rest its maker proves."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from adapter.domain.identifiers import sha256_hex
from tests.deploy.files import DEPLOY, ROOT

SCRIPT = """#!/bin/sh
echo readout 9.9.9
"""


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Of one small wheel of the same name, with a program that tells its version, and an extra."""
    place = tmp_path / "bundle"
    (place / "wheels").mkdir(parents=True)
    shutil.copy(DEPLOY / "offline/install.sh", place)
    (place / "python-version").write_text("{}.{}\n".format(*sys.version_info[:2]))
    (place / "extras").write_text("bucket\n")
    program = zipfile.ZipInfo("readout-9.9.9.data/scripts/readout")
    program.external_attr = 0o100755 << 16
    needs = "Provides-Extra: bucket\nRequires-Dist: pail; extra == 'bucket'\n"
    wheels = [
        pack(place / "wheels", "readout", needs, {program: SCRIPT}),
        pack(place / "wheels", "pail", "", {zipfile.ZipInfo("pail.py"): ""}),
    ]
    sums = (f"{sha256_hex(each.read_bytes())}  ./wheels/{each.name}\n" for each in wheels)
    (place / "SHA256SUMS").write_text("".join(sums))
    return place


def pack(folder: Path, name: str, needs: str, files: dict[zipfile.ZipInfo, str]) -> Path:
    """A wheel of these files."""
    wheel, about = folder / f"{name}-9.9.9-py3-none-any.whl", f"{name}-9.9.9.dist-info"
    told = f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.9.9\n{needs}"
    tag = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(wheel, "w") as archive:
        for where, text in files.items():
            archive.writestr(where, text)
        for where, text in (("METADATA", told), ("WHEEL", tag), ("RECORD", "")):
            archive.writestr(f"{about}/{where}", text)
    return wheel


def install(bundle: Path, venv: Path) -> subprocess.CompletedProcess[str]:
    command = ["bash", str(bundle / "install.sh"), str(venv)]
    return subprocess.run(command, capture_output=True, text=True)


def test_it_installs_from_the_folder_alone(bundle: Path, tmp_path: Path) -> None:
    done = install(bundle, tmp_path / "venv")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "readout 9.9.9\n"
    assert list((tmp_path / "venv").glob("lib/*/site-packages/pail.py")), "its extra came along"


def test_a_bundle_holds_every_extra_of_a_service_but_the_largest_unless_told() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (told,) = re.findall(
        r'extras="\$\{EXTRAS-([\w,]*)\}"', (DEPLOY / "offline/bundle.sh").read_text()
    )
    others = {"audit", "dev", "presidio"}
    assert set(told.split(",")) == project["optional-dependencies"].keys() - others


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
