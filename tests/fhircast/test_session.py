"""Sessions at our own hub over real sockets."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from random import Random

import httpx
import pytest
import sqlalchemy as sa

from adapter.domain.identifiers import Phi
from adapter.domain.people import Patient
from adapter.errors import Conflict
from adapter.fhircast import session
from adapter.fhircast.hub import Hub, Limits
from adapter.fhircast.workspace import Seat
from adapter.mapping.fhircast_hubs import FhircastHub
from adapter.workflow import context_seats
from tests.fakes.house import DR_GRAY, Workflow
from tests.fhircast.desk import (
    SEAT,
    Desk,
    content,
    current,
    desk,
    eventually,
    is_empty,
    published,
    shows_at,
    suggestions,
)
from tests.fhircast.running import running_hub
from tests.fhircast.samples import closing, observation, opening, put, update
from tests.peers.fhircast_node import medplum_client


async def test_open_and_close_both_ways(flow: Workflow) -> None:
    with running_hub() as (url, _):
        async with desk(flow, url) as one:
            await published(url, opening(1))
            assert (await one.shows("A1")).state == "followed"
            await one.seats.open(SEAT, "A2")
            assert one.row.accession == "A2"

            async def hub_has_it() -> bool:
                told = (await current(url))["context"]
                return bool(told) and "A2" in json.dumps(told[0])

            await eventually(hub_has_it)
            await one.seats.close(SEAT)
            await one.shows("")
            await eventually(lambda: is_empty(url))
            assert any("context followed" in each for each in flow.events("A1"))


async def test_what_is_open_already_is_followed_and_a_restart_goes_on(flow: Workflow) -> None:
    with running_hub() as (url, server):
        await published(url, opening(3))
        async with desk(flow, url) as one:
            await one.shows("A3")
        assert not server.hub._subscriptions
        again = Desk(flow, url)
        await again.seats.start()
        await again.until(lambda row: row.connection == "connected" and row.accession == "A3")
        await again.seats.leave(SEAT)
        assert again.seats.listed() == []


async def test_a_patient_that_is_not_that_of_the_accession_is_refused_and_told(
    flow: Workflow,
) -> None:
    with running_hub() as (url, _), medplum_client(url) as other:
        names = ["DiagnosticReport-open", "syncerror"]
        assert other.tell("subscribe", topic="t", events=names)["what"] == "done"
        async with desk(flow, url) as one:
            await published(url, opening(1, mrn="SYN2"))
            row = await one.until(lambda row: row.state == "refused")
            assert row.accession == ""
            assert "patient" in row.reason
            told = await asyncio.to_thread(other.event, "SyncError")
            issue = told["event"]["context"][0]["resource"]["issue"][0]
            assert issue["diagnostics"] == "Readout answered 409"


async def test_an_order_that_comes_in_time_is_followed_one_that_does_not_is_told(
    flow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapter.fhircast.session.PROMISE_S", 0.5)
    with running_hub() as (url, _), medplum_client(url) as other:
        assert other.tell("subscribe", topic="t", events=["syncerror"])["what"] == "done"
        async with desk(flow, url) as one:
            await published(url, opening(7))
            await one.until(lambda row: row.state == "waiting")
            told = await asyncio.to_thread(other.event, "SyncError")
            assert "cannot follow" in json.dumps(told)
            flow.order("A7", patient=Patient(Phi("SYN7"), "SYN"), study_uid="1.2.3.7")
            await one.shows("A7")


async def test_a_dictation_that_goes_on_holds_the_workspace_where_the_site_wants_it(
    flow: Workflow,
) -> None:
    with running_hub() as (url, _):
        async with desk(flow, url, while_dictating="refuse") as one:
            await published(url, opening(1))
            await one.shows("A1")
            one.speaking = {"A1"}
            await published(url, opening(2))
            row = await one.until(lambda row: row.state == "held")
            assert (row.accession, row.asked) == ("A1", "A2")
            one.speaking = set()
            await one.shows("A2")


async def test_drafts_are_shared_signed_reports_are_closed_after_their_status(
    flow: Workflow,
) -> None:
    with running_hub() as (url, _):
        async with desk(flow, url) as one:
            await one.seats.open(SEAT, "A1")
            await asyncio.to_thread(flow.dictate, "A1", "small right pneumothorax period")

            async def is_shared() -> bool:
                found = await content(url)
                texts = [each["code"]["text"] for each in found.values() if "code" in each]
                return "pneumothorax" in texts

            await eventually(is_shared)
            statuses = {each["status"] for each in (await content(url)).values()}
            assert statuses == {"preliminary"}
            seen: list[str] = []
            with medplum_client(url) as other:
                names = ["DiagnosticReport-update", "DiagnosticReport-close"]
                other.tell("subscribe", topic="t", events=names)
                await asyncio.to_thread(flow.sign_off.sign, "A1", DR_GRAY)
                closed = await asyncio.to_thread(other.event, "DiagnosticReport-close")
                seen = [json.dumps(each) for each in other.heard]
            assert closed["event"]["context"][0]["resource"]["id"]
            assert any('"status": "final"' in each for each in seen)
            await one.shows("")
            assert flow.status("A1") == "final"


async def test_findings_of_others_stand_beside_the_report(flow: Workflow) -> None:
    with running_hub() as (url, _):
        async with desk(flow, url) as one:
            await published(url, opening(1))
            await one.shows("A1")
            await asyncio.to_thread(flow.dictate, "A1", "the heart is normal period")
            viewer = {"performer": [{"display": "Dr Viewer"}]}
            size = {"valueQuantity": {"value": 12, "unit": "mm", "code": "mm"}}

            async def is_taken() -> bool:
                version = (await current(url))["context.versionId"]  # ours may have moved it
                measured = put(observation("m1", **viewer, **size))
                return await published(url, update(1, version, measured)) == 202

            await eventually(is_taken)

            async def is_kept() -> bool:
                await asyncio.to_thread(flow.jobs.run)
                return bool(suggestions(flow, "A1"))

            await eventually(is_kept)
            (kept,) = suggestions(flow, "A1")
            assert kept.finding.text == "Nodule: 12 mm"
            assert kept.finding.model == "fhircast:h: Dr Viewer"
            assert kept.finding.size_mm == (12.0,)


async def test_a_broken_connection_is_built_again_and_what_was_missed_is_made_good(
    flow: Workflow,
) -> None:
    with running_hub() as (url, server):
        async with desk(flow, url) as one:
            await published(url, opening(1))
            await one.shows("A1")
            (endpoint,) = server.hub._subscriptions
            server.drop(endpoint)
            await one.until(lambda row: row.connection == "away")
            await published(url, opening(2))
            row = await one.until(lambda row: row.accession == "A2")
            assert row.connection == "connected"


async def test_a_hub_that_is_away_is_waited_for(flow: Workflow) -> None:
    with running_hub() as (url, _):
        pass
    profile = FhircastHub.model_validate({"name": "h", "url": url, "retry_cap_seconds": 1.0})
    one = Desk(flow, profile.url)
    await one.seats.join("h", "t", "")
    await one.until(lambda row: row.connection == "away")
    await one.seats.open(SEAT, "A1")  # the workspace does not wait for the hub
    assert one.row.accession == "A1"
    with running_hub(port=httpx.URL(url).port or 0) as (url, _):
        await one.until(lambda row: row.connection == "connected")
        await eventually(lambda: shows_at(url, "A1"))
    await one.seats.stop()


async def test_the_subscription_is_renewed_before_its_lease_ends(
    flow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_LEASE_PART", 0.05)
    with running_hub(Hub(Limits(lease_seconds=20))) as (url, server):
        async with desk(flow, url) as one:
            ((endpoint, subscription),) = server.hub._subscriptions.items()
            until = subscription.until

            async def is_renewed() -> bool:
                return subscription.until > until

            await eventually(is_renewed)
            assert server.hub._subscriptions == {endpoint: subscription}
            assert one.row.connection == "connected"


async def test_a_denied_subscription_is_told_and_begun_again(flow: Workflow) -> None:
    with running_hub() as (url, server):
        async with desk(flow, url) as one:
            (endpoint,) = server.hub._subscriptions
            leave = {"hub.mode": "unsubscribe", "hub.topic": "t", "hub.channel.endpoint": endpoint}
            server._put(server.hub.subscribe(leave, datetime.now(UTC))[1])
            row = await one.until(lambda row: row.connection != "connected")
            assert "unsubscribed" in row.connection_reason
            await one.until(lambda row: row.connection == "connected")


async def test_many_changes_over_real_sockets_with_broken_connections(flow: Workflow) -> None:
    random = Random(7)
    with running_hub() as (url, server):
        async with desk(flow, url) as one:
            for _ in range(40):
                number = random.randrange(4)
                roll = random.random()
                if roll < 0.6:
                    await published(url, opening(number, random.uniform(0, 1e6)))
                elif roll < 0.75:
                    await published(url, closing(number, random.uniform(0, 1e6)))
                elif roll < 0.9:
                    await one.seats.open(SEAT, f"A{number}")
                for endpoint in list(server.hub._subscriptions) if random.random() < 0.2 else ():
                    server.drop(endpoint)
                await asyncio.sleep(random.uniform(0, 0.05))

            async def agree() -> bool:
                shown = (await current(url))["context"]
                asked = shown[0]["resource"]["basedOn"][0]["identifier"]["value"] if shown else ""
                return one.row.connection == "connected" and one.row.accession == asked

            await asyncio.sleep(2.0)
            await eventually(agree)


async def test_a_launch_joins_the_topic_that_it_names_at_a_hub_of_ours(flow: Workflow) -> None:
    with running_hub() as (url, server):
        one = Desk(flow, url)
        for hub, topic in (("http://elsewhere/hub", "t"), (url, ""), ("", "t"), (url, "x" * 300)):
            await one.seats.join_launched(hub, topic, "dr")
        assert one.seats.listed() == []
        await one.seats.join_launched(f"{url}/", "t", "dr")
        assert (await one.until(lambda row: row.connection == "connected")).person == "dr"
        await one.seats.stop()
        assert not server.hub._subscriptions


async def test_a_database_that_is_away_ends_no_session(
    flow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_hub() as (url, server):
        async with desk(flow, url) as one:
            contexts, was = one.seats.contexts, one.seats.contexts.connection
            told: list[str] = []

            def away(seat: Seat, state: str, reason: str) -> None:
                told.append(state)
                if state == "away":
                    raise sa.exc.OperationalError("", {}, Exception())
                was(seat, state, reason)

            monkeypatch.setattr(contexts, "connection", away)
            for endpoint in list(server._lines):
                server.drop(endpoint)

            async def back() -> bool:
                return told == ["away", "connected"]

            await eventually(back)
            await published(url, opening(1))
            await one.shows("A1")


async def test_a_launch_leaves_the_topic_that_was_still_for_longest(
    flow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context_seats, "MOST_SEATS", 2)
    with running_hub() as (url, _):
        async with desk(flow, url) as one:
            await one.seats.join_launched(url, "second", "dr")
            await one.until(lambda row: row.connection == "connected", "second")
            await published(url, opening(1))
            await one.shows("A1")
            await one.seats.join_launched(url, "third", "dr")
            assert {row.topic for row in one.seats.listed()} == {"t", "third"}
            with pytest.raises(Conflict):
                await one.seats.join("h", "fourth", "dr")
            await one.seats.join("h", "third", "dr")
