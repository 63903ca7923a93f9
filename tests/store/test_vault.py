"""What is sealed can be read by nobody without the key, and by the key's holder alone as it was."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.identifiers import sha256_hex
from adapter.errors import ConfigurationError
from adapter.key_file import make_key_file, read_keys
from adapter.store import message_log, messages
from adapter.store import reports as stored
from adapter.store.audio_files import AudioFiles
from adapter.store.data_keys import new_data_key, rewrap
from adapter.store.database import Database
from adapter.store.message_log import Search
from adapter.store.resealing import reseal
from adapter.store.sealed import give_vault, vault_of
from adapter.store.tables import metadata
from adapter.store.unlocking import unlock
from adapter.store.vault import MARK, TEXT_MARK, KeyRing, Vault, file_key
from tests.fakes.clock import FakeClock
from tests.fakes.house import DR_GRAY, Workflow
from tests.store.test_messages import message

SETTING = "READOUT_MASTER_KEY_FILE"
PLANTED = "zanzibarian"
RING = KeyRing({"0badcafe": b"k" * 32, "00000001": b"l" * 32}, "0badcafe")
CHUNK = 1 << 16


@pytest.fixture
def master(tmp_path: Path) -> Path:
    path = tmp_path / "master.key"
    make_key_file(path, "# test\n")
    return path


@pytest.fixture
def sealed(database: Database, master: Path, tmp_path: Path) -> Workflow:
    vault = unlock(database, master, FakeClock())
    made = Workflow(database, tmp_path)
    made.house.audio._vault = vault
    return made


def everything(database: Database, folder: Path) -> bytes:
    """All bytes of the database and of the files."""
    files = b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())
    if database.is_sqlite:
        return files
    with database.read() as tx:
        rows = (tx.execute(sa.text(f"SELECT t::text FROM {table} t")) for table in metadata.tables)
        hexed = "\n".join(row[0] for each in rows for row in each)
    return files + hexed.encode() + bytes.fromhex(hexed.encode().hex())


def story(flow: Workflow, accession: str = "A1") -> None:
    """Words planted in a message, audio, a transcript, a report and its delivery."""
    body = f"MSH|^~\\&|{PLANTED}{accession}".encode()
    messages.store_group(flow.database, [message(accession, body)])
    flow.order(accession)
    flow.dictate(accession, f"the {PLANTED} heart is normal period")
    flow.sign_off.sign(accession, DR_GRAY)
    flow.jobs.run()


def reports(flow: Workflow) -> list[str]:
    with flow.database.read() as tx:
        return [each.text for each in stored.versions(tx, "A1")]


# ---- values and files


@given(body=st.binary(max_size=300), place=st.integers(0, 400))
def test_a_value_is_read_as_it_was_and_never_otherwise(body: bytes, place: int) -> None:
    vault = Vault(lambda: RING)
    kept = vault.seal(body, "message.body")
    assert vault.open(kept, "message.body") == body
    if not body:
        assert kept == b""
        return
    assert len(body) < 13 or body not in kept
    with pytest.raises(ConfigurationError):
        vault.open(kept, "delivery.body")
    at = 13 + place % (len(kept) - 13)
    with pytest.raises(ConfigurationError):
        vault.open(kept[:at] + bytes([kept[at] ^ 1]) + kept[at + 1 :], "message.body")


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=100))
def test_a_text_is_read_as_it_was(text: str) -> None:
    vault = Vault(lambda: RING)
    assert vault.open_text(vault.seal_text(text, "report.text"), "report.text") == text


@given(rest=st.binary(max_size=40))
def test_what_only_begins_like_something_sealed_is_left_alone(rest: bytes) -> None:
    vault = Vault(lambda: RING)
    body = MARK + rest
    assert vault.open(vault.seal(body, "message.body"), "message.body") == body
    assert vault.open(body, "message.body") == body
    text = TEXT_MARK + rest.hex()
    assert vault.open_text(text, "report.text") == text


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_a_file_is_read_as_it_was_and_not_cut_or_shuffled(size: int) -> None:
    vault, body = Vault(lambda: RING), bytes(range(256)) * (size // 256 + 1)
    body = body[:size]
    kept = b"".join(vault.seal_chunks([body[:100], body[100:]]))
    assert b"".join(vault.open_chunks(io.BytesIO(kept))) == body
    head, part = 20, CHUNK + 16
    damaged = [kept[:-1], kept + b"x"]
    if size > CHUNK:
        damaged += [kept[: head + part], kept[:head] + kept[head + part :]]
    for each in damaged:
        with pytest.raises(ConfigurationError, match="changed where it is stored"):
            list(vault.open_chunks(io.BytesIO(each)))


def test_a_sealed_recording_lies_in_memory_only_while_it_is_heard(tmp_path: Path) -> None:
    files = AudioFiles(tmp_path, Vault(lambda: RING))
    sha256, size = files.put([b"RIFF", PLANTED.encode()], 100)
    assert (sha256, size) == (sha256_hex(b"RIFF" + PLANTED.encode()), 15)
    assert PLANTED.encode() not in files.path(sha256).read_bytes()
    with files.opened(sha256) as path:
        assert path.read_bytes() == b"RIFF" + PLANTED.encode()
    assert not path.exists()


def test_a_recording_that_began_under_an_earlier_key_is_kept_under_the_newest(
    tmp_path: Path,
) -> None:
    ring = [RING]
    vault = Vault(lambda: ring[0])

    def slowly() -> Iterator[bytes]:
        yield b"RIFF"
        ring[0] = KeyRing(RING.keys, "00000001")
        vault.refresh()
        yield PLANTED.encode()

    files = AudioFiles(tmp_path, vault)
    sha256, _ = files.put(slowly(), 100)
    assert file_key(files.path(sha256).read_bytes()) == "00000001"
    with files.opened(sha256) as path:
        assert path.read_bytes() == b"RIFF" + PLANTED.encode()
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == [files.path(sha256)]


def test_keys_that_cannot_be_read_anew_do_not_stop_who_holds_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The master key's file may be written at that moment."""
    monkeypatch.setattr("adapter.store.vault.FRESH_S", -1.0)
    read = iter([RING])

    def load() -> KeyRing:
        for each in read:
            return each
        raise ConfigurationError("half a line")

    vault = Vault(load)
    assert vault.open(vault.seal(b"body", "message.body"), "message.body") == b"body"


