"""Puts sections of a report into the custom fields of its order; setting them again is harmless."""

from __future__ import annotations

import json

from adapter.custom_fields.portal import Portal, Refused
from adapter.domain.delivery import Answer, Delivery, Outcome
from adapter.errors import TryAgain
from adapter.mapping.custom_fields_profile import CustomFieldsProfile
from adapter.ports import Clock

_NO_ORDER = "READOUT-CONNECTION-TEST"


class CustomFieldsDestination:
    """One portal; implements ports.Destination. Unofficial: off unless a file enables it."""

    def __init__(self, profile: CustomFieldsProfile, clock: Clock) -> None:
        self._profile = profile
        self._portal = Portal(profile, clock)

    async def send(self, delivery: Delivery) -> Answer:
        """Find the order, set each field. Raises TryAgain when the portal is away."""
        wanted = json.loads(delivery.body)
        long = [name for name, value in wanted["fields"].items() if len(value) > self._most]
        if long:
            told = f"{', '.join(long)}: over {self._most} characters (longest)"
            return Answer(Outcome.HOLD, "too-long", told)
        try:
            return await self._set(wanted["accession"], wanted["fields"])
        except Refused as refused:
            if refused.status >= 502:
                raise TryAgain(f"portal: {refused}") from None
            return Answer(Outcome.HOLD, str(refused.status), str(refused))

    async def reach(self) -> str:
        """Sign in and look for an order that is not there; raises TryAgain."""
        try:
            await self._portal.orders(_NO_ORDER)
        except Refused as refused:
            raise TryAgain(f"portal: {refused}") from None
        return "the portal signs us in and answers searches"

    async def close(self) -> None:
        """End the session."""
        await self._portal.sign_out()

    async def _set(self, accession: str, fields: dict[str, str]) -> Answer:
        orders = await self._portal.orders(accession)
        if not orders:
            told = "no order with this accession there"
            return Answer(Outcome(self._profile.on_missing), "not-found", told)
        if len(orders) > 1:
            told = f"{len(orders)} orders with this accession there; set `site`"
            return Answer(Outcome.HOLD, "not-unique", told)
        for name, value in fields.items():
            await self._portal.set_field(orders[0], name, value)
        return Answer(Outcome.ACCEPTED, "200", f"{len(fields)} fields set")

    @property
    def _most(self) -> int:
        return self._profile.longest
