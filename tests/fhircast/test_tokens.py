"""Where bearer tokens come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.errors import ConfigurationError, NeedsPerson
from adapter.fhircast.tokens import ClientCredentials, FileToken
from adapter.mapping.fhircast_hubs import HubToken
from adapter.outbound import Outbound
from tests.fhircast.token_server import token_server


async def test_a_file_is_read_anew_each_time(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("one\n")
    tokens = FileToken(file)
    assert await tokens.token() == "one"
    file.write_text("two")
    assert await tokens.token() == "two"
    assert await FileToken(None).token() == ""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        await FileToken(tmp_path / "gone").token()


async def test_client_credentials_are_shown_once_a_life_and_may_name_the_topic(
    tmp_path: Path,
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    clock = 0.0
    with token_server() as (url, asked):
        rule = HubToken(
            url=url, client_id="us", client_secret_file=secret, topic_member="topic", scope="a b"
        )
        guard = Outbound.of((), "test", public=False, loopback=True)
        tokens = ClientCredentials(rule, guard, lambda: clock)
        assert await tokens.token() == "token-1"
        assert await tokens.topic() == "user-1"
        assert len(asked) == 1
        assert asked[0]["grant_type"] == ["client_credentials"]
        assert asked[0]["basic"] == "us:s3cret"
        clock = 3600.0
        assert await tokens.token() == "token-2"
        secret.write_text("wrong")
        clock = 7200.0
        with pytest.raises(NeedsPerson, match="401"):
            await tokens.token()
