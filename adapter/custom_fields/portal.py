"""One session with the portal: sign in, find an order, set a field (HTTP POST to ASMX services)."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta

import httpx

from adapter.clock import steady
from adapter.errors import ConfigurationError, TryAgain
from adapter.mapping.custom_fields_profile import CustomFieldsProfile
from adapter.outbound import AddressRefused, Outbound, body_of
from adapter.ports import Clock
from adapter.secret_values import secret_of

_ORDER = re.compile(r"<(?:\w+:)?OrderID>\s*(\d{1,20})\s*</", re.IGNORECASE)
_NO = re.compile(r">\s*false\s*<", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_MOST_BYTES = 1_048_576
_MOST_TOLD = 200


class Refused(Exception):
    """The portal said no; the message is what it said."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"HTTP {status} {said}".strip())
        self.status = status


class Portal:
    """A portal with a session that is opened when it is needed."""

    def __init__(self, profile: CustomFieldsProfile, clock: Clock) -> None:
        self._profile, self._steady = profile, steady(clock)
        self._guard = Outbound.of(profile.allowed_hosts, "allowed_hosts of custom_fields")
        self._base = profile.base_url.rstrip("/")
        self._cookies = httpx.Cookies()
        self._used: datetime | None = None
        try:
            self._guard.check(self._base, secret=not profile.plain_http)
        except AddressRefused as error:
            raise ConfigurationError(f"custom_fields {profile.base_url}: {error}") from None
        self._account()  # a password that is missing shows at start, not with the first report

    async def orders(self, accession: str) -> list[str]:
        """Ids of the orders with this accession; raises Refused, TryAgain."""
        form = {"site": self._profile.site, "accessions": accession, "sort": ""}
        text = await self._call("explorer.asmx/SearchByAccession", form)
        return list(dict.fromkeys(_ORDER.findall(text)))

    async def set_field(self, order: str, name: str, value: str) -> None:
        """Set one custom field of an order by its name; raises Refused, TryAgain."""
        form = {"orderID": order, "name": name, "value": value}
        text = await self._call("customfield.asmx/SetOrderCustomFieldByName", form)
        if _NO.search(text):
            raise Refused(200, f"field {name!r} was not set")

    async def sign_out(self) -> None:
        """End the session, if there is one; what the portal says to it does not matter."""
        if self._used is not None:
            self._used = None
            try:
                await self._post("auth.asmx/SignOut", {})
            except (Refused, TryAgain):
                self._cookies.clear()

    async def _call(self, service: str, form: dict[str, str]) -> str:
        """Within a session; one that is over is opened anew, once."""
        await self._open()
        try:
            return await self._post(service, form)
        except Refused as refused:
            over = refused.status in (401, 403) or 300 <= refused.status < 400
            if not over and not re.search(self._profile.session_over, str(refused)):
                raise
        self._used = None
        await self._open()
        return await self._post(service, form)

    async def _open(self) -> None:
        idle = timedelta(minutes=self._profile.idle_minutes)
        if self._used is not None and self._steady.now() - self._used < idle:
            return
        self._cookies.clear()
        username, password = self._account()
        form = {
            "systemID": self._profile.system_id,
            "accessCode": "",
            "username": username,
            "password": password,
        }
        text = await self._post("auth.asmx/SignIn", form)
        if _NO.search(text):
            raise Refused(200, "the portal does not sign us in")

    async def _post(self, service: str, form: dict[str, str]) -> str:
        url, seconds = f"{self._base}/services/{service}", self._profile.answer_seconds
        secret = not self._profile.plain_http
        try:
            async with (
                asyncio.timeout(seconds),
                self._guard.client(secret=secret, cookies=self._cookies, timeout=seconds) as client,
                client.stream("POST", url, data=form) as response,
            ):
                too_long = TryAgain("the portal answers without end")
                body = await body_of(response, _MOST_BYTES, too_long)
                self._cookies.update(client.cookies)
        except AddressRefused as error:
            raise Refused(0, str(error)) from None
        except (httpx.RequestError, TimeoutError) as error:
            raise TryAgain(f"portal: {type(error).__name__} {error}".strip()) from None
        text = body.decode("utf-8", "replace")
        if response.status_code not in range(200, 300):
            raise Refused(response.status_code, _said(text))
        self._used = self._steady.now()
        return text

    def _account(self) -> tuple[str, str]:
        names = (self._profile.username_env, self._profile.password_env)
        found = [secret_of(name) for name in names]
        for name, value in zip(names, found, strict=True):
            if not value:
                raise ConfigurationError(f"environment variable {name} (custom_fields) is not set")
        return found[0], found[1]


def _said(text: str) -> str:
    """The words of an answer, in one line."""
    return " ".join(_TAG.sub(" ", text).split())[:_MOST_TOLD]
