"""FHIRcast hubs that this site has: one file a hub under mappings/fhircast_hubs/."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import quote

from pydantic import Field, model_validator

from adapter.errors import ConfigurationError
from adapter.mapping.files import MappingFiles, MappingTable
from adapter.mapping.smart_client import SmartClient

EVENTS = (
    "DiagnosticReport-open",
    "DiagnosticReport-close",
    "DiagnosticReport-update",
    "DiagnosticReport-select",
    "SyncError",
)
"""What IHE IRA asks a Report Creator to subscribe to (RAD-146)."""


class HubToken(MappingTable):
    """Where the bearer token comes from: a file, OAuth 2.0 client credentials, or SMART."""

    file: Path | None = None
    """File that holds a bearer token; read anew for each request."""
    url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    """Token endpoint for client credentials; then `client_id` and `client_secret_file` too."""
    client_id: str = ""
    """Our client id."""
    client_secret_file: Path | None = None
    """File that holds our client secret."""
    scope: str = "fhircast/DiagnosticReport-open.* fhircast/DiagnosticReport-close.*"
    """Scopes asked for."""
    smart: SmartClient | None = None
    """SMART Backend Services with our own keys, instead of a file or a secret."""
    topic_member: str = ""
    """Member of the token answer that names the topic, which is then followed from the start."""

    @property
    def is_sent(self) -> bool:
        """Whether requests carry a token."""
        return bool(self.file or self.url or self.smart)

    @model_validator(mode="after")
    def _one_way(self) -> HubToken:
        if sum(map(bool, (self.file, self.url, self.smart))) > 1:
            raise ValueError("token: file, url and smart are three ways to one token; keep one")
        if self.url and not (self.client_id and self.client_secret_file):
            raise ValueError("token.url needs client_id and client_secret_file")
        if self.topic_member and not self.url:
            raise ValueError("token.topic_member is a member of the answer of token.url")
        return self


class FhircastHub(MappingTable):
    """One FHIRcast hub, and how it departs from the standard (STU3)."""

    name: str = Field(pattern=r"^[a-z0-9_-]{1,40}$")
    """Name of the hub; contexts are stored under it."""
    enabled: bool = True
    """Whether it is used."""
    url: str = Field(pattern=r"^https?://[^\s?#]+$")
    """hub.url."""
    endpoint_hosts: tuple[str, ...] = ()
    """Hosts besides that of `url` to which the hub may send us for the WebSocket."""
    topics: tuple[str, ...] = ()
    """Topics followed from the start; others are joined by `POST /api/context/join`."""
    token: HubToken = HubToken()
    """Where the bearer token comes from; none is sent without."""
    subscriber_name: str = Field(default="Readout", min_length=1, max_length=100)
    """subscriber.name."""
    events: tuple[str, ...] = Field(default=EVENTS, min_length=1)
    """hub.events."""
    anchors: tuple[Literal["DiagnosticReport", "ImagingStudy"], ...] = ("DiagnosticReport",)
    """Contexts that open a study here, by type of resource; `events` must hold their open."""
    lease_seconds: int = Field(default=7200, ge=60)
    """Lease asked for; it is renewed after four fifths of what is granted."""
    lease_parameter: Literal["hub.lease_seconds", "hub.lease"] = "hub.lease_seconds"
    """Name of the lease in the subscription request; some hubs read `hub.lease`."""
    publish_url: str = Field(default="{hub}", min_length=1)
    """Where events are posted: `{hub}` is `url`, `{topic}` the topic; some want `{hub}/{topic}`."""
    context_url: str = "{hub}/{topic}"
    """Where the current context is read; empty: the hub does not tell it."""
    media_type: Literal["application/fhir+json", "application/json"] = "application/fhir+json"
    """Content-Type of published events."""
    confirmation: Literal["required", "none"] = "required"
    """`none`: the hub confirms no subscription, and the connection itself counts as confirmed."""
    hello: Literal["none", "endpoint"] = "none"
    """`endpoint`: our first frame names our hub.channel.endpoint, as some hubs want it."""
    silence_seconds: float = Field(default=0.0, ge=0)
    """Reconnect when nothing comes for so long; 0: three heartbeats, where the hub sends any."""
    update_without_report: bool = False
    """Whether an update without the `report` key is of the current report; else it is ignored."""
    event_names: dict[str, str] = Field(default_factory=dict)
    """The hub's own name of an event, such as `open-imaging-study` -> the standard's name."""
    fhir: Literal["R4", "R5"] = "R4"
    """Version of the resources that we publish; R5 has `study` where R4 has `imagingStudy`."""
    accession_system: str = ""
    """Identifier system of accession numbers; empty: the type ACSN alone tells them."""
    mrn_system: str = ""
    """Identifier system of our medical record numbers; empty: the issuer that the order named."""
    while_dictating: Literal["follow", "refuse"] = "follow"
    """Another report is opened during a live dictation: `refuse` answers 409 until it is over.

    Either way the dictation stays with the study in which it began.
    """
    unknown_study: Literal["refuse", "wait"] = "wait"
    """The order of an opened report is not here: `wait` answers 202, SyncError if none came."""
    share: bool = True
    """Whether findings of the draft and the report's status are published as updates."""
    receive: bool = True
    """Whether findings and measurements of others are kept, beside the report."""
    close_when_signed: bool = True
    """Whether a report that is signed here is closed in the hub, after its status."""
    retry_cap_seconds: float = Field(default=60.0, ge=1)
    """Longest wait between two tries to connect."""

    @model_validator(mode="after")
    def _templates(self) -> FhircastHub:
        for each in (self.publish_url, self.context_url):
            try:
                each.format(hub=self.url, topic="t")
            except (KeyError, IndexError, ValueError):
                raise ValueError("addresses may hold {hub} and {topic} only") from None
        return self

    def address(self, template: str, topic: str) -> str:
        """An address of the hub, the topic percent-encoded."""
        return template.format(hub=self.url.rstrip("/"), topic=quote(topic, safe=""))


def load_fhircast_hubs(files: MappingFiles) -> dict[str, FhircastHub]:
    """The enabled hubs by name; raises ConfigurationError on a name used twice."""
    read = [file.read(FhircastHub) for file in files.folder("fhircast_hubs")]
    hubs: dict[str, FhircastHub] = {}
    for each in (one for one in read if one.enabled):
        if each.name in hubs:
            raise ConfigurationError(f"two files under fhircast_hubs/ are named {each.name!r}")
        hubs[each.name] = each
    return hubs
