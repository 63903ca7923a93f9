"""How often one may ask: by caller and by address, in the memory of this node."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from time import monotonic

import structlog
from starlette.types import Scope

from adapter.hl7v2.pace import Pace
from adapter.web.callers import Caller
from adapter.web.problems import TooManyCalls

log = structlog.get_logger()

_MINUTE_S = 60.0
_FREE = re.compile(r"/(static/.*|healthz|readyz|metrics|health/.*)")
_TRIES = re.compile(r"/(login|launch)(/back)?")
_SIGN_IN = "/sign-in"
_NETWORK_BITS = 64  # of IPv6: one subscriber has all addresses below


class Throttle:
    """`calls`: of one caller or address in a minute; `tries` to sign in; 0: any number."""

    def __init__(
        self, calls: int = 0, tries: int = 0, clock: Callable[[], float] = monotonic
    ) -> None:
        self._calls, self._tries = (
            Pace(each / _MINUTE_S, _MINUTE_S) if each else None for each in (calls, tries)
        )
        self._clock = clock

    def check_address(self, scope: Scope) -> None:
        """Count the request by its address; raises TooManyCalls."""
        path = str(scope["path"])
        if _FREE.fullmatch(path):
            return
        address = address_of(scope)
        self._ask(self._calls, f"address {address}")
        posted = path == _SIGN_IN and scope.get("method") == "POST"
        if posted or _TRIES.fullmatch(path):
            self._ask(self._tries, f"address {address}")

    def check_caller(self, caller: Caller) -> None:
        """Count it by who calls; raises TooManyCalls."""
        if caller.person is not None:
            self._ask(self._calls, f"person {caller.person.id}")
        elif caller.token is not None:
            self._ask(self._calls, f"token {caller.token.subject}")

    def refused(self, scope: Scope) -> None:
        """A token or session was not good: count it as a try; raises TooManyCalls."""
        self._ask(self._tries, f"address {address_of(scope)}")

    def _ask(self, pace: Pace | None, who: str) -> None:
        wait = pace.ask(who, self._clock()) if pace is not None else 0.0
        if wait > 0:
            log.warning("throttled", kind=who.partition(" ")[0])
            raise TooManyCalls("this is asked for too often; wait as Retry-After says", wait)


def address_of(scope: Scope) -> str:
    """The address of the other end; of IPv6 its network."""
    host = str((scope.get("client") or ("", 0))[0])
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host
    if found.version == 4:
        return host
    return str(ipaddress.ip_network((int(found) >> 64 << 64, _NETWORK_BITS)).network_address)
