"""The DICOM listener over TLS: storescu of dcmtk, pynetdicom, renewed files, and who may not in."""

from __future__ import annotations

import hashlib
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pynetdicom import AE

from adapter.ai_doors import dicom_door, dicom_tls
from adapter.dicom.store_scp import VERIFICATION, StoreScp
from adapter.errors import ConfigurationError
from adapter.settings import Settings
from tests.dicom.test_store_scp import DCMTK
from tests.fakes import sr
from tests.fakes.certificates import Authority
from tests.peers import require_peer


@dataclass
class Place:
    """A listener with TLS of its own files, and what it has taken."""

    folder: Path
    hospital: Authority
    taken: list[str] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return Settings(
            dicom_certificate=self.folder / "door.pem", dicom_client_ca=self.hospital.ca
        )

    def take(self, _body: bytes, caller: str, _peer: str) -> None:
        self.taken.append(caller)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("pki")
    hospital = Authority(folder, "hospital")
    hospital.issue("door.pem", "readout.example", "readout.example")
    hospital.issue("engine.pem", "engine.example")
    Authority(folder, "strange").issue("stranger.pem", "engine.example")
    return Place(folder, hospital)


@pytest.fixture(scope="module")
def scp(place: Place) -> Iterator[StoreScp]:
    door = dicom_door(place.settings)
    made = StoreScp("127.0.0.1", 0, "READOUT", ["ENGINE"], 16_384, place.take, door.let_in)
    made.failed = door.failed_handshakes  # type: ignore[attr-defined]
    made.start()
    yield made
    made.stop()


def echo(port: int, context: ssl.SSLContext | None) -> bool:
    """Whether an association comes to be and C-ECHO is answered."""
    entity = AE(ae_title="ENGINE")
    entity.acse_timeout = entity.network_timeout = 20
    entity.add_requested_context(VERIFICATION)
    tls = None if context is None else (context, "readout.example")
    made = entity.associate("127.0.0.1", port, ae_title="READOUT", tls_args=tls)
    if not made.is_established:
        return False
    answered = bool(made.send_c_echo())
    made.release()
    return answered


def client(place: Place, certificate: str = "engine.pem") -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(place.hospital.ca))
    if certificate:
        context.load_cert_chain(place.folder / certificate)
    return context


@pytest.mark.peer
def test_storescu_of_dcmtk_shows_its_certificate(
    scp: StoreScp, place: Place, tmp_path: Path
) -> None:
    storescu = shutil.which("storescu")
    require_peer("dcmtk", storescu is not None, DCMTK)
    file = tmp_path / "sr.dcm"
    file.write_bytes(sr.as_file(sr.nodule()))
    pem = str(place.folder / "engine.pem")
    tls = ["+tls", pem, pem, "+cf", str(place.hospital.ca)]
    where = ["-aet", "ENGINE", "-aec", "READOUT", "127.0.0.1", str(scp.port), str(file)]
    done = subprocess.run([str(storescu), *tls, *where], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert place.taken == ["ENGINE"]
    plain = subprocess.run([str(storescu), *where], capture_output=True, text=True, timeout=60)
    assert plain.returncode != 0
    assert place.taken == ["ENGINE"]


def test_who_shows_no_certificate_of_ours_is_refused_and_counted(
    scp: StoreScp, place: Place
) -> None:
    assert echo(scp.port, client(place))
    for context in (client(place, ""), client(place, "stranger.pem"), None):
        assert not echo(scp.port, context)
    failed: Callable[[], list[object]] = scp.failed  # type: ignore[attr-defined]
    reasons = {each.reason for each in failed()}  # type: ignore[attr-defined]
    assert "peer did not return a certificate" in reasons
    assert any(each.startswith("certificate verify failed") for each in reasons)
    assert echo(scp.port, client(place))


def test_who_says_nothing_holds_up_nobody(scp: StoreScp, place: Place) -> None:
    with socket.create_connection(("127.0.0.1", scp.port)):
        assert echo(scp.port, client(place))


def test_a_renewed_certificate_serves_the_next_connection(scp: StoreScp, place: Place) -> None:
    def shown() -> str:
        with (
            socket.create_connection(("127.0.0.1", scp.port), timeout=20) as plain,
            client(place).wrap_socket(plain, server_hostname="readout.example") as secured,
        ):
            return hashlib.sha256(secured.getpeercert(binary_form=True) or b"").hexdigest()

    before = shown()
    assert shown() == before
    place.hospital.issue("door.pem", "readout.example", "readout.example")
    assert shown() != before
    (place.folder / "door.pem").write_text("half copied")
    assert echo(scp.port, client(place)), "the files of before stay in service"
    place.hospital.issue("door.pem", "readout.example", "readout.example")


def test_an_address_that_is_not_named_is_closed(place: Place) -> None:
    door = dicom_door(Settings(dicom_addresses="10.1.0.0/16, 192.0.2.7"))
    made = StoreScp("127.0.0.1", 0, "READOUT", [], 16_384, place.take, door.let_in)
    made.start()
    try:
        assert not echo(made.port, None)
    finally:
        made.stop()


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"dicom_addresses": "engine.example"}, "READOUT_DICOM_ADDRESSES"),
        ({"dicom_client_ca": "ca.pem"}, "READOUT_DICOM_CERTIFICATE"),
        ({"dicom_certificate": "missing.pem"}, "missing.pem"),
    ],
)
def test_settings_that_cannot_be_are_told_at_start(told: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        dicom_door(Settings.model_validate(told))
    assert dicom_tls(Settings()) is None
