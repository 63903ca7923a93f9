from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pydantic import ValidationError

from adapter.domain.delivery import Outcome
from adapter.errors import ConfigurationError, TryAgain
from adapter.fhir.client import FhirDestination
from adapter.fhir.smart_auth import SmartAuth
from adapter.mapping.fhir_profile import FhirProfile
from adapter.mapping.smart_client import SmartClient
from adapter.oauth.client_keys import key_set
from tests.fakes.smart_server import SmartServer, running_smart_server
from tests.fhir.samples import FINAL, delivery

SCOPES = ("system/DiagnosticReport.cu",)


class Hands:
    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def now(self) -> datetime:
        return self.time


def write_key(path: Path, key: Any) -> Path:
    kind = serialization.PrivateFormat.PKCS8
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption())
    )
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    write_key(folder / "rsa.pem", rsa.generate_private_key(65537, 2048))
    write_key(folder / "ec.pem", ec.generate_private_key(ec.SECP384R1()))
    write_key(folder / "weak.pem", rsa.generate_private_key(65537, 1024))
    write_key(folder / "p256.pem", ec.generate_private_key(ec.SECP256R1()))
    (folder / "none.pem").write_text("secret words")
    return folder


@pytest.fixture(scope="module")
def running() -> Iterator[SmartServer]:
    with running_smart_server() as server:
        yield server


@pytest.fixture
def server(running: SmartServer, folder: Path) -> SmartServer:
    running.client_keys = lambda: key_set((folder / "rsa.pem", folder / "ec.pem"))
    running.tokens.clear()
    running.assertions.clear()
    running.posted.clear()
    running.expires_in = 300
    running.configuration["token_endpoint"] = f"{running.url}/token"
    return running


def client(*keys: Path, **more: Any) -> SmartClient:
    return SmartClient(client_id="readout", keys=keys, scopes=SCOPES, **more)


def auth(server: SmartServer, clock: Hands, *keys: Path, **more: Any) -> SmartAuth:
    return SmartAuth(client(*keys, **more), server.url, clock)


@pytest.mark.parametrize(("file", "algorithm"), [("rsa.pem", "RS384"), ("ec.pem", "ES384")])
async def test_a_token_by_a_signed_assertion(
    server: SmartServer, folder: Path, file: str, algorithm: str
) -> None:
    token = await auth(server, Hands(), folder / file).token()
    assert token in server.tokens
    assert server.assertions[0]["alg"] == algorithm


async def test_a_token_is_kept_until_shortly_before_its_end(
    server: SmartServer, folder: Path
) -> None:
    clock = Hands()
    smart = auth(server, clock, folder / "ec.pem")
    first = await smart.token()
    clock.time += timedelta(seconds=230)
    assert await smart.token() == first
    clock.time += timedelta(seconds=15)
    assert await smart.token() != first


@pytest.mark.parametrize("told", [None, "soon", -1, 0, 1e300, float("nan")])
async def test_a_life_that_cannot_be_is_five_minutes(
    server: SmartServer, folder: Path, told: Any
) -> None:
    server.expires_in = told
    clock = Hands()
    smart = auth(server, clock, folder / "ec.pem")
    first = await smart.token()
    clock.time += timedelta(minutes=6)
    assert await smart.token() != first


async def test_the_report_goes_with_a_token_and_a_401_gets_one_new_one(
    server: SmartServer, folder: Path
) -> None:
    destination = FhirDestination(FhirProfile(base_url=server.url, smart=client(folder / "ec.pem")))
    body = b'{"resourceType":"Bundle"}'
    try:
        for _ in range(2):
            answer = await destination.send(delivery(FINAL, body))
            assert answer.outcome is Outcome.ACCEPTED
        assert len(server.assertions) == 1
        server.tokens.clear()  # taken back before its end
        assert (await destination.send(delivery(FINAL, body))).outcome is Outcome.ACCEPTED
        assert len(server.assertions) == 2
        assert server.posted == [body] * 3
    finally:
        await destination.close()


async def test_a_server_that_takes_no_token_is_asked_twice_not_for_ever(
    server: SmartServer, folder: Path
) -> None:
    class Forgetful(set[str]):
        def add(self, _: str) -> None:
            pass

    server.tokens = Forgetful()
    destination = FhirDestination(FhirProfile(base_url=server.url, smart=client(folder / "ec.pem")))
    try:
        answer = await destination.send(delivery(FINAL, b"{}"))
    finally:
        await destination.close()
        server.tokens = set()
    assert answer.outcome is Outcome.RETRY
    assert len(server.assertions) == 2


async def test_keys_rotate_with_two_known_at_once(server: SmartServer, folder: Path) -> None:
    old, new = folder / "rsa.pem", folder / "ec.pem"
    server.client_keys = lambda: key_set((old, new))
    await auth(server, Hands(), old, new).token()
    await auth(server, Hands(), new, old).token()
    assert [each["alg"] for each in server.assertions] == ["RS384", "ES384"]
    server.client_keys = lambda: key_set((new,))
    with pytest.raises(TryAgain, match="invalid_client"):
        await auth(server, Hands(), old, new).token()


def test_only_public_parts_are_published(folder: Path) -> None:
    found = key_set((folder / "rsa.pem", folder / "ec.pem", folder / "rsa.pem"))["keys"]
    assert [set(key) - {"kid", "use", "alg", "key_ops"} for key in found] == [
        {"kty", "e", "n"},
        {"kty", "crv", "x", "y"},
    ]


@pytest.mark.parametrize("file", ["weak.pem", "p256.pem", "none.pem", "missing.pem"])
def test_a_key_that_cannot_serve_shows_at_start(folder: Path, file: str) -> None:
    with pytest.raises(ConfigurationError, match=file) as told:
        SmartAuth(client(folder / file), "https://ehr.example/fhir", Hands())
    assert "secret words" not in str(told.value)


async def test_a_refusal_tells_a_person_what_to_do_and_no_secret(
    server: SmartServer, folder: Path
) -> None:
    server.client_keys = lambda: {"keys": []}
    with pytest.raises(TryAgain, match="invalid_client") as told:
        await auth(server, Hands(), folder / "ec.pem").token()
    assert "compare client_id" in str(told.value)
    assert "eyJ" not in str(told.value)


async def test_a_token_endpoint_at_another_inside_host_is_not_called(
    server: SmartServer, folder: Path
) -> None:
    for url in ("https://169.254.169.254/token", "http://10.0.0.1/token", "file:///x"):
        server.configuration["token_endpoint"] = url
        with pytest.raises(TryAgain, match="smart"):
            await auth(server, Hands(), folder / "ec.pem").token()
    server.configuration["token_endpoint"] = 7
    with pytest.raises(TryAgain, match="set token_url"):
        await auth(server, Hands(), folder / "ec.pem").token()


def test_a_server_without_tls_gets_no_token(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="TLS"):
        SmartAuth(client(folder / "ec.pem"), "http://ehr.example/fhir", Hands())


def test_one_way_to_a_token(folder: Path) -> None:
    with pytest.raises(ValidationError, match="keep one"):
        FhirProfile(base_url="https://x.example", token_env="T", smart=client(folder / "ec.pem"))
