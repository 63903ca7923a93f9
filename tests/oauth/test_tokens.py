from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adapter.errors import TryAgain
from adapter.oauth.key_set import KeySet
from adapter.oauth.tokens import NotAuthenticated, TokenRules, Tokens
from adapter.outbound import Outbound
from tests.fakes.issuer import AUDIENCE, Issuer, running_issuer

GUARD = Outbound.of("127.0.0.1", "READOUT_OUTBOUND_ALLOWED_HOSTS")


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def now(self) -> datetime:
        return self.time


@pytest.fixture(scope="module")
def shared() -> Iterator[Issuer]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture
def issuer(shared: Issuer) -> Iterator[Issuer]:
    keys, published = dict(shared.keys), list(shared.published)
    shared.fetched, shared.away = 0, False
    yield shared
    shared.keys, shared.published, shared.away = keys, published, False


@pytest.fixture
def clock() -> Hands:
    return Hands()


def tokens(issuer: Issuer, clock: Hands, **rules: Any) -> Tokens:
    told = {"issuers": (issuer.url,), "audiences": (AUDIENCE,)} | rules
    return Tokens(KeySet(GUARD, clock, issuer=issuer.url), TokenRules(**told))


async def test_a_good_token_tells_who_and_what(issuer: Issuer, clock: Hands) -> None:
    text = issuer.token(scope="readout.read system/*.rs", scp="a b", roles=["c", 7])
    token = await tokens(issuer, clock).read(f"Bearer {text}")
    assert token.subject == "worker"
    assert token.scopes == {"readout.read", "system/*.rs", "a", "b", "c"}
    assert "claims" not in repr(token)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exp": int(time.time()) - 120}, "expired"),
        ({"exp": None}, "not valid"),
        ({"exp": "soon"}, "not valid"),
        ({"exp": 1e400}, "not valid"),
        ({"nbf": int(time.time()) + 86_400}, "not valid yet"),  # a suite may take long
        ({"aud": "api://other"}, "another audience"),
        ({"aud": ["api://other"]}, "another audience"),
        ({"aud": None}, "not valid"),
        ({"aud": {"x": 1}}, "audience"),
        ({"iss": "https://other.example"}, "another issuer"),
        ({"iss": ["x"]}, "another issuer"),
        ({"iss": None}, "not valid"),
    ],
)
async def test_what_a_token_says_must_be_right(
    issuer: Issuer, clock: Hands, changed: dict[str, Any], reason: str
) -> None:
    with pytest.raises(NotAuthenticated, match=reason):
        await tokens(issuer, clock).judge(issuer.token(**changed))


async def test_clocks_may_differ_by_a_minute(issuer: Issuer, clock: Hands) -> None:
    now = int(time.time())
    judge = tokens(issuer, clock).judge
    await judge(issuer.token(exp=now - 30))
    await judge(issuer.token(nbf=now + 30, iat=now + 30))


def _part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


async def test_a_token_without_signature_is_refused(issuer: Issuer, clock: Hands) -> None:
    for name in ("none", "None", "NONE", "", None):
        text = f"{_part({'alg': name, 'kid': 'first'})}.{_part(issuer.claims())}."
        with pytest.raises(NotAuthenticated):
            await tokens(issuer, clock).judge(text)


async def test_the_public_key_is_no_shared_secret(issuer: Issuer, clock: Hands) -> None:
    """The confusion of RS256 with HS256: signed by what everybody can read."""
    pem = issuer.keys["first"].public_key()
    for form in (
        pem.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1),
        pem.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    ):
        signed = f"{_part({'alg': 'HS256', 'kid': 'first'})}.{_part(issuer.claims())}"
        mac = hmac.new(form, signed.encode(), hashlib.sha256).digest()
        text = f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        with pytest.raises(NotAuthenticated, match="not accepted"):
            await tokens(issuer, clock).judge(text)


async def test_a_symmetric_or_weak_key_in_the_set_is_not_used(issuer: Issuer, clock: Hands) -> None:
    issuer.published.append({"kty": "oct", "k": "c2VjcmV0", "kid": "shared", "alg": "HS256"})
    issuer.add_key("weak", bits=1024)
    issuer.add_key("sealing", use="enc")
    for key_id in ("weak", "sealing"):
        with pytest.raises(NotAuthenticated, match="does not publish"):
            await tokens(issuer, clock).judge(issuer.token(key_id))
    await tokens(issuer, clock).judge(issuer.token())


async def test_a_changed_or_foreign_signature_is_refused(issuer: Issuer, clock: Hands) -> None:
    head, _, signature = issuer.token().split(".")
    changed = f"{head}.{_part(issuer.claims(scope='readout.sign'))}.{signature}"
    with running_issuer() as other, pytest.raises(NotAuthenticated):
        await tokens(issuer, clock).judge(other.token(iss=issuer.url))
    with pytest.raises(NotAuthenticated):
        await tokens(issuer, clock).judge(changed)


