"""Where HL7 v2 messages come in: one file a listener under mappings/listeners/."""

from __future__ import annotations

import ipaddress
import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from adapter.errors import ConfigurationError
from adapter.mapping.feeds import Feed
from adapter.mapping.files import MappingFiles, MappingTable
from adapter.mapping.tls_files import ClientTls, ServerTls
from adapter.settings import Settings

DEFAULT = "default"
"""Name of the listener that the settings describe."""

DEFAULT_ORDERS = "orders.yaml"
"""Mapping file that reads messages where a listener names no other."""

_FINGERPRINT = re.compile(r"sha256:[0-9a-f]{64}")
_SUBJECT = re.compile(r"(CN|OU|O|C|L|ST)=[^,=]+(,(CN|OU|O|C|L|ST)=[^,=]+)*")


class Allow(MappingTable):
    """Who may connect; where both lists are given, both must hold."""

    addresses: tuple[str, ...] = ()
    """Addresses and networks, such as `10.1.0.0/16`; none: every address."""
    certificates: tuple[str, ...] = ()
    """Client certificates: `sha256:` and the fingerprint, or parts of the subject, `CN=a,O=North`.

    None: every certificate of the authorities in `client_ca`.
    """

    @field_validator("addresses")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ipaddress.ip_network(each, strict=False)) for each in value)

    @field_validator("certificates")
    @classmethod
    def _names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_certificate_name, value))


class AnswerAddress(MappingTable):
    """Where a sender of enhanced mode wants its application acknowledgements (MSH-16)."""

    host: str = Field(min_length=1)
    """Name or address of the receiver."""
    port: int = Field(ge=1, le=65535)
    """Its MLLP port."""
    tls: ClientTls | None = None
    """Encrypts the connection; empty: it is in the clear."""
    acknowledged: bool = True
    """Whether the receiver acknowledges each (MSA-2 is checked); else one that is written is
    given."""
    connect_seconds: float = Field(default=5.0, gt=0, le=300)
    """Longest wait for a connection, in seconds."""
    answer_seconds: float = Field(default=30.0, gt=0, le=3600)
    """Longest wait for its acknowledgement, in seconds; then the connection is dropped."""


class ListenerProfile(MappingTable):
    """One port for HL7 v2 messages; one named `default` stands for that of the settings."""

    name: str = Field(pattern=r"^[a-z0-9_-]{1,40}$")
    """Name of the listener in logs, metrics and alerts."""
    enabled: bool = True
    """Whether it listens."""
    host: str = Field(default="127.0.0.1", min_length=1)
    """Address to listen on."""
    port: int = Field(ge=0, le=65535)
    """Port to listen on; 0 takes a free one."""
    tls: ServerTls | None = None
    """Encrypts the connections; empty: they are in the clear."""
    allow: Allow = Allow()
    """Who may connect."""
    orders: str = Field(default=DEFAULT_ORDERS, pattern=r"^orders(/[A-Za-z0-9_-]{1,60})?\.yaml$")
    """Mapping file that reads its messages (character set too), such as `orders/north.yaml`."""
    acknowledge: Literal["auto", "original", "enhanced"] = "auto"
    """`original`: AA, AE, AR; `enhanced`: CA, CE, CR; `auto`: as MSH-15 and MSH-16 ask for."""
    answers: AnswerAddress | None = None
    """Where application acknowledgements go that are given after the accept acknowledgement; empty:
    over the sender's connection, or its next one where that has ended."""
    messages_per_second: float = Field(default=0.0, ge=0)
    """Messages a second taken from one address; above it the sender waits. 0: as many as come."""
    max_frame_bytes: int = Field(default=4_194_304, ge=1024)
    """Largest message taken, in bytes; a larger one is refused and the connection closed."""
    max_connections: int = Field(default=512, ge=1)
    """Most connections open at once."""
    idle_seconds: float = Field(default=600.0, gt=0)
    """A connection without a message for this long is closed."""
    feeds: tuple[Feed, ...] = ()
    """Senders whose silence raises an alert."""

    @field_validator("feeds")
    @classmethod
    def _each_sender_once(cls, value: tuple[Feed, ...]) -> tuple[Feed, ...]:
        if len({feed.sender for feed in value}) < len(value):
            raise ValueError("a sender stands twice under feeds")
        return value

    @model_validator(mode="after")
    def _certificates_are_asked_for(self) -> ListenerProfile:
        if self.allow.certificates and not (self.tls and self.tls.client_ca):
            raise ValueError("allow.certificates needs tls.client_ca, or none is ever shown")
        return self


def default_listener(settings: Settings) -> ListenerProfile:
    """The HL7 v2 listener of the READOUT_MLLP_* settings."""
    return ListenerProfile(
        name=DEFAULT,
        host=settings.mllp_host,
        port=settings.mllp_port,
        max_frame_bytes=settings.mllp_max_frame_bytes,
        max_connections=settings.mllp_max_connections,
        idle_seconds=settings.mllp_idle_seconds,
    )


def load_listeners(
    files: MappingFiles, default: ListenerProfile | None = None
) -> list[ListenerProfile]:
    """The enabled listeners, `default` first unless a file takes its name.

    Raises ConfigurationError on a name or place used twice.
    """
    read = [file.read(ListenerProfile) for file in files.folder("listeners")]
    enabled = sorted((each for each in read if each.enabled), key=lambda one: one.name != DEFAULT)
    if default is not None and all(each.name != DEFAULT for each in enabled):
        enabled.insert(0, default)
    names = [profile.name for profile in enabled]
    places = [(profile.host, profile.port) for profile in enabled if profile.port]
    for one in enabled:
        if names.count(one.name) > 1:
            raise ConfigurationError(f"two files under listeners/ are named {one.name!r}")
        if places.count((one.host, one.port)) > 1:
            raise ConfigurationError(f"two listeners are to listen on {one.host}:{one.port}")
    return enabled


def _certificate_name(text: str) -> str:
    if text.lower().startswith("sha256:"):
        text = "sha256:" + re.sub(r"[:\s]", "", text[7:]).lower()
    elif _SUBJECT.fullmatch(text):
        return text
    if not _FINGERPRINT.fullmatch(text):
        raise ValueError(f"{text!r} is neither sha256:<64 hex digits> nor a subject like CN=ehr")
    return text
