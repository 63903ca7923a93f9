"""FHIR servers that orders are fetched from: one file a server under mappings/fhir_sources/."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from adapter.errors import ConfigurationError
from adapter.mapping.fhir_orders import FhirOrderMapping
from adapter.mapping.files import MappingFiles, MappingTable
from adapter.mapping.smart_client import SmartClient

DEFAULT_FHIR_ORDERS = "fhir_orders.yaml"
_VARIABLE = r"^([A-Z_][A-Z0-9_]*)?$"


class SubscriptionRule(MappingTable):
    """How the server tells of changes. Whatever it tells, the order itself is read again."""

    endpoint: str = Field(pattern=r"^https?://[^\s?#]+/fhir/subscription/[a-z0-9_-]{1,40}$")
    """Our address as the server calls it, such as `https://readout.north/fhir/subscription/north`."""
    secret_env: str = Field(pattern=r"^[A-Z_][A-Z0-9_]*$")
    """Environment variable of the secret that the server shows: `Authorization: Bearer …`."""
    register_it: bool = Field(True, alias="register")
    """Whether we put the Subscription on the server; without, somebody does so there."""
    topic: str = ""
    """Canonical URL of the topic (R4 backport); empty: a rest-hook of R4 by criteria."""
    filters: tuple[str, ...] = ()
    """Filter criteria of a topic, such as `ServiceRequest?status=active`."""
    content: Literal["empty", "id-only", "full-resource"] = "id-only"
    """What the server sends of each event."""
    heartbeat_seconds: int = Field(300, ge=10, le=86_400)
    """How often a topic's server is asked to say that it is there."""
    lease_hours: float = Field(48.0, gt=0, le=8_760)
    """How long a Subscription lasts; it is renewed when half of that is over."""


class TaskRule(MappingTable):
    """Whether the server is told how far an order is, by a Task whose focus is the order."""

    create: bool = False
    """Whether a Task is made where the order has none; else only one that is there is kept up."""
    system: str = Field("urn:readout:task", pattern=r"^[^\s|]+$")
    """Identifier system of the Tasks that we make; it must never change."""


class FhirSource(MappingTable):
    """One FHIR R4 server that has orders for us."""

    name: str = Field(pattern=r"^[a-z0-9_-]{1,40}$")
    """Name of the source in addresses and logs; it stays the same for ever."""
    enabled: bool = True
    """Whether orders are fetched."""
    base_url: str = Field(pattern=r"^https?://[^\s?#]+[^\s?#/]$")
    """Base URL of the server, without a slash at its end."""
    token_env: str = Field("", pattern=_VARIABLE)
    """Name of the environment variable that holds the bearer token; empty: none is sent."""
    smart: SmartClient | None = None
    """How tokens are got where the server gives them by SMART Backend Services."""
    allowed_hosts: tuple[str, ...] = ()
    """Hosts and networks besides the server that references may lead to; the token stays here."""
    orders: str = Field(DEFAULT_FHIR_ORDERS, pattern=r"^fhir_orders(/[A-Za-z0-9_-]{1,60})?\.yaml$")
    """Mapping file that reads its orders, such as `fhir_orders/north.yaml`."""
    search: str = Field(
        "status=active,on-hold,revoked,completed,entered-in-error", pattern=r"^\S*$"
    )
    """Which ServiceRequests: search parameters as in an address."""
    poll_seconds: float = Field(60.0, ge=1, le=86_400)
    """How often the server is searched; with a subscription this finds what it did not tell of."""
    overlap_seconds: float = Field(30.0, ge=0, le=86_400)
    """How far a search reaches back behind the last change that is known."""
    first_days: float = Field(7.0, ge=0, le=3_650)
    """How many days of changes the first search looks for."""
    page_size: int = Field(50, ge=1, le=1_000)
    """Orders a page of a search."""
    connect_seconds: float = Field(5.0, gt=0, le=60)
    """Longest wait for a connection."""
    answer_seconds: float = Field(30.0, gt=0, le=600)
    """Longest wait for a whole answer."""
    subscription: SubscriptionRule | None = None
    """How the server tells of changes; empty: it is only searched."""
    tasks: TaskRule | None = None
    """How the server is told of the order's progress; empty: it is not."""

    @model_validator(mode="after")
    def _endpoint_is_its_own(self) -> FhirSource:
        rule = self.subscription
        if rule is not None and not rule.endpoint.endswith(f"/fhir/subscription/{self.name}"):
            raise ValueError(f"subscription.endpoint must end with /fhir/subscription/{self.name}")
        return self


def protocol_of(orders: str) -> str:
    """The protocol under which messages are stored that this mapping file reads."""
    return "fhir" if orders == DEFAULT_FHIR_ORDERS else f"fhir:{orders}"


def load_fhir_orders(files: MappingFiles) -> dict[str, FhirOrderMapping]:
    """Every mapping of FHIR orders by the protocol of what it reads; raises ConfigurationError."""
    every = (files.get(DEFAULT_FHIR_ORDERS), *files.folder("fhir_orders"))
    return {protocol_of(file.name): file.read(FhirOrderMapping) for file in every}


def load_fhir_sources(files: MappingFiles) -> list[FhirSource]:
    """The enabled sources; raises ConfigurationError on a name used twice."""
    read = [file.read(FhirSource) for file in files.folder("fhir_sources")]
    enabled = [each for each in read if each.enabled]
    for name in (each.name for each in enabled):
        if sum(each.name == name for each in enabled) > 1:
            raise ConfigurationError(f"two files under fhir_sources/ are named {name!r}")
    return enabled
