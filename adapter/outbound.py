"""May this address be called: the one guard before every URL that comes from outside (SSRF).

A URL is judged when it is read (`check`), and again where it counts: the name is looked up once and
the connection goes to the very address that was judged, so a name that changes in between (DNS
rebinding) gains nothing. Redirects are not followed; a client that follows them is judged at each.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

import anyio
import httpcore
import httpx

from adapter.clock import retry_after
from adapter.errors import ConfigurationError, Rejected

HTTP = ("https", "http")
WEBSOCKET = ("wss", "ws")
_TLS = frozenset({"https", "wss"})
_PASSING = frozenset({408, 425, 429})
_PORTS = {"https": 443, "wss": 443, "http": 80, "ws": 80}
_EMBEDDED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))  # NAT64: last 32 bits
_HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")  # others in their xn-- form
_METADATA = frozenset({IPv4Address("168.63.129.16")})  # the other clouds' are not global anyway

Address = IPv4Address | IPv6Address


class AddressRefused(Rejected):
    """A URL that must not be called from here; the message says why and where to allow it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="address")


@dataclass(frozen=True, slots=True)
class Outbound:
    """What one purpose may call: the hosts listed, and with `public` every public address.

    A listed name may be of an internal address, but link-local, unspecified and multicast ones
    (there clouds keep their keys) must be listed themselves. `loopback`: this machine, unlisted.
    """

    setting: str
    """Where a host is listed; named in refusals."""
    names: frozenset[str] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    public: bool = True
    loopback: bool = False

    @classmethod
    def of(cls, listed: str | Iterable[str], setting: str, **rules: bool) -> Outbound:
        """From names, addresses and networks (`10.1.0.0/16`), a list or by commas."""
        parts = listed.split(",") if isinstance(listed, str) else listed
        names: set[str] = set()
        networks = []
        for entry in filter(None, (part.strip().lower() for part in parts)):
            try:
                networks.append(ipaddress.ip_network(entry.strip("[]")))
            except ValueError:
                names.add(_name(entry, setting))
        return cls(setting, frozenset(names), tuple(networks), **rules)

    def also(self, *urls: str) -> Outbound:
        """The same, and the hosts of URLs that the operator wrote."""
        try:
            hosts = [host_of(httpx.URL(url)) for url in urls if url]
        except httpx.InvalidURL as error:
            raise ConfigurationError(f"not a URL: {error}") from None
        more = Outbound.of(hosts, self.setting)
        return replace(self, names=self.names | more.names, networks=self.networks + more.networks)

    def check(
        self, url: str, *, schemes: tuple[str, ...] = HTTP, secret: bool = False
    ) -> httpx.URL:
        """The URL, read; raises AddressRefused. Nothing is looked up.

        Without TLS only hosts listed and this machine may be called; with `secret` this machine.
        """
        try:
            read = httpx.URL(url)
        except (httpx.InvalidURL, TypeError) as error:
            raise AddressRefused(f"not a URL: {error}") from None
        host = host_of(read)
        if read.scheme not in schemes or not host:
            raise AddressRefused(f"the URL must begin with {' or '.join(schemes)} and name a host")
        if not 0 < port_of(read) < 65536:
            raise AddressRefused("the URL must name a port from 1 to 65535, or none")
        if read.userinfo or read.fragment:
            raise AddressRefused("the URL must hold no user and no fragment")
        if not self.may_name(host):
            raise self._refused(host)
        here = is_loopback(host)
        if read.scheme not in _TLS and not (here or (self.lists(host) and not secret)):
            raise AddressRefused(f"{host} may only be called over TLS ({schemes[0]})")
        return read

    def lists(self, host: str) -> bool:
        """Whether this name or address is in the list."""
        address = _address(host)
        if address is None:
            return host.lower().rstrip(".") in self.names
        return self._holds(_faces(address))

    def may_name(self, host: str) -> bool:
        """Whether the host may be called as far as its name tells."""
        address = _address(host)
        if address is not None:
            return self._may_reach(address, listed=False)
        here = self.loopback and is_loopback(host)
        return here or self.public or bool(self.networks) or self.lists(host)

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host that may be called; raises AddressRefused, OSError."""
        return self._allowed(host, await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM))

    async def pinned(self, url: httpx.URL) -> str:
        """One such address of the URL's host, for a client that takes it beside the URL."""
        return (await self.addresses(host_of(url), port_of(url)))[0]

    def client(
        self, tls: ssl.SSLContext | None = None, *, secret: bool = False, **options: Any
    ) -> httpx.AsyncClient:
        """A client that calls nothing else; no redirects, no proxy of the environment."""
        transport = _Transport(self, tls or system_trust(), secret)
        return httpx.AsyncClient(transport=transport, trust_env=False, **options)

    def _allowed(self, host: str, found: Iterable[tuple[Any, ...]]) -> list[str]:
        listed = self.lists(host)
        told = dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found)
        allowed = [
            each for each in told if (read := _address(each)) and self._may_reach(read, listed)
        ]
        if not allowed:
            raise self._refused(host)
        return allowed

    def _may_reach(self, address: Address, listed: bool) -> bool:
        faces = _faces(address)
        if self._holds(faces):
            return True
        if self.loopback and all(face.is_loopback for face in faces):
            return True
        if any(_never_by_name(face) for face in faces):
            return False
        return listed or (self.public and all(face.is_global for face in faces))

    def _holds(self, faces: tuple[Address, ...]) -> bool:
        return any(face in network for face in faces for network in self.networks)

    def _refused(self, host: str) -> AddressRefused:
        return AddressRefused(
            f"{host} is not an address that may be called from here; if it should be, name it in"
            f" {self.setting}"
        )


