"""How the TLS of all listeners and destinations of a node stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from adapter.domain.link_security import CertificateExpiry, FailedHandshakes
from adapter.hl7v2.certificates import CertificateWatch, watched
from adapter.hl7v2.sender import MllpDestination
from adapter.mapping.destinations import DestinationProfile
from adapter.mapping.listeners import ListenerProfile
from adapter.ports import Clock, Destination

Link = tuple[DestinationProfile, Destination]


class LinkWatch:
    """`heard`: what the listeners tell of handshakes; `links` by name of the destination."""

    def __init__(
        self,
        listeners: Sequence[ListenerProfile],
        links: Mapping[str, Link],
        heard: Callable[[], list[FailedHandshakes]],
        clock: Clock,
    ) -> None:
        self._links, self._heard = links, heard
        files = [file for each in listeners for file in watched(f"listener {each.name}", each.tls)]
        for name, (profile, _) in links.items():
            tls = profile.mllp.tls if profile.mllp is not None else None
            files += watched(f"destination {name}", tls)
        self._certificates = CertificateWatch(files, clock)

    def certificates(self) -> list[CertificateExpiry]:
        """Every certificate as it is now."""
        return self._certificates.states()

    def handshakes(self) -> list[FailedHandshakes]:
        """Failures since the start, by listener or destination and reason."""
        sent = [
            FailedHandshakes(f"destination {name}", reason, count)
            for name, (_, link) in self._links.items()
            if isinstance(link, MllpDestination)
            for reason, count in sorted(link.failed_handshakes.items())
        ]
        return self._heard() + sent

    def look(self) -> None:
        """Write to the log which certificates end soon."""
        self._certificates.look()