@pytest.mark.parametrize(
    "text", ["", "x", "a.b.c", "é.é.é", "." * 5, "x" * 20_000, f"{_part([1])}.{_part({})}.x"]
)
async def test_what_is_no_token_is_refused(issuer: Issuer, clock: Hands, text: str) -> None:
    with pytest.raises(NotAuthenticated):
        await tokens(issuer, clock).judge(text)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic dTpw", "token"])
async def test_a_header_without_bearer_token(issuer: Issuer, clock: Hands, header: str) -> None:
    with pytest.raises(NotAuthenticated, match="send a bearer token"):
        await tokens(issuer, clock).read(header)


async def test_the_algorithm_must_be_that_of_the_key(issuer: Issuer, clock: Hands) -> None:
    issuer.add_key("curve", curve=ec.SECP384R1())
    issuer.add_key("only256", alg="RS256")
    judge = tokens(issuer, clock).judge
    await judge(issuer.token("curve", algorithm="ES384"))
    await judge(issuer.token(algorithm="PS384"))
    with pytest.raises(NotAuthenticated):
        await judge(issuer.token("only256", algorithm="RS384"))
    with pytest.raises(NotAuthenticated):
        await tokens(issuer, clock, algorithms=("RS256",)).judge(issuer.token(algorithm="RS384"))


async def test_tenant_and_client_are_held_where_they_are_told(issuer: Issuer, clock: Hands) -> None:
    judge = tokens(issuer, clock, tenant="t1", clients=("c1",), application=True).judge
    await judge(issuer.token(tid="t1", azp="c1", idtyp="app"))
    await judge(issuer.token(tid="t1", appid="c1"))
    for wrong in ({"tid": "t2"}, {}):
        with pytest.raises(NotAuthenticated, match="tenant"):
            await judge(issuer.token(azp="c1", **wrong))
    for wrong in ({"azp": "c2"}, {}, {"azp": "c1", "idtyp": "user"}, {"azp": ["c1"]}):
        with pytest.raises(NotAuthenticated, match="client"):
            await judge(issuer.token(tid="t1", **wrong))


async def test_a_new_key_is_fetched_when_a_token_names_it(issuer: Issuer, clock: Hands) -> None:
    judge = tokens(issuer, clock).judge
    await judge(issuer.token())
    await judge(issuer.token())
    assert issuer.fetched == 1
    issuer.add_key("second")
    clock.time += timedelta(seconds=31)
    await judge(issuer.token("second"))
    await judge(issuer.token("first"))
    assert issuer.fetched == 2


async def test_made_up_key_ids_do_not_make_us_fetch_without_end(
    issuer: Issuer, clock: Hands
) -> None:
    issuer.keys["made-up"] = issuer.keys["first"]
    judge = tokens(issuer, clock).judge
    for _ in range(5):
        with pytest.raises(NotAuthenticated, match="does not publish"):
            await judge(issuer.token("made-up"))
    assert issuer.fetched == 1


async def test_keys_serve_on_while_their_issuer_is_away_but_not_for_ever(
    issuer: Issuer, clock: Hands
) -> None:
    judge = tokens(issuer, clock).judge
    await judge(issuer.token())
    issuer.away = True
    clock.time += timedelta(hours=2)
    await judge(issuer.token())
    clock.time += timedelta(hours=23)
    with pytest.raises(TryAgain, match="cannot be fetched"):
        await judge(issuer.token())


async def test_nobody_waits_for_keys_that_are_there(issuer: Issuer, clock: Hands) -> None:
    """Only one request waits for an issuer that answers slowly."""
    judge = tokens(issuer, clock).judge
    await judge(issuer.token())
    clock.time += timedelta(hours=2)
    issuer.slow.set()
    try:
        waiting = asyncio.create_task(judge(issuer.token()))
        await asyncio.to_thread(issuer.asked.wait, 10)
        await asyncio.wait_for(judge(issuer.token()), 5)
        assert not waiting.done()
    finally:
        issuer.slow.clear()
        issuer.go.set()
    await waiting


async def test_a_key_that_is_taken_back_is_refused_after_an_hour(
    issuer: Issuer, clock: Hands
) -> None:
    judge = tokens(issuer, clock).judge
    await judge(issuer.token())
    issuer.published = []
    issuer.add_key("second")
    clock.time += timedelta(minutes=61)
    await judge(issuer.token("second"))
    with pytest.raises(NotAuthenticated, match="does not publish"):
        await judge(issuer.token("first"))


async def test_the_discovery_document_must_be_the_issuers_own(issuer: Issuer, clock: Hands) -> None:
    keys = KeySet(GUARD, clock, issuer=f"{issuer.url}/")
    with pytest.raises(TryAgain):
        await keys.matching("first")


async def test_a_key_set_at_an_inside_address_is_not_fetched(issuer: Issuer, clock: Hands) -> None:
    keys = KeySet(
        Outbound.of("", "READOUT_OUTBOUND_ALLOWED_HOSTS"), clock, url=f"{issuer.url}/keys"
    )
    with pytest.raises(Exception, match="READOUT_OUTBOUND_ALLOWED_HOSTS"):
        await keys.matching("first")
    assert issuer.fetched == 0
