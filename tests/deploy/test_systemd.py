"""The unit is one that systemd takes, hardened, and comes back for ever."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY
from tests.peers import require_peer

UNIT = DEPLOY / "systemd/readout.service"
MOST_EXPOSURE = 20  # tenths; "OK" is below 40


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    present = shutil.which("systemd-analyze") is not None
    require_peer("systemd-analyze", present, "apt-get install systemd")
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True)


def set_in_unit(name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.MULTILINE)


@pytest.mark.peer
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name  # with a program that is there
    unit.write_text(UNIT.read_text().replace("/opt/readout/bin/readout", "/bin/true"))
    done = analyze("verify", str(unit))
    assert done.returncode == 0
    assert "readout.service" not in done.stderr, done.stderr


@pytest.mark.peer
def test_the_unit_leaves_little_open() -> None:
    done = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSURE}", str(UNIT))
    assert done.returncode == 0, done.stdout[-400:]


def test_it_comes_back_for_ever_and_is_no_root() -> None:
    assert set_in_unit("Restart") == ["always"]
    assert set_in_unit("StartLimitIntervalSec") == ["0"]
    assert set_in_unit("User") == ["readout"]
    assert set_in_unit("ProtectSystem") == ["strict"]
    assert set_in_unit("NoNewPrivileges") == ["yes"]


def test_it_writes_to_its_state_directory_alone() -> None:
    assert not set_in_unit("ReadWritePaths")
    assert "READOUT_DATA_DIR=%S/readout" in set_in_unit("Environment")
    assert set_in_unit("StateDirectory") == ["readout"]
