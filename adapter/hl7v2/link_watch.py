"""How the TLS of all listeners and destinations of a node stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from adapter.domain.link_security import CertificateExpiry, FailedHandshakes
from adapter.hl7v2.certificates import CertificateWatch, watched
from adapter.hl7v2.doors import MllpDoors
from adapter.hl7v2.sender import MllpDestination
from adapter.mapping.destinations import DestinationProfile
from adapter.mapping.listeners import ListenerProfile
from adapter.mapping.tls_files import ServerTls
from adapter.ports import Clock, Destination


class Route(Protocol):
    """A destination and the link to it."""

    @property
    def profile(self) -> DestinationProfile:
        """What the site's file says."""

    @property
    def link(self) -> Destination:
        """The connection."""


class LinkWatch:
    """The listeners as their files say and as they are open; `routes` by name of destination.

    `others`: the TLS of further doors of the node by name; `failed`: their handshakes that failed.
    """

    def __init__(
        self,
        listeners: Sequence[ListenerProfile],
        routes: Mapping[str, Route],
        doors: MllpDoors,
        clock: Clock,
        others: Mapping[str, ServerTls | None] = MappingProxyType({}),
        failed: Callable[[], Iterable[FailedHandshakes]] = tuple,
    ) -> None:
        self._links = {name: each.link for name, each in routes.items()}
        self._doors, self._failed = doors, failed
        files = [file for one in listeners for file in watched(f"listener {one.name}", one.tls)]
        for name, each in routes.items():
            tls = each.profile.mllp.tls if each.profile.mllp is not None else None
            files += watched(f"destination {name}", tls)
        for name, door in others.items():
            files += watched(name, door)
        self._certificates = CertificateWatch(files, clock)

    def certificates(self) -> list[CertificateExpiry]:
        """Every certificate as it is now."""
        return self._certificates.states()

    def handshakes(self) -> list[FailedHandshakes]:
        """Failures since the start, by listener or destination and reason."""
        sent = [
            FailedHandshakes(f"destination {name}", reason, count)
            for name, link in self._links.items()
            if isinstance(link, MllpDestination)
            for reason, count in sorted(link.failed_handshakes.items())
        ]
        return [*self._doors.failed_handshakes(), *self._failed(), *sent]

    def look(self) -> None:
        """Write to the log which certificates end soon."""
        self._certificates.look()
