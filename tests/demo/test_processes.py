"""Child processes: their events, their failures, and that they end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from adapter.demo.processes import Child
from adapter.errors import ReadoutError


@pytest.fixture
def ris(tmp_path: Path) -> Iterator[Child]:
    child = Child("ris", ["adapter.demo.peers", "ris"], tmp_path, os.environ)
    yield child
    child.stop()


def test_an_event_is_waited_for(ris: Child) -> None:
    assert ris.wait_for(lambda event: event["event"] == "ready", 20, "to start")["port"] > 0


def test_what_never_comes_is_an_error(ris: Child) -> None:
    with pytest.raises(ReadoutError, match=r"ris: the moon: nothing came within 0\.1 s"):
        ris.wait_for(lambda event: event["event"] == "moon", 0.1, "the moon")


def test_a_child_that_ends_is_told_with_its_last_words(tmp_path: Path) -> None:
    child = Child("odd", ["adapter.demo.peers", "nobody"], tmp_path, os.environ)
    with pytest.raises(ReadoutError, match=r"it has ended\n(.|\n)*KeyError"):
        child.wait_for(lambda event: True, 20, "to start")


def test_a_stopped_child_is_gone(ris: Child) -> None:
    ris.wait_for(lambda event: event["event"] == "ready", 20, "to start")
    ris.stop()
    assert not psutil.pid_exists(ris.pid)
    ris.stop()  # again is harmless
