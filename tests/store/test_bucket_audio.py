"""Recordings in a bucket of a real S3 server, in the clear and sealed; and while it is away."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from adapter.errors import ConfigurationError, TryAgain
from adapter.store.audio_retention import remove_audio
from adapter.store.bucket import Bucket, Place
from adapter.store.bucket_audio import BucketAudio
from adapter.store.database import Database
from adapter.store.vault import FILE_MARK, KeyRing, Vault
from adapter.workflow.audio_moving import AudioMover
from tests.fakes.house import DR_GRAY, Workflow
from tests.fakes.receivers import poll
from tests.peers.postgres import free_port
from tests.peers.s3_server import BUCKET, s3_server

pytestmark = pytest.mark.peer
SOUND = b"RIFF" + bytes(range(256)) * 400
NAME = sha256(SOUND).hexdigest()


@pytest.fixture(autouse=True)
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("hidden\n")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "readout")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY_FILE", str(tmp_path / "secret"))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3_server() as url:
        yield url


@pytest.fixture
def bucket(server: str, request: pytest.FixtureRequest) -> Bucket:
    return Bucket(Place(f"s3://{BUCKET}/{request.node.name}", server))


@pytest.fixture
def away() -> Bucket:
    return Bucket(Place(f"s3://{BUCKET}/x", f"http://127.0.0.1:{free_port()}"))


def read(audio: BucketAudio, name: str = NAME) -> bytes:
    with audio.opened(name) as path:
        return path.read_bytes()


def test_a_recording_is_safe_here_then_moved_and_read_from_any_node(
    tmp_path: Path, bucket: Bucket
) -> None:
    here, there = BucketAudio(tmp_path / "a", bucket), BucketAudio(tmp_path / "b", bucket)
    assert here.put([SOUND[:100], SOUND[100:]], limit=1 << 20) == (NAME, len(SOUND))
    with pytest.raises(FileNotFoundError):
        read(there)
    assert here.move() == 1
    assert here.waiting() == 0
    assert read(here) == read(there) == SOUND
    assert list(bucket.keys()) == [f"{NAME[:2]}/{NAME}"]


def test_a_reader_keeps_what_is_moved_meanwhile(tmp_path: Path, bucket: Bucket) -> None:
    audio = BucketAudio(tmp_path, bucket)
    audio.put([SOUND], limit=1 << 20)
    with audio.opened(NAME) as path:
        audio.move()
        assert path.read_bytes() == SOUND


def test_while_the_store_is_away_recordings_are_taken_and_wait(
    tmp_path: Path, bucket: Bucket, away: Bucket
) -> None:
    audio = BucketAudio(tmp_path, away)
    told: list[str | None] = []
    mover = AudioMover(audio, told.append)
    mover.start()
    audio.put([SOUND], limit=1 << 20)
    with pytest.raises(TryAgain, match="audio store"):
        audio.move()
    assert mover.waiting() == 1
    assert read(audio) == SOUND
    poll(lambda: told)
    assert "see to its server" in str(told[0])
    audio.bucket = bucket
    poll(lambda: not mover.waiting())
    mover.stop()
    assert told[-1] == ""
    assert read(audio) == SOUND


def test_it_lies_sealed_in_the_bucket_and_is_sealed_anew(tmp_path: Path, bucket: Bucket) -> None:
    ring = KeyRing({"00000001": b"1" * 32, "00000002": b"2" * 32}, "00000001")
    audio = BucketAudio(tmp_path, bucket, Vault(lambda: ring))
    audio.put([SOUND], limit=1 << 20)
    audio.move()
    (key,) = bucket.keys()
    stored = b"".join(bucket.get(key))
    assert stored.startswith(FILE_MARK + b"00000001")
    assert SOUND[:64] not in stored
    assert read(audio) == SOUND
    newer = BucketAudio(tmp_path, bucket, Vault(lambda: KeyRing(ring.keys, "00000002")))
    assert len(list(newer.reseal())) == 1
    assert list(newer.reseal()) == []
    assert bucket.head(key, 13) == FILE_MARK + b"00000002"
    late, _ = audio.put([SOUND[4:]], limit=1 << 20)
    newer.move()  # what waited under the earlier key
    assert bucket.head(f"{late[:2]}/{late}", 13) == FILE_MARK + b"00000002"
    assert read(newer) == SOUND


def test_retention_removes_from_the_bucket_with_proof(tmp_path: Path, bucket: Bucket) -> None:
    database = Database(f"sqlite:///{tmp_path / 'readout.sqlite'}")
    database.migrate()
    flow = Workflow(database, tmp_path)
    audio = BucketAudio(tmp_path / "audio", bucket)
    object.__setattr__(flow.house, "audio", audio)
    flow.order("A1")
    flow.dictate("A1", "no pneumothorax period")
    flow.sign_off.sign("A1", DR_GRAY)
    audio.move()
    assert len(list(bucket.keys())) == 1
    done = remove_audio(database, audio, "2099-01-01", flow.house.now())
    assert done.count == 1
    assert list(bucket.keys()) == []
    database.close()


def test_an_outage_removes_nothing_and_writes_no_proof(tmp_path: Path, away: Bucket) -> None:
    audio = BucketAudio(tmp_path, away)
    with pytest.raises(TryAgain):
        audio.remove(NAME)


def test_patient_data_goes_over_no_open_line() -> None:
    with pytest.raises(ConfigurationError, match="https"):
        Bucket(Place(f"s3://{BUCKET}", "http://storage.example"))


def test_credentials_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(ConfigurationError, match="AWS_ACCESS_KEY_ID"):
        Bucket(Place(f"s3://{BUCKET}", "http://127.0.0.1:1"))