def host_of(url: httpx.URL) -> str:
    """The host as it is looked up: ASCII, lower case, no dot at its end."""
    return url.raw_host.decode("ascii").lower().rstrip(".")


def port_of(url: httpx.URL) -> int:
    """The port, also where the URL leaves it to its scheme."""
    return _PORTS[url.scheme] if url.port is None else url.port


def is_loopback(host: str) -> bool:
    """Whether the host is this machine by its name or number."""
    address = _address(host)
    return host.lower().rstrip(".") == "localhost" if address is None else address.is_loopback


def is_passing(status: int) -> bool:
    """Whether an HTTP status says that the same request may do later."""
    return status in _PASSING or status >= 500


def wait_told(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait that an answer tells (`Retry-After`); None: it does not tell."""
    return retry_after(headers.get("Retry-After", ""), headers.get("Date", ""))


async def body_of(answer: httpx.Response, most: int, too_long: Exception) -> bytes:
    """The body of an answer that streams; raises `too_long` as soon as it is over `most` bytes."""
    body = bytearray()
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > most:
            raise too_long
    return bytes(body)


@cache
def system_trust() -> ssl.SSLContext:
    """The authorities that this machine trusts, read once."""
    return ssl.create_default_context()


def _name(entry: str, setting: str) -> str:
    if not _HOST_NAME.fullmatch(entry):
        raise ConfigurationError(
            f"{setting}: {entry!r} is not a host, an address or a network; list"
            " `ehr.hospital.example`, `10.1.2.3` or `10.1.0.0/16`"
        )
    return entry.rstrip(".")


def _address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _faces(address: Address) -> tuple[Address, ...]:
    """The address, and the IPv4 address that it leads to where it wraps one."""
    if isinstance(address, IPv4Address):
        return (address,)
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address.teredo is not None:
        inner = address.teredo[1]
    if inner is None and any(address in net for net in _EMBEDDED):
        inner = IPv4Address(int(address) & 0xFFFF_FFFF)
    if inner is None:
        return (address,)
    return (inner,) if address.ipv4_mapped else (address, inner)


def _never_by_name(address: Address) -> bool:
    return (
        address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address in _METADATA
    )


class _Door(httpcore.AsyncNetworkBackend):
    """Connects to an address that was judged, never to a name."""

    def __init__(self, guard: Outbound) -> None:
        self._guard = guard
        self._net = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the base class's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """The first allowed address that answers."""
        try:
            with anyio.fail_after(timeout):
                found = await self._guard.addresses(host, port)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"looking up {host} took too long") from None
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"looking up {host}: {error}") from None
        failed: Exception = httpcore.ConnectError(host)
        for address in found:
            try:
                return await self._net.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._net.sleep(seconds)


class _Transport(httpx.AsyncHTTPTransport):
    """httpx offers no way to hand it a network: its pool is replaced by one that has ours."""

    def __init__(self, guard: Outbound, tls: ssl.SSLContext, secret: bool) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._guard, self._secret = guard, secret
        self._pool = httpcore.AsyncConnectionPool(ssl_context=tls, network_backend=_Door(guard))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Judge the URL, also that of a redirect, then call it."""
        self._guard.check(str(request.url), secret=self._secret)
        return await super().handle_async_request(request)
