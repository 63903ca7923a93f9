from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from adapter.domain.delivery import Answer, Delivery, DeliveryKind, Outcome
from adapter.domain.report import Dismissal, Flag, Severity
from adapter.errors import ConfigurationError, TryAgain
from adapter.mapping.webhook_profile import WebhookProfile
from adapter.webhooks.message import build_webhook
from adapter.webhooks.sender import WebhookDestination
from adapter.webhooks.signatures import signature
from tests.fakes.http_door import http_door
from tests.fhir.samples import FINAL, delivery

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
SPECIFIED = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Hands:
    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


class Hook:
    def __init__(self, url: str) -> None:
        self.url = url
        self.status = 204
        self.headers: dict[str, str] = {}
        self.came: list[tuple[dict[str, str], bytes]] = []


@pytest.fixture(scope="module")
def running() -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.came.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(hook.status)
            for name, value in hook.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with http_door(Handler) as url:
        hook = Hook(f"{url}/hook")
        yield hook


@pytest.fixture
def hook(running: Hook, monkeypatch: pytest.MonkeyPatch) -> Hook:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    monkeypatch.setenv("OLD_SECRET", SPECIFIED)
    running.status, running.headers = 204, {}
    running.came.clear()
    return running


def profile(hook: Hook, **changed: Any) -> WebhookProfile:
    told = {"url": hook.url, "allowed_hosts": ("127.0.0.1",), "secret_envs": ("HOOK_SECRET",)}
    return WebhookProfile(**(told | changed))


async def send(hook: Hook, one: Delivery | None = None, **changed: Any) -> Answer:
    destination = WebhookDestination(profile(hook, **changed), Hands())
    return await destination.send(one or delivery(FINAL, b'{"a":1}'))


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of Standard Webhooks 1.0."""
    secret = base64.b64decode(SPECIFIED.removeprefix("whsec_"))
    told = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_the_stored_bytes_come_signed_by_every_secret(hook: Hook) -> None:
    answer = await send(hook, secret_envs=("HOOK_SECRET", "OLD_SECRET"))
    assert answer == Answer(Outcome.ACCEPTED, "204")
    headers, body = hook.came[0]
    assert body == b'{"a":1}'
    assert headers["webhook-id"] == FINAL.control_id
    at = int(headers["webhook-timestamp"])
    assert at == int(Hands().time.timestamp())
    secrets = [base64.b64decode(each.removeprefix("whsec_")) for each in (SECRET, SPECIFIED)]
    assert headers["webhook-signature"].split(" ") == [
        signature(secret, FINAL.control_id, at, body) for secret in secrets
    ]


@pytest.mark.parametrize(("status", "told"), [(400, "400"), (404, "404"), (410, "410")])
async def test_a_refusal_waits_for_a_person(hook: Hook, status: int, told: str) -> None:
    hook.status = status
    answer = await send(hook)
    assert (answer.outcome, answer.code) == (Outcome.HOLD, told)
    assert (await send(hook, answers={status: "retry"})).outcome is Outcome.RETRY


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
async def test_passing_trouble_is_tried_again_when_it_says(hook: Hook, status: int) -> None:
    hook.status, hook.headers = status, {"Retry-After": "17"}
    with pytest.raises(TryAgain) as error:
        await send(hook)
    assert error.value.after == 17


async def test_a_redirect_is_not_followed(hook: Hook) -> None:
    hook.status, hook.headers = 307, {"Location": hook.url}
    answer = await send(hook)
    assert answer.outcome is Outcome.HOLD
    assert "redirects" in answer.text
    assert len(hook.came) == 1


async def test_nobody_there_is_tried_again(hook: Hook) -> None:
    with pytest.raises(TryAgain):
        await send(hook, url="http://127.0.0.1:9/")


@pytest.mark.parametrize(
    "url",
    ["http://10.1.2.3/", "https://127.0.0.2/", "http://hook.example/", "https://u@x.example/"],
)
def test_an_address_inside_must_be_listed(hook: Hook, url: str) -> None:
    with pytest.raises(ConfigurationError, match="webhook"):
        WebhookDestination(profile(hook, url=url), Hands())


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "not base64 !"])
def test_a_secret_that_protects_nothing_shows_at_start(
    hook: Hook, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("HOOK_SECRET", secret)
    with pytest.raises(ConfigurationError, match="HOOK_SECRET"):
        WebhookDestination(profile(hook), Hands())


def test_what_is_told(hook: Hook) -> None:
    put_aside = Dismissal("dr1", "2026-01-02T10:00:00Z", "no")
    flags = (
        Flag("unit_missing", Severity.WARN, "add mm", id="f1"),
        Flag("repeated_word", Severity.INFO, "twice", id="f2", dismissed=put_aside),
    )
    message = replace(FINAL, report=replace(FINAL.report, flags=flags))
    body = build_webhook(message, profile(hook))
    assert body == build_webhook(message, profile(hook))
    told = json.loads(body)
    assert told["type"] == "report.final"
    assert told["data"]["accession"] == FINAL.order.accession
    assert [each["id"] for each in told["data"]["flags"]] == ["f1"]
    assert told["data"]["report"][0]["text"]

    only = json.loads(build_webhook(message, profile(hook, content=("flags",))))
    assert only["type"] == "check.flags"
    assert "report" not in only["data"]

    gone = replace(message, kind=DeliveryKind.RETRACTION)
    told = json.loads(build_webhook(gone, profile(hook)))
    assert (told["type"], told["data"]["report"]) == ("report.retraction", [])
