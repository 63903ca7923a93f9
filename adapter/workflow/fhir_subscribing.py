"""Keeps our Subscription on a FHIR server: there, active, and renewed before it ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from urllib.parse import quote

import structlog

from adapter.errors import NotFound
from adapter.fhir.elements import Json
from adapter.fhir.source_server import resources_of
from adapter.fhir.subscriptions import write_subscription
from adapter.store import fhir_sources as store
from adapter.store.fhir_sources import SourceState
from adapter.workflow.fhir_fetching import Feed
from adapter.workflow.study_flow import House, iso

log = structlog.get_logger()


async def keep_subscription(house: House, feed: Feed) -> None:
    """Register, renew or restart; nothing while it is well. Raises TryAgain or Refused."""
    rule, name = feed.source.subscription, feed.source.name
    if rule is None or not rule.register_it:
        return
    state = await asyncio.to_thread(_state, house, name)
    now = house.clock.now()
    there = await _there(feed, state.subscription or await _mine(feed, rule.endpoint))
    if there.get("status") == "active" and iso(now) < state.renew_at:
        return
    lease = timedelta(hours=rule.lease_hours)
    resource = write_subscription(feed.source, rule, feed.secret, iso(now + lease))
    id_ = str(there.get("id") or "")
    if id_:
        await feed.server.write("PUT", f"Subscription/{id_}", resource | {"id": id_})
    else:
        id_ = str((await feed.server.write("POST", "Subscription", resource)).get("id") or "")
    log.info("fhir_subscribed", source=name, renewed=bool(there))
    last = state.last_event if there else 0
    await asyncio.to_thread(_keep, house, name, id_, iso(now + lease / 2), last)


async def _there(feed: Feed, id_: str) -> Json:
    """The Subscription as the server has it; {} when it has none."""
    if not id_:
        return {}
    try:
        return await feed.server.read(f"Subscription/{id_}")
    except NotFound:
        return {}


async def _mine(feed: Feed, endpoint: str) -> str:
    """The id of one that we made and could not write down any more."""
    query = f"Subscription?url={quote(endpoint, safe='')}"
    async for page in feed.server.pages(query):
        for _, resource in resources_of(page):
            channel = resource.get("channel")
            if isinstance(channel, dict) and channel.get("endpoint") == endpoint:
                return str(resource.get("id") or "")
    return ""


def _state(house: House, name: str) -> SourceState:
    with house.database.read() as tx:
        return store.state(tx, name)


def _keep(house: House, name: str, id_: str, renew_at: str, last_event: int) -> None:
    with house.database.write() as tx:
        state = store.state(tx, name, lock=True)
        new = state._replace(subscription=id_, renew_at=renew_at, last_event=last_event)
        store.keep_state(tx, new)
