"""Reports out over MLLP: one persistent connection, one message in flight, every answer checked."""

from __future__ import annotations

import logging
from collections import Counter

from adapter.domain.delivery import Answer, Delivery, Outcome
from adapter.errors import Rejected, TryAgain
from adapter.hl7v2.ack import Acknowledgement, read_acknowledgement
from adapter.hl7v2.link import HandshakeFailed, MllpLink
from adapter.hl7v2.tls import client_contexts
from adapter.mapping.mllp_profile import MllpProfile

_log = logging.getLogger(__name__)


class MllpDestination:
    """A receiver of reports; implements ports.Destination on whichever loop calls it.

    Raises ConfigurationError when its TLS files cannot be used.
    """

    def __init__(self, profile: MllpProfile) -> None:
        self._profile = profile
        self._tls = client_contexts(profile.tls) if profile.tls else None
        self._link: MllpLink | None = None
        self.failed_handshakes: Counter[str] = Counter()  # by reason

    async def send(self, delivery: Delivery) -> Answer:
        """Send the stored bytes and read the ACK.

        Raises TryAgain when the link fails, no answer comes, or the answer is not to this message.
        """
        link = await self._connected()
        body = await link.exchange(delivery.body, self._profile.answer_seconds)
        try:
            ack = read_acknowledgement(body)
        except Rejected as error:
            link.drop()
            raise TryAgain(f"the receiver's answer cannot be read: {error}") from None
        if ack.control_id != delivery.control_id:
            link.drop()
            raise TryAgain("the receiver answered another message (MSA-2 is not our control id)")
        return self._answer(ack, link)

    async def reach(self) -> str:
        """A connection of its own, closed again; raises TryAgain."""
        at = self._profile
        (await self._connect()).drop()
        return f"{at.host}:{at.port} takes connections{' over TLS' if at.tls else ''}"

    async def close(self) -> None:
        """Drop the connection."""
        if self._link is not None:
            self._link.drop()
            self._link = None

    async def _connected(self) -> MllpLink:
        if self._link is None or not self._link.usable:
            await self.close()
            try:
                self._link = await self._connect()
            except HandshakeFailed as error:
                self.failed_handshakes[error.why] += 1
                _log.warning("TLS handshake failed: %s", error)
                raise
        return self._link

    async def _connect(self) -> MllpLink:
        at = self._profile
        return await MllpLink.connect(
            at.host,
            at.port,
            at.connect_seconds,
            at.connect_attempts,
            tls=self._tls.get() if self._tls else None,
            server_name=at.tls.server_name if at.tls else "",
        )

    def _answer(self, ack: Acknowledgement, link: MllpLink) -> Answer:
        match ack.code:
            case "AA" | "CA":
                return Answer(Outcome.ACCEPTED, ack.code, ack.text)
            case "AE" | "CE":
                return Answer(self._profile.on_error, ack.code, ack.text)
            case "AR" | "CR":
                return Answer(self._profile.on_reject, ack.code, ack.text)
        link.drop()
        raise TryAgain(f"the receiver's answer holds no known code in MSA-1: {ack.code[:10]!r}")
