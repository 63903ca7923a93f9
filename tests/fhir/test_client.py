from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

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
ISSUED = "2026-01-02T11:02:00Z"
BODY = json.dumps(
    {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": "urn:uuid:1",
                "resource": {
                    "resourceType": "DiagnosticReport",
                    "identifier": [
                        {"system": "urn:r", "value": "A1"},
                        {"system": "urn:r", "value": "V2"},
                    ],
                    "issued": ISSUED,
                },
                "request": {"method": "PUT", "url": "DiagnosticReport?identifier=urn%3Ar%7CA1"},
            }
        ],
    }
).encode()
QUERY = f"{URL}/DiagnosticReport?identifier=urn%3Ar%7CA1"
IF_MATCH = FhirProfile(base_url=URL, update="if_match")


def on_server(*reports: dict[str, Any]) -> dict[str, Any]:
    entries = [{"resource": {"resourceType": "DiagnosticReport", **each}} for each in reports]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries}


def earlier(version: str = "3") -> dict[str, Any]:
    return {"id": "r1", "meta": {"versionId": version}, "issued": "2026-01-02T10:00:00Z"}


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
@pytest.mark.parametrize("status", [400, 404, 410, 413, 415, 422, 302])
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
async def test_the_reason_of_passing_trouble_is_kept() -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"diagnostics": "backup runs"}]}
    respx.post(URL).respond(503, json=outcome)
    with pytest.raises(TryAgain, match="HTTP 503 backup runs"):
        await send(FhirProfile(base_url=URL))


@respx.mock
@pytest.mark.parametrize("status", [409, 412])
@pytest.mark.parametrize(
    ("reports", "outcome", "words"),
    [
        ([earlier() | {"identifier": [{"value": "V2"}]}], Outcome.ACCEPTED, "already"),
        ([earlier() | {"issued": "2026-01-02T11:03:00Z"}], Outcome.HOLD, "later version"),
        ([earlier(), earlier() | {"id": "r2"}], Outcome.HOLD, "2 times: r1, r2"),
    ],
)
async def test_a_conflict_is_looked_into(
    status: int, reports: list[dict[str, Any]], outcome: Outcome, words: str
) -> None:
    posted = respx.post(URL).respond(status)
    respx.get(QUERY).respond(200, json=on_server(*reports))
    answer = await send(FhirProfile(base_url=URL))
    assert (answer.outcome, posted.call_count) == (outcome, 1)
    assert words in answer.text


@respx.mock
async def test_a_conflict_with_an_earlier_version_is_worth_one_more_try() -> None:
    posted = respx.post(URL).mock(side_effect=[httpx.Response(409), httpx.Response(200, json=DONE)])
    respx.get(QUERY).respond(200, json=on_server(earlier()))
    assert (await send(FhirProfile(base_url=URL))).code == "201"
    assert [call.request.content for call in posted.calls] == [BODY, BODY]
    posted.side_effect = [httpx.Response(412), httpx.Response(412)]
    assert (await send(FhirProfile(base_url=URL))).outcome is Outcome.HOLD


@respx.mock
async def test_the_version_that_was_read_is_the_one_that_is_written_over() -> None:
    posted = respx.post(URL).respond(200, json=DONE)
    respx.get(QUERY).respond(200, json=on_server(earlier("7")))
    assert (await send(IF_MATCH)).outcome is Outcome.ACCEPTED
    [entry] = json.loads(posted.calls.last.request.content)["entry"]
    assert entry["request"] == {
        "method": "PUT",
        "url": "DiagnosticReport/r1",
        "ifMatch": 'W/"7"',
    }
    assert entry["resource"] == json.loads(BODY)["entry"][0]["resource"] | {"id": "r1"}


@respx.mock
async def test_what_is_not_there_yet_is_created_once() -> None:
    posted = respx.post(URL).respond(200, json=DONE)
    respx.get(QUERY).respond(200, json={"resourceType": "Bundle", "type": "searchset"})
    assert (await send(IF_MATCH)).outcome is Outcome.ACCEPTED
    [entry] = json.loads(posted.calls.last.request.content)["entry"]
    assert entry["request"] == {
        "method": "POST",
        "url": "DiagnosticReport",
        "ifNoneExist": "identifier=urn%3Ar%7CA1",
    }


@respx.mock
async def test_a_version_that_changed_meanwhile_is_read_again() -> None:
    posted = respx.post(URL).mock(side_effect=[httpx.Response(412), httpx.Response(200, json=DONE)])
    respx.get(QUERY).mock(
        side_effect=[
            httpx.Response(200, json=on_server(earlier("7"))),
            httpx.Response(200, json=on_server(earlier("8"))),
        ]
    )
    assert (await send(IF_MATCH)).outcome is Outcome.ACCEPTED
    told = [json.loads(call.request.content)["entry"][0]["request"] for call in posted.calls]
    assert [each["ifMatch"] for each in told] == ['W/"7"', 'W/"8"']


@respx.mock
async def test_a_report_that_changes_all_the_time_waits_for_its_next_turn() -> None:
    respx.post(URL).respond(412)
    respx.get(QUERY).respond(200, json=on_server(earlier()))
    with pytest.raises(TryAgain, match="changes there all the time"):
        await send(IF_MATCH)


@respx.mock
@pytest.mark.parametrize(
    ("status", "body", "words"),
    [(403, {}, "which version"), (200, {"a": 1}, "which version"), (503, {}, "HTTP 503")],
)
async def test_a_search_that_fails_is_tried_again(
    status: int, body: dict[str, Any], words: str
) -> None:
    respx.get(QUERY).respond(status, json=body)
    with pytest.raises(TryAgain, match=words):
        await send(IF_MATCH)


@respx.mock
async def test_a_conflict_that_cannot_be_looked_into_waits_for_a_person() -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"diagnostics": "two patients"}]}
    posted = respx.post(URL).respond(412, json=outcome)
    respx.get(QUERY).respond(403)
    answer = await send(FhirProfile(base_url=URL))
    assert answer == Answer(Outcome.HOLD, "412", "two patients")
    assert posted.call_count == 1


@respx.mock
async def test_a_conflict_about_something_else_is_not_tried_again_at_once() -> None:
    posted = respx.post(URL).respond(412)
    respx.get(QUERY).respond(200, json=on_server())
    assert (await send(FhirProfile(base_url=URL))).outcome is Outcome.HOLD
    assert posted.call_count == 1


@respx.mock
async def test_what_is_there_already_is_not_sent_again() -> None:
    held = earlier() | {"identifier": [{"value": "A1"}, {"value": "V2"}]}
    respx.get(QUERY).respond(200, json=on_server(held))
    assert (await send(IF_MATCH)).outcome is Outcome.ACCEPTED


@respx.mock
async def test_a_document_is_created_unless_it_is_there() -> None:
    route = respx.post(f"{URL}/Bundle").respond(201)
    profile = FhirProfile(
        base_url=URL, profile="eu_document", performer="Radiology", accession_system="urn:a"
    )
    assert await send(profile) == Answer(Outcome.ACCEPTED, "201")
    asked = route.calls.last.request
    assert asked.content == BODY
    assert asked.headers["if-none-exist"] == "identifier=urn%3Areadout%3Areport%7CRO0000000002"


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
