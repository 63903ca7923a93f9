from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
import respx

from adapter.domain.delivery import Answer, Outcome
from adapter.errors import ConfigurationError, TryAgain
from adapter.fhir.client import FhirDestination
from adapter.mapping.fhir_profile import FhirProfile
from tests.fhir.samples import FINAL, delivery

URL = "http://ehr.test/fhir"
DONE = {
    "resourceType": "Bundle",
    "type": "transaction-response",
    "entry": [{"response": {"status": "201 Created", "location": "DiagnosticReport/1"}}],
}
BODY = b'{"resourceType":"Bundle"}'


async def send(profile: FhirProfile) -> Answer:
    destination = FhirDestination(profile)
    try:
        return await destination.send(delivery(FINAL, BODY))
    finally:
        await destination.close()


@respx.mock
async def test_the_stored_bytes_are_posted_with_their_control_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EHR_TOKEN", "abc\n")
    route = respx.post(URL).respond(200, json=DONE)
    answer = await send(FhirProfile(base_url=f"{URL}/", token_env="EHR_TOKEN"))
    assert answer == Answer(Outcome.ACCEPTED, "201")
    request = route.calls.last.request
    assert request.content == BODY
    assert request.headers["content-type"] == "application/fhir+json"
    assert request.headers["authorization"] == "Bearer abc"
    assert request.headers["x-request-id"] == FINAL.control_id


@respx.mock
@pytest.mark.parametrize("status", [400, 404, 409, 410, 412, 413, 415, 422, 302])
async def test_a_refusal_waits_for_a_person(status: int) -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"diagnostics": "two patients"}]}
    respx.post(URL).respond(status, json=outcome)
    answer = await send(FhirProfile(base_url=URL))
    assert answer == Answer(Outcome.HOLD, str(status), "two patients")


@respx.mock
@pytest.mark.parametrize(
    ("status", "answers", "outcome"),
    [
        (401, None, Outcome.RETRY),
        (403, None, Outcome.RETRY),
        (403, {403: "hold"}, Outcome.HOLD),
        (409, {409: "retry"}, Outcome.RETRY),
        (503, {503: "hold"}, Outcome.HOLD),
    ],
)
async def test_the_profile_says_what_a_refusal_means(
    status: int, answers: dict[int, str] | None, outcome: Outcome
) -> None:
    respx.post(URL).respond(status)
    told = {"base_url": URL} | ({"answers": answers} if answers else {})
    answer = await send(FhirProfile.model_validate(told))
    assert (answer.outcome, answer.code) == (outcome, str(status))


@respx.mock
@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({}, None),
        ({"Retry-After": "17"}, 17.0),
        ({"Retry-After": "999999999999"}, 3600.0),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon", "Date": "Fri, 02 Jan 2026 10:00:00 GMT"}, None),
        ({"Retry-After": "Fri, 02 Jan 2026 10:01:30 GMT"}, None),
        (
            {
                "Retry-After": "Fri, 02 Jan 2026 10:01:30 GMT",
                "Date": "Fri, 02 Jan 2026 10:00:00 GMT",
            },
            90.0,
        ),
    ],
)
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
async def test_passing_trouble_is_tried_again_when_the_server_says(
    status: int, headers: dict[str, str], after: float | None
) -> None:
    respx.post(URL).respond(status, headers=headers)
    with pytest.raises(TryAgain) as trouble:
        await send(FhirProfile(base_url=URL))
    assert trouble.value.after == after


@respx.mock
async def test_only_connecting_is_attempted_again_at_once() -> None:
    route = respx.post(URL).mock(
        side_effect=[httpx.ConnectError("refused"), httpx.Response(200, json=DONE)]
    )
    answer = await send(FhirProfile(base_url=URL, connect_attempts=2))
    assert (answer.code, route.call_count) == ("201", 2)


@respx.mock
@pytest.mark.parametrize(
    ("trouble", "calls"),
    [(httpx.ConnectError("refused"), 2), (httpx.ReadTimeout(""), 1), (httpx.ReadError("cut"), 1)],
)
async def test_a_broken_link_is_tried_again_later(trouble: Exception, calls: int) -> None:
    route = respx.post(URL).mock(side_effect=trouble)
    with pytest.raises(TryAgain, match=type(trouble).__name__):
        await send(FhirProfile(base_url=URL, connect_attempts=2))
    assert route.call_count == calls


def test_a_missing_token_shows_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EHR_TOKEN", raising=False)
    with pytest.raises(ConfigurationError, match="EHR_TOKEN"):
        FhirDestination(FhirProfile(base_url=URL, token_env="EHR_TOKEN"))


def test_a_wrong_address_shows_at_start() -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        FhirDestination(FhirProfile(base_url="http://[::1/fhir"))


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(talk: Talk) -> AsyncIterator[str]:
    talks: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.current_task())
        await reader.readuntil(b"\r\n\r\n")
        try:
            await talk(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/fhir"
    finally:
        listening.close()
        await asyncio.gather(*filter(None, talks))


async def test_an_endless_answer_is_cut_and_held() -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        while True:
            writer.write(b" " * 65536)
            await writer.drain()

    async with server(flood) as url:
        answer = await send(FhirProfile(base_url=url))
    assert answer.outcome is Outcome.HOLD


async def test_a_server_that_never_answers_is_left() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with server(hang) as url:
        with pytest.raises(TryAgain, match="ReadTimeout"):
            await send(FhirProfile(base_url=url, answer_seconds=0.2))


async def test_an_answer_cut_off_is_tried_again() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()

    async with server(cut) as url:
        with pytest.raises(TryAgain, match="RemoteProtocolError"):
            await send(FhirProfile(base_url=url))


def test_each_loop_has_its_own_connections() -> None:
    destination = FhirDestination(FhirProfile(base_url=URL))
    for _ in range(2):
        with respx.mock:
            respx.post(URL).respond(200, json=DONE)
            answer = asyncio.run(destination.send(delivery(FINAL, BODY)))
        assert answer.outcome is Outcome.ACCEPTED
