"""Sessions beside another maker's client, and at a hub with the sandbox's quirks."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from tests.fakes.house import Workflow
from tests.fhircast.desk import (
    SEAT,
    desk,
    eventually,
    has_ai,
    published,
)
from tests.fhircast.running import running_hub
from tests.fhircast.samples import observation, opening, put, report_context, update
from tests.peers.fhircast_node import medplum_client, sandbox_hub


@pytest.mark.peer
async def test_medplums_client_opens_a_report_here(flow: Workflow) -> None:
    with running_hub() as (url, _), medplum_client(url) as other:
        names = [f"DiagnosticReport-{action}" for action in ("open", "close", "update")]
        assert other.tell("subscribe", topic="t", events=names)["what"] == "done"
        async with desk(flow, url) as one:
            sent = {"topic": "t", "event": "DiagnosticReport-open"}
            assert other.tell("publish", **sent, context=report_context(1))["what"] == "done"
            await one.shows("A1")
            await one.seats.open(SEAT, "A2")
            opened = await asyncio.to_thread(other.event, "DiagnosticReport-open")
            while "A2" not in json.dumps(opened):
                opened = await asyncio.to_thread(other.event, "DiagnosticReport-open")
            version = opened["event"]["context.versionId"]
            bundle = update(0, "", put(observation("m1"))).resource("updates")
            report = opened["event"]["context"][0]["resource"]["id"]
            changed = [
                {"key": "report", "reference": {"reference": f"DiagnosticReport/{report}"}},
                {"key": "updates", "resource": bundle},
            ]
            sent = {"topic": "t", "event": "DiagnosticReport-update", "version": version}
            answer = other.tell("publish", **sent, context=changed)
            assert answer["what"] == "done", answer
            await eventually(lambda: has_ai(flow, "A2"))


SANDBOX = {
    "publish_url": "{hub}/{topic}",
    "lease_parameter": "hub.lease",
    "media_type": "application/json",
    "update_without_report": True,
}


@pytest.mark.peer
async def test_a_hub_with_the_sandboxs_quirks(flow: Workflow) -> None:
    with sandbox_hub(heartbeat_ms=200) as (url, sandbox):
        async with desk(flow, url, **SANDBOX) as one:
            form = sandbox.until(lambda said: said["what"] == "subscribe")["form"]
            assert form["hub.lease"] == "7200"
            await published(f"{url}/t", opening(1), "application/json")
            await one.shows("A1")
            bare = update(1, "", put(observation("m1"), "POST"))
            bare = replace(bare, context=bare.context[1:])
            await published(f"{url}/t", bare, "application/json")
            await eventually(lambda: has_ai(flow, "A1"))
            await one.seats.open(SEAT, "A2")
            posted = await asyncio.to_thread(
                sandbox.until,
                lambda said: said["what"] == "event" and "A2" in json.dumps(said["event"]),
            )
            assert posted["event"]["event"]["hub.event"] == "DiagnosticReport-open"
            await asyncio.sleep(0.5)  # heartbeats come, and are no context
            assert one.row.accession == "A2"
            assert one.row.state == "followed"
            await one.seats.close(SEAT)
            await one.shows("")
        sandbox.until(lambda said: said["what"] == "unsubscribe")
