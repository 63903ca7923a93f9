from __future__ import annotations

import errno
from pathlib import Path

import pytest

from adapter.errors import TryAgain
from adapter.store.disk import ROOM, Disk, disks, storing


def test_folders_of_one_disk_are_told_together(tmp_path: Path) -> None:
    (one,) = disks({"data": tmp_path, "audio": tmp_path / "not" / "there" / "yet"}, low_bytes=1)
    assert one.name == "data and audio"
    assert not one.is_low
    assert one.told().endswith("GiB free for data and audio")


def test_a_disk_is_low_below_its_bound_and_has_room_above_none(tmp_path: Path) -> None:
    disk = Disk("audio", tmp_path)
    assert disk.free_bytes() > ROOM
    assert disk.trouble() == ""
    assert list(tmp_path.iterdir()) == []
    assert Disk("audio", tmp_path, low_bytes=disk.free_bytes() * 2).is_low


def test_a_folder_that_cannot_be_written_to_has_no_room(tmp_path: Path) -> None:
    gone = Disk("audio", tmp_path / "gone")
    with pytest.raises(TryAgain, match=r"nothing can be stored of audio in .*No such file"):
        gone.check()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "read-only"),
        (errno.EDQUOT, "quota"),
        (errno.EACCES, "Permission denied"),
    ],
)
def test_what_the_disk_says_is_told_with_what_to_do(number: int, words: str) -> None:
    told = rf"the audio cannot be stored here: .*{words}.*send it"
    with pytest.raises(TryAgain, match=told), storing("the audio"):
        raise OSError(number, "Permission denied")
