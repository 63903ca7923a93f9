"""Users sign in at the hospital's OpenID provider (OpenID Connect Core 3.1), and out there too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from adapter.errors import TryAgain
from adapter.oauth.code_flow import Begun, Client, CodeFlow, begun
from adapter.oauth.documents import document
from adapter.oauth.key_set import KeySet
from adapter.oauth.tokens import NotAuthenticated, NotPermitted, TokenRules, Tokens
from adapter.outbound import Outbound
from adapter.ports import Clock

Json = dict[str, Any]
_LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_LOGOUT_FRESH = timedelta(minutes=5)
_MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class LoginSite:
    """Where users sign in, and where we are; `address`: as browsers reach the workspace."""

    issuer: str
    client: Client
    scopes: str
    address: str


class Login:
    """The OpenID provider of one site."""

    def __init__(self, site: LoginSite, guard: Outbound, clock: Clock) -> None:
        self.site = site
        self._guard, self._clock = guard, clock
        self._flow = CodeFlow(site.client, guard, clock, "the login")
        self._keys = KeySet(guard, clock, issuer=site.issuer)
        self._seen: dict[str, float] = {}  # jti of logout tokens -> when it may be forgotten

    async def check(self) -> None:
        """Raise TryAgain where the provider does not answer."""
        await self._configuration()

    async def begin(self, next_: str) -> tuple[str, Begun]:
        """Where the browser goes, and what it keeps; raises TryAgain, NotPermitted."""
        told = await self._configuration()
        kept = begun(self.site.issuer, next_)
        place = self._flow.endpoint(told, "authorization_endpoint")
        return self._flow.address(place, kept, self.site.scopes), kept

    async def finish(self, code: str, iss: str, begun: Begun) -> Json:
        """Claims of who has come; `iss`: as the answer names it (RFC 9207), or empty.

        Raises NotPermitted, NotAuthenticated, TryAgain.
        """
        told = await self._configuration()
        asked = told.get("authorization_response_iss_parameter_supported") is True
        if (iss or asked) and iss != self.site.issuer:
            raise NotPermitted("the answer is of another login; start again")
        answer = await self._flow.exchange(told, code, begun)
        return await self._flow.identity(answer, begun, self._keys, self.site.issuer)

    async def leave(self) -> str:
        """Where the browser signs out (RP-Initiated Logout 1.0); empty: nowhere there."""
        try:
            told = await self._configuration()
            if "end_session_endpoint" not in told:
                return ""
            place = self._flow.endpoint(told, "end_session_endpoint")
        except (TryAgain, NotPermitted):
            return ""  # the session here has ended all the same
        query = {
            "client_id": self.site.client.id,
            "post_logout_redirect_uri": f"{self.site.address}/sign-in",
        }
        return f"{place}{'&' if '?' in place else '?'}{urlencode(query)}"

    async def ended(self, logout_token: str) -> tuple[str, str]:
        """(`sub`, `sid`) of a login that has ended (Back-Channel Logout 1.0, 2.6).

        Raises NotAuthenticated, TryAgain.
        """
        rules = TokenRules((self.site.issuer,), (self.site.client.id,))
        claims = (await Tokens(self._keys, rules).judge(logout_token)).claims
        events, now = claims.get("events"), self._clock.now().timestamp()
        told = claims.get("jti"), claims.get("iat")
        if not isinstance(events, dict) or _LOGOUT_EVENT not in events or "nonce" in claims:
            raise NotAuthenticated("this is no logout token")
        if not isinstance(told[0], str) or not isinstance(told[1], int | float):
            raise NotAuthenticated("the logout token lacks jti or iat")
        self._seen = {jti: until for jti, until in self._seen.items() if until > now}
        if told[0] in self._seen or len(self._seen) >= _MOST_KNOWN:
            raise NotAuthenticated("this logout token has been used")
        if abs(now - told[1]) > _LOGOUT_FRESH.total_seconds():
            raise NotAuthenticated("the logout token is old")
        sub, sid = (
            each if isinstance(each, str) else "" for each in map(claims.get, ("sub", "sid"))
        )
        if not (sub or sid):
            raise NotAuthenticated("the logout token names nobody")
        self._seen[told[0]] = now + 2 * _LOGOUT_FRESH.total_seconds()
        return sub, sid

    def subject(self, sub: str) -> str:
        """How a session remembers whose login it is of."""
        return f"{self.site.issuer}\n{sub}" if sub else ""

    async def _configuration(self) -> Json:
        place = f"{self.site.issuer.rstrip('/')}/.well-known/openid-configuration"
        told = await document(self._guard, place)
        if told.get("issuer") != self.site.issuer:
            raise TryAgain(f"the discovery document of {self.site.issuer} is of another issuer")
        return told
