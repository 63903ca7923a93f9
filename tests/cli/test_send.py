"""`readout send` against the real service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from adapter.cli import app
from adapter.cli.send import messages_of
from adapter.clock import SystemClock
from adapter.demo.site import Service, service_environment
from adapter.domain.message import InboundMessage, MessageState
from adapter.errors import Malformed, NotFound, ReadoutError, Rejected, TryAgain
from adapter.hl7v2.doors import make_listener
from adapter.mapping.listeners import ListenerProfile
from tests.fakes.certificates import Authority

SAMPLES = Path(__file__).parents[1] / "samples" / "hl7v2"
ORDER = SAMPLES / "orm_o01_chest.hl7"
ACCESSION = "RA-20261122-0042"


def send(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["send", *arguments])


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    (folder / "mappings").mkdir()
    service = Service(folder, service_environment(folder, speech_preload="false"))
    try:
        service.wait_ready()
        yield service
    finally:
        service.stop()


@pytest.fixture
def mllp(service: Service) -> str:
    return f"127.0.0.1:{service.mllp_port}"


def test_an_accepted_order_is_told_in_words(service: Service, mllp: str) -> None:
    done = send("order", str(ORDER), "--to", mllp)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "AA EHR0000000001: accepted\n"


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_files_of_any_line_end_and_many_messages(mllp: str, tmp_path: Path, ending: bytes) -> None:
    file = tmp_path / "orders.hl7"
    message = ORDER.read_bytes().rstrip(b"\r") + b"\r"
    file.write_bytes((message + message).replace(b"\r", ending))
    done = send("order", str(file), "--to", mllp, "--json")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["code"] for each in answers] == ["AA", "AA"]


def test_a_refused_order_tells_the_reason(mllp: str, tmp_path: Path) -> None:
    file = tmp_path / "order.hl7"
    file.write_text("MSH|^~\\&|A|B|C|D|20260101||ORM^O01|X1|P|2.5.1\nPID|1\n")
    done = send("order", str(file), "--to", mllp)
    assert done.exit_code == 1
    assert done.stdout.startswith("AE X1: refused: something in the message is wrong; ")
    assert "PID" in done.stdout


def test_nobody_listens(tmp_path: Path) -> None:
    done = send("order", str(ORDER), "--to", "127.0.0.1:1")
    assert isinstance(done.exception, TryAgain)
    assert "127.0.0.1:1" in str(done.exception)


@pytest.mark.parametrize("address", ["nowhere", "host:", ":1", "host:0", "host:99999", "host:x"])
def test_an_address_that_cannot_be_is_a_usage_error(address: str) -> None:
    assert send("order", str(ORDER), "--to", address).exit_code == 2


@pytest.mark.parametrize("content", [b"", b"\n\n", b"no message", b"PID|1\rMSH|^~\\&|\r"])
def test_a_file_without_a_message_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed, match="MSH"):
        messages_of(content)


def test_framing_in_a_file_is_taken_off() -> None:
    assert messages_of(b"\x0bMSH|1\rPID|1\r\x1c\r") == [b"MSH|1\rPID|1\r"]


def test_a_dictation_is_stored(service: Service, tmp_path: Path) -> None:
    audio = Path(__file__).parents[2] / "adapter" / "demo_data" / "audio" / "DEMO-CXR-1.wav"
    at = ("--accession", "A/1 é", "--to", service.http_url)
    first = send("dictation", str(audio), *at, "--author", "123", "--json")
    assert first.exit_code == 0, first.exception
    made = json.loads(first.stdout)
    assert (made["id"], made["author"], made["media_type"]) == ("d-1", "123", made["media_type"])
    assert made["media_type"] in ("audio/wav", "audio/x-wav")
    study = httpx.get(f"{service.http_url}/api/studies/A%2F1%20%C3%A9").json()
    assert [each["sha256"] for each in study["dictations"]] == [made["sha256"]]
    again = send("dictation", str(audio), *at)
    assert made["sha256"] in again.stdout


def test_a_refused_dictation_tells_the_reason(service: Service, tmp_path: Path) -> None:
    empty = tmp_path / "empty.wav"
    empty.write_bytes(b"")
    done = send("dictation", str(empty), "--accession", "A1", "--to", service.http_url)
    assert isinstance(done.exception, Rejected)
    assert "400" in str(done.exception)
    assert "no bytes" in str(done.exception)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("http://127.0.0.1:1", TryAgain),
        ("ftp://127.0.0.1", TryAgain),
        ("http://127.0.0.1:x", Malformed),
    ],
)
def test_a_service_that_is_not_there(address: str, kind: type[ReadoutError]) -> None:
    done = send("dictation", str(ORDER), "--accession", "A1", "--to", address)
    assert isinstance(done.exception, kind)


def test_a_missing_file_is_named() -> None:
    for what in (["order"], ["dictation", "--accession", "A1"]):
        done = send(*what, "nowhere.hl7", "--to", "127.0.0.1:1")
        assert isinstance(done.exception, NotFound)
        assert "nowhere.hl7" in str(done.exception)


async def test_an_order_over_mutual_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "hospital")
    tls = {
        "certificate": str(authority.issue("listener.pem", "readout")),
        "client_ca": str(authority.ca),
    }
    keys = {"name": "test", "port": 0, "tls": tls}
    profile = ListenerProfile.model_validate(keys)

    def store(batch: Sequence[InboundMessage]) -> list[MessageState]:
        return [MessageState.RECEIVED for _ in batch]

    listener = make_listener(profile, lambda _: None, store, SystemClock())
    await listener.start()
    to = ["order", str(ORDER), "--to", f"127.0.0.1:{listener.port}", "--seconds", "5"]
    own = str(authority.issue("own.pem", "ehr"))
    with_own = [*to, "--tls-ca", str(authority.ca), "--tls-certificate", own]
    done = await asyncio.to_thread(send, *with_own)
    assert done.stdout == "AA EHR0000000001: accepted\n"
    for less in (to, [*to, "--tls-ca", str(authority.ca)]):
        refused = await asyncio.to_thread(send, *less)
        assert isinstance(refused.exception, TryAgain)
    await listener.stop()
