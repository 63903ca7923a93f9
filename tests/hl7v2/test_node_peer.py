"""An HL7 v2 client and server of another maker, in Node, against our listener and sender."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapter.domain.delivery import Delivery, DeliveryKind, Outcome
from adapter.domain.identifiers import Accession, ControlId
from adapter.errors import TryAgain
from adapter.hl7v2.doors import make_listener
from adapter.hl7v2.results import build_report_message
from adapter.hl7v2.sender import MllpDestination
from adapter.mapping.listeners import ListenerProfile
from adapter.mapping.mllp_profile import MllpProfile
from tests.fakes.certificates import Authority
from tests.peers.mllp_node import node_client, node_server

pytestmark = pytest.mark.peer
OrderText = Callable[..., bytes]


@pytest.mark.parametrize("secured", [False, True])
async def test_the_node_client_sends_us_orders(
    store: Any, clock: Any, tmp_path: Path, order_text: OrderText, secured: bool
) -> None:
    authority = Authority(tmp_path, "hospital")
    keys: dict[str, Any] = {"name": "test", "port": 0}
    tls = None
    if secured:
        own = authority.issue("listener.pem", "readout", "localhost")
        keys["tls"] = {"certificate": str(own), "client_ca": str(authority.ca)}
        ehr = str(authority.issue("ehr.pem", "ehr"))
        tls = {"ca": str(authority.ca), "cert": ehr, "key": ehr}
    profile = ListenerProfile.model_validate(keys)
    listener = make_listener(profile, lambda _: None, store, clock)
    await listener.start()
    texts = [order_text(f"N{number}").decode().rstrip("\r") for number in range(10)]
    answers = await asyncio.to_thread(node_client, listener.port, texts, tls)
    assert answers == [{"code": "AA", "control_id": f"N{number}"} for number in range(10)]
    assert [each.control_id for each in store.messages] == [f"N{number}" for number in range(10)]
    await listener.stop()


@pytest.mark.parametrize("secured", [False, True])
async def test_the_node_server_reads_and_accepts_our_reports(
    make_report: Any, make_section: Any, tmp_path: Path, secured: bool
) -> None:
    authority = Authority(tmp_path, "hospital")
    theirs = ours = None
    if secured:
        ris, own = (str(authority.issue(f"{each}.pem", each)) for each in ("ris", "readout"))
        theirs = {"ca": str(authority.ca), "cert": ris, "key": ris}
        ours = {"ca": str(authority.ca), "certificate": own}
    message = make_report(make_section("a", "Lungs", "Clear | aerated."))
    with node_server(theirs) as (port, read):
        keys = {"port": port, "version": "2.4", "message_type": "ORU^R01", "tls": ours}
        profile = MllpProfile.model_validate(keys)
        destination = MllpDestination(profile)
        troubles: list[str] = []
        for number in range(3):
            id_ = ControlId(f"RD{number:017d}")
            body = build_report_message(message, profile)
            body = body.replace(message.control_id.encode(), id_.encode())
            delivery = Delivery(id_, "ris", Accession("A1"), DeliveryKind.FINAL, body)
            # On a lasting connection this server reads and answers the message before once more:
            # MSA-2 tells, the connection is dropped, and the same bytes go over a new one.
            try:
                answer = await destination.send(delivery)
            except TryAgain as error:
                troubles.append(str(error))
                answer = await destination.send(delivery)
            assert (answer.outcome, answer.code) == (Outcome.ACCEPTED, "AA")
        await destination.close()
    assert all("MSA-2 is not our control id" in each for each in troubles)
    numbers = dict.fromkeys(each["control_id"] for each in read)
    assert list(numbers) == [f"RD{number:017d}" for number in range(3)]
    assert {each["accession"] for each in read} == {"RA-20261122-0042"}
    assert {each["family"] for each in read} == {"Brändström"}
