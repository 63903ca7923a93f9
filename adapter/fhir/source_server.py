"""Reads and writes single resources of a FHIR server; nothing but what its guard allows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urljoin

import httpx

from adapter.errors import Malformed, NotFound, Rejected, TryAgain
from adapter.fhir.elements import Json, objects
from adapter.fhir.json_body import read_object, write_object
from adapter.fhir.outcome import outcome_text
from adapter.fhir.smart_auth import SmartAuth
from adapter.mapping.fhir_sources import FhirSource
from adapter.outbound import Outbound, body_of, is_passing, wait_told
from adapter.ports import Clock
from adapter.secret_values import needed_secret

_MEDIA_TYPE = "application/fhir+json"
_MOST_BYTES = 16_777_216
_MOST_PAGES = 1_000
_MOVED = frozenset({409, 412})  # somebody else was quicker

Headers = dict[str, str]


class Refused(Rejected):
    """The server does not do what was asked of it, and says so (4xx)."""


class SourceServer:
    """One server. What says who we are goes to no other."""

    def __init__(self, source: FhirSource, clock: Clock) -> None:
        self.source = source
        self.base = source.base_url
        setting = f"allowed_hosts of fhir_sources, source {source.name}"
        self._elsewhere = Outbound.of(source.allowed_hosts, setting, public=False)
        self._here = self._elsewhere.also(self.base)
        self._smart = SmartAuth(source.smart, self.base, clock) if source.smart else None
        self._home = httpx.URL(source.base_url)
        needed_secret(source.token_env)  # one that is missing shows at start

    def address(self, reference: str) -> str:
        """The absolute address of a reference of this server."""
        return reference if "://" in reference else f"{self.base}/{reference}"

    def is_here(self, address: str) -> bool:
        """Whether an absolute address is of this server."""
        return address.startswith(f"{self.base}/")

    async def read(self, reference: str) -> Json:
        """The resource; raises NotFound (also when deleted), Refused, AddressRefused, TryAgain."""
        _, resource = await self._call("GET", self.address(reference))
        return resource

    async def write(
        self, method: str, reference: str, resource: Json, headers: Headers | None = None
    ) -> Json:
        """Create or update; returns what the server says of it. Raises as `read`."""
        body = write_object(resource).encode()
        address = self.address(reference)
        response, answer = await self._call(method, address, body, headers or {})
        place = response.headers.get("location", "").partition("/_history/")[0]
        return answer or {"id": place.rpartition("/")[2]}

    async def pages(self, query: str) -> AsyncIterator[Json]:
        """The pages of a search; `next` must stay on this server. Raises as `read`."""
        address, count = f"{self.base}/{query}", 0
        for _ in range(_MOST_PAGES):
            _, page = await self._call("GET", address)
            if page.get("resourceType") != "Bundle":
                raise TryAgain(f"{self.base} answered a search without a Bundle")
            yield page
            count += sum(_is_match(each) for each in objects(page.get("entry")))
            links = objects(page.get("link"))
            told = [each.get("url") for each in links if each.get("relation") == "next"]
            if not told:
                _check_total(page.get("total"), count, self.base)
                return
            address = urljoin(address, str(told[0]))
            if not self._at_home(address):
                raise TryAgain(f"{self.base} sends its next page elsewhere; it is not followed")
        raise TryAgain(f"{self.base}: the search has over {_MOST_PAGES} pages; narrow it")

    async def _call(
        self, method: str, address: str, body: bytes = b"", headers: Headers | None = None
    ) -> tuple[httpx.Response, Json]:
        home = self._at_home(address)
        guard = self._here if home else self._elsewhere  # another port of its host is elsewhere
        url = guard.check(address)
        if home and not url.path.startswith(f"{self._home.path.rstrip('/')}/"):
            raise NotFound("the reference leads out of the server's base", code="not-found")
        sent = {"Accept": _MEDIA_TYPE, "Accept-Encoding": "identity", **(headers or {})}
        if body:
            sent["Content-Type"] = _MEDIA_TYPE
        token = needed_secret(self.source.token_env) if home else ""
        if token:
            sent["Authorization"] = f"Bearer {token}"
        auth = self._smart if home else None
        wait = httpx.Timeout(self.source.answer_seconds, connect=self.source.connect_seconds)
        try:
            async with (
                asyncio.timeout(self.source.answer_seconds + self.source.connect_seconds),
                guard.client(timeout=wait) as client,
                client.stream(
                    method, url, content=body or None, headers=sent, auth=auth
                ) as response,
            ):
                too_long = TryAgain(f"the server answered more than {_MOST_BYTES} bytes")
                found = await body_of(response, _MOST_BYTES, too_long)
        except (httpx.RequestError, TimeoutError) as error:
            raise TryAgain(f"{url.host}: {type(error).__name__} {error}".strip()) from None
        about = "Subscription" if "/Subscription" in url.path else ""
        return response, _read(response, found, f"{method} of {self.base}", about)

    def _at_home(self, address: str) -> bool:
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL:
            return False
        return _origin(url) == _origin(self._home)


def resources_of(page: Json) -> Iterator[tuple[str, Json]]:
    """(fullUrl, resource) of a page."""
    for entry in objects(page.get("entry")):
        resource, address = entry.get("resource"), entry.get("fullUrl")
        if isinstance(resource, dict) and isinstance(resource.get("resourceType"), str):
            yield address if isinstance(address, str) else "", resource


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _is_match(entry: Json) -> bool:
    told = entry.get("search")
    return not isinstance(told, dict) or told.get("mode", "match") == "match"


def _check_total(total: object, count: int, base: str) -> None:
    """Some servers cut a search short and give no next page: that must not look like its end."""
    if isinstance(total, int) and total > count:
        raise TryAgain(f"{base} gave {count} of {total} matches and no next page; see page_size")


def _read(response: httpx.Response, body: bytes, what: str, about: str) -> Json:
    """The resource of an answer, {} of an empty one; raises by its status."""
    status, good = response.status_code, 200 <= response.status_code < 300
    try:
        resource = read_object(body) if body.strip() else {}
        if resource and not isinstance(resource.get("resourceType"), str):
            raise Malformed("it has no resourceType")
    except Malformed as error:
        if good:
            raise Refused(f"{what} answered no FHIR JSON: {error}", code="structure") from None
        resource = {}
    if good:
        return resource
    said = outcome_text(resource) if about else ""  # of others it may hold patient data
    told = f"{what} answered HTTP {status} {said}".strip()
    if status in (404, 410):
        raise NotFound(told, code="not-found")
    if is_passing(status) or status in _MOVED:
        raise TryAgain(told, wait_told(response.headers))
    raise Refused(told, code="processing")
