"""The DICOM listener with storescu of dcmtk, pynetdicom and peers that misbehave."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pynetdicom import AE

from adapter.dicom import store_scp
from adapter.dicom.json_model import UNCOMPRESSED
from adapter.dicom.store_scp import StoreScp
from adapter.dicom.structured_report import read_sr_file
from adapter.errors import ConfigurationError, Malformed, Unsupported
from adapter.mapping.ai_codes import load_ai_codes
from adapter.mapping.files import MappingFiles
from tests.fakes import sr
from tests.fakes.house import tables
from tests.peers import require_peer

COMPREHENSIVE = "1.2.840.10008.5.1.4.1.1.88.33"
CT = "1.2.840.10008.5.1.4.1.1.2"
DCMTK = "apt-get install dcmtk"


class Desk:
    """Takes what comes, as it is told."""

    def __init__(self) -> None:
        self.taken: list[tuple[bytes, str]] = []
        self.raises: Exception | None = None

    def __call__(self, body: bytes, caller: str, peer: str) -> None:
        assert peer.startswith("127.0.0.1:")
        if self.raises:
            raise self.raises
        self.taken.append((body, caller))


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


@pytest.fixture(scope="module")
def scp(desk: Desk) -> Iterator[StoreScp]:
    made = StoreScp("127.0.0.1", 0, "READOUT", ["ENGINE"], 16_384, desk)
    made.start()
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def _anew(desk: Desk) -> None:
    desk.taken, desk.raises = [], None


def send(
    port: int, *, caller: str = "ENGINE", called: str = "READOUT", kind: str = COMPREHENSIVE
) -> int | None:
    """Status of one C-STORE of pynetdicom; None: no association."""
    entity = AE(ae_title=caller)
    entity.add_requested_context(kind, list(UNCOMPRESSED))
    association = entity.associate("127.0.0.1", port, ae_title=called)
    if not association.is_established:
        return None
    try:
        dataset = sr.nodule()
        sr.as_file(dataset)
        return int(association.send_c_store(dataset).Status)
    finally:
        association.release()


@pytest.mark.peer
def test_storescu_of_dcmtk_and_echo(scp: StoreScp, desk: Desk, tmp_path: Path) -> None:
    storescu, echoscu = shutil.which("storescu"), shutil.which("echoscu")
    require_peer("dcmtk", storescu is not None and echoscu is not None, DCMTK)
    file = tmp_path / "sr.dcm"
    file.write_bytes(sr.as_file(sr.nodule()))
    place = ["-aet", "ENGINE", "-aec", "READOUT", "127.0.0.1", str(scp.port)]
    for command in ([echoscu, *place], [storescu, *place, str(file)]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
    ((body, caller),) = desk.taken
    assert caller == "ENGINE"
    codes = load_ai_codes(MappingFiles(), tables().lexicon)
    assert read_sr_file(body, codes) == read_sr_file(file.read_bytes(), codes)


@pytest.mark.peer
def test_the_report_is_one_for_dsrdump_as_well(tmp_path: Path) -> None:
    """Our test reports are held to another maker's reader."""
    dsrdump = shutil.which("dsrdump")
    require_peer("dcmtk", dsrdump is not None, DCMTK)
    file = tmp_path / "sr.dcm"
    file.write_bytes(sr.as_file(sr.nodule()))
    done = subprocess.run([str(dsrdump), str(file)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "Solitary nodule of lung" in done.stdout


def test_only_who_is_named_may_send(scp: StoreScp, desk: Desk) -> None:
    assert send(scp.port, caller="STRANGER") is None
    assert send(scp.port, called="OTHER") is None
    assert send(scp.port, kind=CT) is None
    assert desk.taken == []
    assert send(scp.port) == store_scp.SUCCESS


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unsupported("x"), store_scp.NOT_SUPPORTED),
        (Malformed("x"), store_scp.NOT_UNDERSTOOD),
        (RuntimeError("the database is away"), store_scp.NO_RESOURCES),
    ],
)
def test_what_is_not_stored_is_not_acknowledged(
    scp: StoreScp, desk: Desk, error: Exception, status: int
) -> None:
    desk.raises = error
    assert send(scp.port) == status


def test_the_largest_report_has_a_bound(
    scp: StoreScp, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_scp, "MOST_BYTES", 3_000)
    entity = AE(ae_title="ENGINE")
    entity.add_requested_context(COMPREHENSIVE, list(UNCOMPRESSED))
    association = entity.associate("127.0.0.1", scp.port, ae_title="READOUT")
    dataset = sr.nodule()
    sr.as_file(dataset)
    answer = association.send_c_store(dataset)
    assert not answer
    assert desk.taken == []


def test_noise_does_not_end_the_listener(scp: StoreScp) -> None:
    for noise in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\x01\x00\x00\x00\x00\x04abcd", b"\x00" * 5000):
        with socket.create_connection(("127.0.0.1", scp.port), timeout=10) as peer:
            peer.sendall(noise)
    assert send(scp.port) == store_scp.SUCCESS


def test_several_senders_at_once(scp: StoreScp, desk: Desk) -> None:
    statuses: list[int | None] = []

    def one() -> None:
        statuses.append(send(scp.port))

    threads = [threading.Thread(target=one) for _ in range(5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert statuses == [store_scp.SUCCESS] * 5
    assert len(desk.taken) == 5


def test_a_place_that_cannot_be_had_is_told(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match="READOUT_DICOM_PORT"):
            StoreScp("127.0.0.1", port, "READOUT", [], 16_384, desk).start()
    with pytest.raises(ConfigurationError, match="READOUT_DICOM_CALLERS"):
        StoreScp("0.0.0.0", 0, "READOUT", [], 16_384, desk)
