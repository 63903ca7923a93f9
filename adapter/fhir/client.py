"""Sends reports to a FHIR server: a transaction or a document per delivery, the same each time."""

from __future__ import annotations

import json

from adapter.domain.delivery import Answer, Delivery, Outcome
from adapter.errors import TryAgain
from adapter.fhir.answer import answer_text, read_answer
from adapter.fhir.elements import search
from adapter.fhir.held import Held, pinned, read_held, report_query, settled
from adapter.fhir.http import FhirHttp, Reply
from adapter.mapping.fhir_profile import FhirProfile
from adapter.outbound import is_passing

_CONFLICTS = frozenset({409, 412})
_TRIES = 2  # of one delivery whose report changes on the server meanwhile


class FhirDestination:
    """One server; implements ports.Destination."""

    def __init__(self, profile: FhirProfile) -> None:
        self._profile = profile
        self._http = FhirHttp(profile)

    async def send(self, delivery: Delivery) -> Answer:
        """Post the Bundle. Raises TryAgain when the link or the server is away for now."""
        profile = self._profile
        if profile.profile == "eu_document":
            return await self._create(delivery)
        if profile.update == "if_match":
            return await self._put_to_version(delivery)
        reply = await self._post(delivery, delivery.body)
        if profile.update == "conditional" and self._is_conflict(reply):
            held = await self._held(delivery)
            known = None if held is None else settled(delivery.body, held)
            if known is not None:
                return known
            if held:  # an earlier version
                reply = await self._post(delivery, delivery.body)
        return self._read(reply, delivery)

    async def reach(self) -> str:
        """Read the server's capabilities, as whoever sends reports; raises TryAgain."""
        reply = await self._http.request("GET", "metadata", "")
        if reply.status != 200:
            raise TryAgain(self._told("to a look at its metadata", reply), reply.retry_after)
        return f"{self._profile.base_url} tells its capabilities"

    async def close(self) -> None:
        """Drop the connections of the running loop."""
        await self._http.close()

    async def _create(self, delivery: Delivery) -> Answer:
        """A document is created unless it is there (R4 3.1.0.8.1)."""
        criteria = search("identifier", self._profile.report_system, delivery.control_id)
        headers = {"If-None-Exist": criteria}
        reply = await self._http.request(
            "POST", "Bundle", delivery.control_id, delivery.body, headers
        )
        return self._read(reply, None)

    async def _put_to_version(self, delivery: Delivery) -> Answer:
        """To the version that was read just before; read again where it changed meanwhile."""
        for _ in range(_TRIES):
            held = await self._held(delivery)
            if held is None:
                raise TryAgain(f"{self._profile.base_url} does not tell which version it holds")
            known = settled(delivery.body, held)
            if known is not None:
                return known
            reply = await self._post(delivery, pinned(delivery.body, held))
            if not self._is_conflict(reply):
                return self._read(reply, delivery)
        raise TryAgain(f"{self._profile.base_url}: the report changes there all the time")

    def _is_conflict(self, reply: Reply) -> bool:
        """Whether it is worth a look at what is there, which the profile may rule out."""
        return reply.status in _CONFLICTS and reply.status not in self._profile.answers

    async def _held(self, delivery: Delivery) -> list[Held] | None:
        """The reports under our report's identifier; None where the server does not tell."""
        query = report_query(delivery.body)
        reply = await self._http.request("GET", query, delivery.control_id)
        self._check_passing(reply)
        return read_held(reply.body) if reply.status == 200 else None

    async def _post(self, delivery: Delivery, body: bytes) -> Reply:
        return await self._http.request("POST", "", delivery.control_id, body)

    def _read(self, reply: Reply, sent: Delivery | None) -> Answer:
        """`sent`: the transaction; None: it was a document."""
        self._check_passing(reply)
        told = self._profile.answers.get(reply.status)
        entries = len(json.loads(sent.body).get("entry", [])) if sent else None
        return read_answer(reply.status, reply.body, Outcome(told or Outcome.HOLD), entries)

    def _check_passing(self, reply: Reply) -> None:
        """Raise TryAgain for what passes by itself, unless the profile says what it means."""
        if is_passing(reply.status) and reply.status not in self._profile.answers:
            raise TryAgain(self._told("", reply), reply.retry_after)

    def _told(self, to: str, reply: Reply) -> str:
        said = (self._profile.base_url, "answered", to, f"HTTP {reply.status}")
        return " ".join(filter(None, (*said, answer_text(reply.body))))