# ---- the whole store


def test_a_running_node_goes_on_after_another_master_key_wraps(
    sealed: Workflow, master: Path
) -> None:
    story(sealed)
    before, ours = reports(sealed), vault_of(sealed.database.engine.dialect)
    assert ours is not None
    master.write_text(master.read_text() + "cd" * 32 + "\n")
    assert rewrap(sealed.database, read_keys(master, SETTING)) == 1
    master.write_text("cd" * 32 + "\n")
    ours.refresh()
    assert reports(sealed) == before


def test_nothing_of_it_can_be_read_where_it_lies(sealed: Workflow, tmp_path: Path) -> None:
    story(sealed)
    assert PLANTED in reports(sealed)[-1]
    raw = everything(sealed.database, tmp_path).lower()
    assert PLANTED.encode() not in raw
    assert PLANTED.encode().hex().encode() not in raw
    with sealed.database.read() as tx:
        found = message_log.received(tx, Search({}, texts=(PLANTED.encode(),)), None, 5)
        assert len(found.rows) == 1
        assert PLANTED.encode() in message_log.find_received(tx, found.rows[0].id)[1]


def test_without_the_key_it_says_what_to_do(sealed: Workflow, master: Path) -> None:
    story(sealed)
    give_vault(sealed.database.engine, None)
    with pytest.raises(ConfigurationError, match=SETTING):
        unlock(sealed.database, None, FakeClock())
    assert PLANTED not in "".join(reports(sealed))
    master.write_text("ab" * 32 + "\n")
    with pytest.raises(ConfigurationError, match="put that key back"):
        unlock(sealed.database, master, FakeClock())


def test_what_was_in_the_clear_stays_readable_and_is_sealed_by_rotation(
    database: Database, master: Path, tmp_path: Path
) -> None:
    flow = Workflow(database, tmp_path)
    story(flow)
    before = reports(flow)
    assert PLANTED.encode() in everything(database, tmp_path) or not database.is_sqlite
    vault = flow.house.audio._vault = unlock(database, master, FakeClock())
    assert vault is not None
    assert reports(flow) == before
    assert dict(reseal(database, vault))["report.text"] == len(before)
    assert len(list(flow.house.audio.reseal())) == 1
    assert list(reseal(database, vault)) == list(flow.house.audio.reseal()) == []
    assert reports(flow) == before
    database.forget_what_was_freed()
    raw = everything(database, tmp_path)
    assert PLANTED.encode() not in raw
    assert PLANTED.encode().hex().encode() not in raw


def test_rotation_under_load_loses_nothing(sealed: Workflow, master: Path) -> None:
    story(sealed)
    before = reports(sealed)
    failed: list[Exception] = []
    stop = threading.Event()

    def write() -> None:
        number = 0
        try:
            while not stop.is_set():
                number += 1
                body = f"MSH|{number}".encode()
                messages.store_group(sealed.database, [message(f"load-{number}", body)])
                with sealed.database.read() as tx:
                    rows = message_log.received(tx, Search({}), None, 1).rows
                    assert message_log.find_received(tx, rows[0].id)[1] == body
        except Exception as error:
            failed.append(error)

    busy = threading.Thread(target=write)
    busy.start()
    try:
        master.write_text(master.read_text() + "cd" * 32 + "\n")
        masters = read_keys(master, SETTING)
        assert rewrap(sealed.database, masters) == 1
        new = new_data_key(sealed.database, masters, "2026-01-01")
        vault = unlock(sealed.database, master, FakeClock())
        assert vault is not None
        assert vault.current == new
        done = list(reseal(sealed.database, vault))
    finally:
        stop.set()
        busy.join()
    assert failed == []
    assert done
    master.write_text("cd" * 32 + "\n")  # the old one is not needed any more
    give_vault(sealed.database.engine, unlock(sealed.database, master, FakeClock()))
    assert reports(sealed) == before
    found = vault_of(sealed.database.engine.dialect)
    assert found is not None
    list(reseal(sealed.database, found))  # what was written before the node took the new key
    assert list(reseal(sealed.database, found)) == []
