"""Who may connect to a listener: by address and by client certificate."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Mapping
from typing import Any

from adapter.domain.identifiers import sha256_hex
from adapter.mapping.listeners import Allow

_SHORT = {
    "commonName": "CN",
    "organizationalUnitName": "OU",
    "organizationName": "O",
    "countryName": "C",
    "localityName": "L",
    "stateOrProvinceName": "ST",
}


class AllowList:
    """The allow list of one listener; an empty one lets everybody in."""

    def __init__(self, allow: Allow | None = None) -> None:
        allow = allow or Allow()
        self._networks = [ipaddress.ip_network(each) for each in allow.addresses]
        self._certificates = allow.certificates

    def refusal(self, transport: asyncio.BaseTransport) -> str:
        """Why the sender at the other end may not connect; "" when it may."""
        return self.refusal_of(peer_address(transport), transport.get_extra_info("ssl_object"))

    def refusal_of(self, address: str, tls: ssl.SSLObject | ssl.SSLSocket | None) -> str:
        """The same of an address and its TLS connection; None: it is in the clear."""
        if self._networks and not self._knows(address):
            return f"address {address} is not on the allow list"
        if self._certificates and not self._shown(tls):
            return f"the certificate shown by {address} is not on the allow list"
        return ""

    def _knows(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        plain = getattr(found, "ipv4_mapped", None) or found
        return any(plain in network for network in self._networks)

    def _shown(self, tls: ssl.SSLObject | ssl.SSLSocket | None) -> bool:
        if tls is None:
            return False
        fingerprint = "sha256:" + sha256_hex(tls.getpeercert(binary_form=True) or b"")
        subject = _subject(tls.getpeercert() or {})
        return any(
            each == fingerprint
            or (not each.startswith("sha256:") and set(each.split(",")) <= subject)
            for each in self._certificates
        )


def peer_address(transport: asyncio.BaseTransport) -> str:
    """The sender's address without its port."""
    return str((transport.get_extra_info("peername") or ("unknown",))[0])


def _subject(certificate: Mapping[str, Any]) -> set[str]:
    """The parts of the subject as `CN=…`."""
    return {
        f"{_SHORT[name]}={value}"
        for part in certificate.get("subject", ())
        for name, value in part
        if name in _SHORT
    }
