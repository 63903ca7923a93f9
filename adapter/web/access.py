"""By which token a program may pass: one of the issuer, one of our own, or none on this machine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
from starlette.datastructures import Headers
from starlette.types import Scope

from adapter.errors import ConfigurationError
from adapter.mapping.plug_in import PlugIn
from adapter.oauth.key_set import KeySet
from adapter.oauth.tokens import NotAuthenticated, NotPermitted, Token, TokenRules, Tokens
from adapter.outbound import Outbound, is_loopback
from adapter.ports import Clock
from adapter.settings import Settings, listed
from adapter.web.needs import need
from adapter.web.problems import PLUG_IN
from adapter.workflow.service_tokens import PREFIX, ServiceTokens


class Access:
    """Judges the tokens of one house: of its issuer, of its own, and of the plug-in's platform.

    `required`: without a token nobody passes, also where there is no issuer.
    """

    def __init__(
        self,
        tokens: Tokens | None = None,
        plug_in: Tokens | None = None,
        own: ServiceTokens | None = None,
        *,
        required: bool = False,
    ) -> None:
        self._tokens, self._plug_in, self._own = tokens, plug_in, own
        self._required = required or tokens is not None

    @property
    def ask_issuer(self) -> Callable[[], Awaitable[None]] | None:
        """Raises TryAgain where the issuer of tokens does not answer; None: there is none."""
        return None if self._tokens is None else self._tokens.check

    async def token(self, scope: Scope) -> Token | None:
        """The token by which it may pass, None where none is asked for.

        Raises NotAuthenticated, NotPermitted, TryAgain (the issuer's keys cannot be had).
        """
        path, shown = scope["path"], Headers(scope=scope).get("authorization", "")
        if path == PLUG_IN and self._plug_in is not None:
            return await self._plug_in.read(shown)
        needed = need(scope.get("method", ""), path)
        token = await self._read(shown)
        if token is not None and needed is not None and not needed.met_by(token.scopes):
            told = " or ".join(needed.scopes)
            raise NotPermitted(f"the token lacks the scope {told}", needed.scope)
        return token

    async def _read(self, shown: str) -> Token | None:
        secret = shown.strip().partition(" ")[2].strip()
        if self._own is not None and secret.startswith(PREFIX):
            return await anyio.to_thread.run_sync(self._own_token, self._own, secret)
        if self._tokens is not None:
            return await self._tokens.read(shown)
        if self._required:
            raise NotAuthenticated("send a token of `readout token create` as bearer token")
        return None

    @staticmethod
    def _own_token(own: ServiceTokens, secret: str) -> Token:
        found = own.find(secret)
        if found is None:
            raise NotAuthenticated("the token is unknown, revoked or has expired")
        return Token(found.name, own.scopes(found), {})


def open_access(
    settings: Settings,
    plug_in: PlugIn,
    guard: Outbound,
    clock: Clock,
    own: ServiceTokens | None = None,
) -> Access:
    """By the settings and the plug-in's mapping; raises ConfigurationError."""
    _check_door(settings)
    issuer, platform = settings.auth_issuer, _platform(plug_in, guard, clock)
    if not issuer:
        return Access(None, platform, own, required=settings.http_own_tokens)
    audiences = listed(settings.auth_audience)
    if not audiences:
        raise ConfigurationError("READOUT_AUTH_ISSUER needs READOUT_AUTH_AUDIENCE")
    allowed = guard.also(issuer, settings.auth_keys_url)
    keys = KeySet(allowed, clock, issuer=issuer, url=settings.auth_keys_url)
    rules = TokenRules((issuer,), audiences, tenant=settings.auth_tenant)
    return Access(Tokens(keys, rules), platform, own)


def _check_door(settings: Settings) -> None:
    """Raise ConfigurationError for a door to other machines that is not kept."""
    if is_loopback(settings.http_host) or settings.http_without_tokens:
        return
    if not (settings.auth_issuer or settings.http_own_tokens):
        raise ConfigurationError(
            f"READOUT_HTTP_HOST {settings.http_host} serves other machines: set"
            " READOUT_AUTH_ISSUER and READOUT_AUTH_AUDIENCE, or READOUT_HTTP_OWN_TOKENS=true"
            " (`readout token create`), or say with READOUT_HTTP_WITHOUT_TOKENS=true that a proxy"
            " before it asks who calls"
        )
    if settings.http_certificate is None and not settings.http_without_tls:
        raise ConfigurationError(
            f"READOUT_HTTP_HOST {settings.http_host} serves other machines in the clear: set"
            " READOUT_HTTP_CERTIFICATE, or say with READOUT_HTTP_WITHOUT_TLS=true that a proxy"
            " before it speaks TLS"
        )


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
