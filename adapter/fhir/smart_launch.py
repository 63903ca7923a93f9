"""A user comes from an EHR: SMART EHR launch (SMART App Launch 2.2), authorisation code with PKCE.

`begin` gives the address to which the browser goes; `finish` turns the code that comes back into a
person, a patient and the study in context.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from adapter.domain.people import Practitioner
from adapter.fhir.elements import Json
from adapter.fhir.identifiers import of_type, value
from adapter.mapping.ehr_launch import LaunchIssuer
from adapter.oauth.code_flow import Begun, Client, CodeFlow, begun
from adapter.oauth.documents import ask, document
from adapter.oauth.key_set import KeySet
from adapter.oauth.tokens import NotPermitted
from adapter.outbound import Outbound
from adapter.ports import Clock

_CONTEXT = ("ImagingStudy", "ServiceRequest")
_MOST_CONTEXT = 20


@dataclass(frozen=True, slots=True)
class Launched:
    """Who has come, and what is in context; `accessions` is empty where no study is."""

    person: Practitioner
    record_numbers: tuple[str, ...]
    accessions: tuple[str, ...]
    hub_url: str = ""  # of the user's shared context, where the EHR has one (FHIRcast 2.1)
    hub_topic: str = ""
    claims: Json = field(default_factory=dict)  # of the ID token


class SmartLaunch:
    """One EHR; `redirect` is our own address for the way back."""

    def __init__(self, issuer: LaunchIssuer, redirect: str, clock: Clock) -> None:
        self._issuer, self._clock = issuer, clock
        self._base = issuer.iss.rstrip("/")
        listed = Outbound.of(issuer.allowed_hosts, "allowed_hosts of ehr_launch.yaml")
        self._guard = listed.also(self._base)
        client = Client(issuer.client_id, redirect, next(iter(issuer.keys), None))
        self._flow = CodeFlow(client, self._guard, clock, "the EHR")

    async def begin(self, launch: str) -> tuple[str, Begun]:
        """Where the browser goes, and what it keeps; raises TryAgain, NotPermitted."""
        told = await self._configuration()
        if "S256" not in (told.get("code_challenge_methods_supported") or ()):
            raise NotPermitted("the EHR does not support PKCE with S256")
        kept = begun(self._issuer.iss)
        place = self._flow.endpoint(told, "authorization_endpoint")
        scopes = " ".join(self._issuer.scopes)
        asked = self._flow.address(place, kept, scopes, aud=self._issuer.iss, launch=launch)
        return asked, kept

    async def finish(self, code: str, begun: Begun) -> Launched:
        """Who has come; raises NotPermitted (refused there, no context), NotAuthenticated."""
        told = await self._configuration()
        answer = await self._flow.exchange(told, code, begun)
        issuer = str(told.get("issuer") or self._issuer.iss)
        keys = KeySet(self._guard, self._clock, issuer=issuer, url=str(told.get("jwks_uri") or ""))
        claims = await self._flow.identity(answer, begun, keys, issuer)
        token = str(answer["access_token"])
        return Launched(
            await self._person(claims, token),
            await self._record_numbers(answer, token),
            await self._accessions(answer, token),
            str(answer.get("hub.url") or ""),
            str(answer.get("hub.topic") or ""),
            claims,
        )

    async def _configuration(self) -> Json:
        return await document(self._guard, f"{self._base}/.well-known/smart-configuration")

    async def _person(self, claims: Json, token: str) -> Practitioner:
        reference = str(claims.get("fhirUser") or "").removeprefix(f"{self._base}/")
        found = await self._read(reference, "Practitioner", token)
        known = found.get("identifier") or []
        named = (value(e) for s in self._issuer.practitioner_systems for e in known if _of(e, s))
        name: Json = next(iter(found.get("name") or []), {})
        fallback = reference.partition("/")[2] or str(claims.get("sub") or "")
        return Practitioner(
            next(filter(None, named), fallback)[:64],
            str(name.get("family") or claims.get("name") or "")[:100],
            " ".join(name.get("given") or [])[:100],
        )

    async def _record_numbers(self, answer: Json, token: str) -> tuple[str, ...]:
        found = await self._read(f"Patient/{answer.get('patient')}", "Patient", token)
        current = [each for each in found.get("identifier") or [] if each.get("use") != "old"]
        return tuple(of_type(current, "MR", self._issuer.mrn_systems))

    async def _accessions(self, answer: Json, token: str) -> tuple[str, ...]:
        """Of the studies and orders in `fhirContext`."""
        context = answer.get("fhirContext")
        listed = context[:_MOST_CONTEXT] if isinstance(context, list) else []
        found: dict[str, None] = {}
        for each in listed:
            reference = str(each.get("reference") or "") if isinstance(each, dict) else ""
            for kind in _CONTEXT:
                resource = await self._read(reference, kind, token)
                known = resource.get("identifier") or []
                found |= dict.fromkeys(of_type(known, "ACSN", self._issuer.accession_systems))
        return tuple(found)

    async def _read(self, reference: str, kind: str, token: str) -> Json:
        """The resource of a relative reference to this kind; {} where there is none."""
        told, _, id_ = reference.partition("/")
        if told != kind or not id_.replace("-", "").replace(".", "").isalnum() or len(id_) > 64:
            return {}
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/fhir+json"}
        url = f"{self._base}/{kind}/{id_}"
        status, found = await ask(self._guard, "GET", url, secret=True, headers=headers)
        right = status == 200 and found.get("resourceType") == kind
        return found if right else {}


def _of(identifier: dict[str, Any], system: str) -> bool:
    return identifier.get("system") == system
