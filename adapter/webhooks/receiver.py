"""Whether a posted body comes from the engine that its address names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from adapter.mapping.ai_webhooks import AiWebhook
from adapter.webhooks.signatures import (
    body_signature,
    is_signed,
    same,
    text_secret,
    webhook_secret,
)


class Receiver:
    """One engine; raises ConfigurationError where its secret is missing."""

    def __init__(self, engine: AiWebhook) -> None:
        self.engine = engine
        self._secrets = [webhook_secret(each) for each in engine.secret_envs]
        self._token = text_secret(engine.token_env) if engine.token_env else ""
        self._key = text_secret(engine.hmac.secret_env) if engine.hmac else ""

    def knows(self, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
        """Whether signature or token are those of the engine; header names in lower case."""
        rule = self.engine.hmac
        if rule:
            wanted = rule.prefix + body_signature(self._key, body, rule.encoding)
            return same(headers.get(rule.header.lower(), ""), wanted)
        if self._token:
            return same(headers.get("authorization", ""), f"Bearer {self._token}")
        return is_signed(self._secrets, headers, body, now.timestamp())
