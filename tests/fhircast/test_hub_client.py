"""What a hub can make us call."""

from __future__ import annotations

from typing import Any

import pytest

from adapter.errors import ConfigurationError
from adapter.fhircast.hub_client import outbound_of
from adapter.mapping.fhircast_hubs import FhircastHub
from adapter.outbound import WEBSOCKET, AddressRefused
from tests.fakes.house import Workflow

CREDENTIALS = {"url": "http://login.example/t", "client_id": "a", "client_secret_file": "/s"}


@pytest.mark.parametrize(
    "profile",
    [
        {"url": "http://hub.example/hub", "token": {"file": "/secret"}},
        {"url": "https://hub.example/hub", "token": CREDENTIALS},
    ],
)
def test_no_token_goes_over_a_line_that_others_can_read(profile: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="TLS"):
        outbound_of(FhircastHub.model_validate({"name": "h", **profile}))


async def test_a_hub_cannot_send_us_to_another_host(flow: Workflow) -> None:
    guard = outbound_of(FhircastHub.model_validate({"name": "h", "url": "https://hub.example/h"}))
    guard.check("wss://hub.example/x", schemes=WEBSOCKET)
    for url in ("wss://10.0.0.1/x", "ws://169.254.169.254/x", "wss://other.example/x"):
        with pytest.raises(AddressRefused):
            guard.check(url, schemes=WEBSOCKET)
