from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapter.errors import TryAgain
from adapter.store import dictations
from adapter.workflow.watch_folder import WatchFolder
from tests.fakes.house import Workflow
from tests.fakes.receivers import poll


@pytest.fixture
def watcher(workflow: Workflow, tmp_path: Path) -> WatchFolder:
    folder = tmp_path / "inbox"
    for name in ("done", "refused"):
        (folder / name).mkdir(parents=True)
    return WatchFolder(folder, workflow.dictations)


def ids(workflow: Workflow, accession: str) -> list[str]:
    with workflow.database.read() as tx:
        return [each.id for each in dictations.of_study(tx, accession)]


def test_a_file_that_stands_still_is_taken_and_moved(
    workflow: Workflow, watcher: WatchFolder, tmp_path: Path
) -> None:
    file = tmp_path / "inbox" / "A1.wav"
    file.write_text("the lungs")
    watcher.look()
    file.write_text("the lungs are clear period")  # still being written
    watcher.look()
    assert ids(workflow, "A1") == []
    watcher.look()
    assert ids(workflow, "A1") == ["d-1"]
    assert (tmp_path / "inbox/done/A1.wav").read_text() == "the lungs are clear period"
    assert not file.exists()


def test_unfinished_and_hidden_files_are_left_alone(
    workflow: Workflow, watcher: WatchFolder, tmp_path: Path
) -> None:
    for name in ("A1.wav.part", ".A2.wav", "A3.tmp"):
        (tmp_path / "inbox" / name).write_text("x")
    watcher.look()
    watcher.look()
    assert [ids(workflow, name) for name in ("A1", "A2", "A3")] == [[], [], []]


def test_a_refused_file_is_moved_aside_and_never_overwrites(
    watcher: WatchFolder, tmp_path: Path
) -> None:
    for _ in range(2):
        (tmp_path / "inbox" / "A1.wav").write_bytes(b"")
        watcher.look()
        watcher.look()
    assert sorted(path.name for path in (tmp_path / "inbox/refused").iterdir()) == [
        "A1.2.wav",
        "A1.wav",
    ]


@pytest.mark.parametrize(
    "trouble", [TryAgain("the disk is full"), sa.exc.OperationalError("", None, Exception())]
)
def test_a_file_that_cannot_be_stored_now_is_taken_later(
    workflow: Workflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    refused = list[Exception]()
    put = workflow.house.audio.put

    def once(chunks: Iterable[bytes], limit: int) -> tuple[str, int]:
        if not refused:
            refused.append(trouble)
            raise trouble
        return put(chunks, limit)

    monkeypatch.setattr(workflow.house.audio, "put", once)
    watcher = WatchFolder(tmp_path / "inbox", workflow.dictations)
    watcher.start()
    (tmp_path / "inbox" / "A1.wav").write_text("the lungs are clear period")
    poll(lambda: ids(workflow, "A1"))
    watcher.stop()
    assert refused
