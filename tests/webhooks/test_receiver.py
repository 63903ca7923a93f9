"""Who may post results: by signature or token."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from adapter.errors import ConfigurationError
from adapter.mapping.ai_webhooks import AiWebhook
from adapter.mapping.files import MappingFiles
from adapter.webhooks.receiver import Receiver
from adapter.webhooks.signatures import body_signature, signature

RULES: dict[str, Any] = yaml.safe_load(MappingFiles().get("ai_webhooks/example.yaml").body)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BODY = b'{"a": 1}'
OLD, NEW = b"o" * 24, b"n" * 24


def engine(**rules: Any) -> AiWebhook:
    return AiWebhook.model_validate(RULES | {"secret_envs": []} | rules)


def signed(secret: bytes, at: datetime = NOW) -> dict[str, str]:
    moment = int(at.timestamp())
    return {
        "webhook-id": "m1",
        "webhook-timestamp": str(moment),
        "webhook-signature": f"v1,x {signature(secret, 'm1', moment, BODY)}",
    }


def test_standard_webhooks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, secret in (("OLD", OLD), ("NEW", NEW)):
        monkeypatch.setenv(name, f"whsec_{base64.b64encode(secret).decode()}")
    receiver = Receiver(engine(secret_envs=["OLD", "NEW"]))
    assert receiver.knows(signed(OLD), BODY, NOW)
    assert receiver.knows(signed(NEW), BODY, NOW)
    assert not receiver.knows(signed(b"x" * 24), BODY, NOW)
    assert not receiver.knows(signed(OLD), BODY + b" ", NOW)
    assert not receiver.knows(signed(OLD, NOW - timedelta(minutes=6)), BODY, NOW)
    assert not receiver.knows({}, BODY, NOW)
    assert not receiver.knows(signed(OLD) | {"webhook-timestamp": "²"}, BODY, NOW)


@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_a_header_of_the_vendor(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    secret = "s3cret s3cret s3cret"
    monkeypatch.setenv("KEY", secret)
    rule = {"header": "X-Sig", "prefix": "sha256=", "encoding": encoding, "secret_env": "KEY"}
    receiver = Receiver(engine(hmac=rule))
    made = f"sha256={body_signature(secret, BODY, encoding)}"
    assert receiver.knows({"x-sig": made}, BODY, NOW)
    assert not receiver.knows({"x-sig": made}, BODY + b" ", NOW)
    assert not receiver.knows({"x-sig": "ü"}, BODY, NOW)
    assert not receiver.knows({}, BODY, NOW)


def test_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "t" * 20)
    receiver = Receiver(engine(token_env="TOKEN"))
    assert receiver.knows({"authorization": f"Bearer {'t' * 20}"}, BODY, NOW)
    assert not receiver.knows({"authorization": "Bearer t"}, BODY, NOW)
    assert not receiver.knows({}, BODY, NOW)


def test_a_secret_that_is_missing_or_short_is_told_at_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHORT", "short")
    for rules in ({"token_env": "NONE_SUCH"}, {"token_env": "SHORT"}, {"secret_envs": ["SHORT"]}):
        with pytest.raises(ConfigurationError, match="environment variable"):
            Receiver(engine(**rules))
