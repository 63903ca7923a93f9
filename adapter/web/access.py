"""By which token a request may pass: one table of places and scopes for the whole interface.

Without `READOUT_AUTH_ISSUER` no token is asked for, and the interface keeps to this machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Scope

from adapter.errors import ConfigurationError
from adapter.mapping.plug_in import PlugIn
from adapter.oauth.key_set import KeySet
from adapter.oauth.tokens import NotPermitted, Token, TokenRules, Tokens
from adapter.outbound import Outbound, is_loopback
from adapter.ports import Clock
from adapter.settings import Settings
from adapter.web.problems import PLUG_IN

READ, WRITE, SIGN, CHECK = "readout.read", "readout.write", "readout.sign", "readout.check"

OPEN = re.compile(
    r"/(healthz|readyz|metrics|openapi\.json|health/(liveness|readiness)|\.well-known/.*"
    r"|fhir/metadata|fhir/subscription/.*|api/ai-results/.*|launch(/back)?)"
)
"""Places that anybody may ask for: they hold no patient data, or find out themselves who calls."""

READING = ("GET", "HEAD", "OPTIONS")
_FHIR = re.compile(r"/fhir(?:/(?P<type>[A-Za-z]+))?(?P<id>/.+)?")
_SIGNING = re.compile(r"/api/studies/[^/]+/report/(sign|wet-read|addendum|correct|retract)")
_ASKING = re.compile(r"/api/(messages|deliveries)/search")
_SMART = re.compile(r"(?:system|user)/(?P<type>\*|[A-Za-z]+)\.(?P<may>\*|read|write|c?r?u?d?s?)")
_SMART_1 = {"*": "cruds", "read": "rs", "write": "cud"}


@dataclass(frozen=True, slots=True)
class Need:
    """What a token must hold for one request: a scope of ours, or a SMART v2 interaction."""

    scope: str

    def met_by(self, scopes: frozenset[str]) -> bool:
        """Whether one of them is enough."""
        if "/" not in self.scope:
            return self.scope in scopes
        wanted, _, action = self.scope.removeprefix("system/").partition(".")
        return any(_grants(each, wanted, action) for each in scopes)


def need(method: str, path: str) -> Need | None:
    """What this request needs; None: nothing. A WebSocket's method is empty."""
    if OPEN.fullmatch(path) or path.startswith("/static/"):
        return None
    fhir = _FHIR.fullmatch(path)
    if fhir:
        return Need(f"system/{fhir['type'] or 'Bundle'}.{_interaction(method, bool(fhir['id']))}")
    if path in (PLUG_IN, "/api/check"):
        return Need(CHECK)
    if method in READING or _ASKING.fullmatch(path):
        return Need(READ)
    return Need(SIGN if _SIGNING.fullmatch(path) else WRITE)


class Access:
    """Judges the tokens of one house: those of its issuer, and of the platform of the plug-in."""

    def __init__(self, tokens: Tokens | None = None, plug_in: Tokens | None = None) -> None:
        self._tokens, self._plug_in = tokens, plug_in

    async def token(self, scope: Scope) -> Token | None:
        """The token by which it may pass, None where none is asked for.

        Raises NotAuthenticated, NotPermitted, TryAgain (the issuer's keys cannot be had).
        """
        path, shown = scope["path"], Headers(scope=scope).get("authorization", "")
        if path == PLUG_IN and self._plug_in is not None:
            return await self._plug_in.read(shown)
        needed = need(scope.get("method", ""), path)
        if self._tokens is None or needed is None:
            return None
        token = await self._tokens.read(shown)
        if not needed.met_by(token.scopes):
            raise NotPermitted(f"the token lacks the scope {needed.scope}", needed.scope)
        return token


def _interaction(method: str, has_id: bool) -> str:
    if method in READING:
        return "r" if has_id else "s"
    return {"POST": "c", "PUT": "u", "PATCH": "u", "DELETE": "d"}.get(method, "u")


def _grants(scope: str, wanted: str, action: str) -> bool:
    told = _SMART.fullmatch(scope.partition("?")[0])
    if told is None or "?" in scope:
        return False  # a scope that holds for some resources only is not worked out here
    return told["type"] in ("*", wanted) and action in _SMART_1.get(told["may"], told["may"])


def open_access(settings: Settings, plug_in: PlugIn, guard: Outbound, clock: Clock) -> Access:
    """By the settings and the plug-in's mapping; raises ConfigurationError."""
    issuer = settings.auth_issuer
    if not issuer:
        if not is_loopback(settings.http_host) and not settings.http_without_tokens:
            raise ConfigurationError(
                f"READOUT_HTTP_HOST {settings.http_host} serves other machines: set"
                " READOUT_AUTH_ISSUER and READOUT_AUTH_AUDIENCE, or say with"
                " READOUT_HTTP_WITHOUT_TOKENS=true that a proxy before it asks who calls"
            )
        return Access(None, _platform(plug_in, guard, clock))
    audiences = tuple(filter(None, map(str.strip, settings.auth_audience.split(","))))
    if not audiences:
        raise ConfigurationError("READOUT_AUTH_ISSUER needs READOUT_AUTH_AUDIENCE")
    own = guard.also(issuer, settings.auth_keys_url)
    keys = KeySet(own, clock, issuer=issuer, url=settings.auth_keys_url)
    rules = TokenRules((issuer,), audiences, tenant=settings.auth_tenant)
    return Access(Tokens(keys, rules), _platform(plug_in, guard, clock))


def _platform(plug_in: PlugIn, guard: Outbound, clock: Clock) -> Tokens | None:
    entra = plug_in.entra
    if entra is None:
        return None
    keys = KeySet(guard.also(entra.keys), clock, url=entra.keys)
    rules = TokenRules(
        entra.issuers,
        entra.audiences,
        algorithms=("RS256",),
        tenant=entra.tenant,
        clients=entra.callers,
        application=True,
    )
    return Tokens(keys, rules)
