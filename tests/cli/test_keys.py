"""`readout keys rotate --data` beside a node that goes on writing."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapter.cli import app, keys
from adapter.clock import SystemClock
from adapter.key_file import make_key_file
from adapter.store.audio_files import AudioFiles
from adapter.store.resealing import reseal
from adapter.store.unlocking import unlock
from adapter.store.vault import FRESH_S
from tests.fakes.databases import copied
from tests.fakes.house import Workflow


def test_when_it_returns_nothing_is_sealed_by_an_earlier_key(
    tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    master, data = tmp_path / "master.key", tmp_path / "data"
    make_key_file(master, "# test\n")
    monkeypatch.setenv("READOUT_DATA_DIR", str(data))
    monkeypatch.setenv("READOUT_MASTER_KEY_FILE", str(master))
    node = Workflow(copied(empty, data / "readout.sqlite"), data)
    vault = unlock(node.database, master, SystemClock())
    assert vault is not None
    object.__setattr__(node.house, "audio", AudioFiles(data / "audio", vault))
    earlier = vault.current
    node.order("A1")
    node.dictate("A1", "no pneumothorax period")
    waited: list[float] = []

    def meanwhile(seconds: float) -> None:
        """The node has not read the keys anew yet."""
        waited.append(seconds)
        node.order("A2")
        node.dictate("A2", "no effusion period")
        assert vault.current == earlier

    monkeypatch.setattr(keys, "_wait", meanwhile)
    monkeypatch.setattr("adapter.store.vault.FRESH_S", 3600.0)  # however slow this machine is
    done = CliRunner().invoke(app, ["keys", "rotate", "--data"])
    assert done.exit_code == 0, done.output
    (seconds,) = waited
    assert seconds > FRESH_S
    assert "audio files: 2" in done.output
    newest = unlock(node.database, master, SystemClock())
    assert newest is not None
    assert newest.current != earlier
    assert list(reseal(node.database, newest)) == []
    assert list(AudioFiles(data / "audio", newest).reseal()) == []
    node.database.close()
