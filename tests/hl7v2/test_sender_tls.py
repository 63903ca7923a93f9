from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from adapter.domain.delivery import Delivery, DeliveryKind, Outcome
from adapter.domain.identifiers import Accession, ControlId
from adapter.errors import ConfigurationError, TryAgain
from adapter.hl7v2.results import build_report_message
from adapter.hl7v2.sender import MllpDestination
from adapter.mapping.mllp_profile import MllpProfile
from tests.fakes.certificates import Authority, fingerprint
from tests.hl7v2.test_sender import Receiver

Secured = Callable[..., Awaitable[Receiver]]
_PATIENT = {"connect_attempts": 1, "connect_seconds": 20.0, "answer_seconds": 20}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "hospital")


@pytest.fixture
def delivery(make_report: Any, make_section: Any) -> Delivery:
    message = make_report(make_section("a", "Lungs", "Clear."))
    id_ = ControlId("RD00000000000000042")
    body = build_report_message(message, MllpProfile(port=1))
    return Delivery(id_, "ris", Accession("A1"), DeliveryKind.FINAL, body)


@pytest_asyncio.fixture
async def secured() -> AsyncIterator[Secured]:
    """Starts receivers that speak TLS with their certificate; with `clients`, mutual TLS."""
    started: list[Receiver] = []

    async def start(own: Path, clients: Path | None = None) -> Receiver:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(own)
        if clients is not None:
            context.load_verify_locations(clients)
            context.verify_mode = ssl.CERT_REQUIRED
        receiver = Receiver()
        await receiver.start(tls=context)
        started.append(receiver)
        return receiver

    yield start
    for receiver in started:
        assert receiver.server is not None
        receiver.server.close()


async def sent(receiver: Receiver, delivery: Delivery, tls: dict[str, Any] | None) -> Outcome:
    destination = MllpDestination(receiver.profile(tls=tls, **_PATIENT))
    try:
        return (await destination.send(delivery)).outcome
    finally:
        await destination.close()


async def test_reports_go_over_tls_to_a_receiver_of_the_authority(
    secured: Secured, authority: Authority, tmp_path: Path, delivery: Delivery
) -> None:
    receiver = await secured(authority.issue("ris.pem", "ris"))
    trust = {"ca": str(authority.ca)}
    assert await sent(receiver, delivery, trust) is Outcome.ACCEPTED
    other = Authority(tmp_path, "elsewhere")
    for wrong in ({"ca": str(other.ca)}, {}):
        with pytest.raises(TryAgain, match=r"(?i)certificate.verify.failed"):
            await sent(receiver, delivery, wrong)
    with pytest.raises(TryAgain):
        await sent(receiver, delivery, None)
    assert len(receiver.bodies) == 1


async def test_the_name_in_the_certificate_is_checked(
    secured: Secured, authority: Authority, delivery: Delivery
) -> None:
    receiver = await secured(authority.issue("ris.pem", "ris", "ris.example"))
    trust = {"ca": str(authority.ca)}
    named = trust | {"server_name": "ris.example"}
    assert await sent(receiver, delivery, named) is Outcome.ACCEPTED
    wrong = trust | {"server_name": "other.example"}
    with pytest.raises(TryAgain, match=r"not valid for 'other\.example'"):
        await sent(receiver, delivery, wrong)
    unchecked = wrong | {"check_host_name": False}
    assert await sent(receiver, delivery, unchecked) is Outcome.ACCEPTED


async def test_mutual_tls_shows_our_certificate_as_it_is_at_that_time(
    secured: Secured, authority: Authority, delivery: Delivery
) -> None:
    receiver = await secured(authority.issue("ris.pem", "ris"), authority.ca)
    trust = {"ca": str(authority.ca)}
    with pytest.raises(TryAgain):
        await sent(receiver, delivery, trust)

    shown: list[str] = []

    async def note(body: bytes, writer: Any) -> None:
        peer = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        shown.append(ssl.DER_cert_to_PEM_cert(peer))
        await plain(body, writer)
        writer.close()  # so that the next report comes over a new connection

    plain = receiver.script[0]
    receiver.script = [note]
    own = authority.issue("own.pem", "readout")
    profile = receiver.profile(tls=trust | {"certificate": str(own)}, **_PATIENT)
    destination = MllpDestination(profile)
    prints = [fingerprint(own)]
    assert (await destination.send(delivery)).outcome is Outcome.ACCEPTED
    authority.issue("own.pem", "readout")
    prints.append(fingerprint(own))
    for _ in range(20):  # until the closed connection is seen as closed
        if len(shown) == 2:
            break
        try:
            await destination.send(delivery)
        except TryAgain:
            continue
    await destination.close()
    assert [_print(text, own.parent) for text in shown] == prints
    assert prints[0] != prints[1]


def _print(pem: str, folder: Path) -> str:
    path = folder / "shown.pem"
    path.write_text(pem)
    return fingerprint(path)


def test_files_that_are_missing_stop_the_start(tmp_path: Path) -> None:
    tls = {"ca": str(tmp_path / "none.pem")}
    profile = MllpProfile.model_validate({"port": 1, "tls": tls})
    with pytest.raises(ConfigurationError, match=r"none\.pem cannot be used"):
        MllpDestination(profile)
