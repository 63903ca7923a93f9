"""Keys of the audit trail: in a file that no administrator of the database reads."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path

from adapter.errors import ConfigurationError
from adapter.key_file import make_key_file, read_keys

_SETTING = "READOUT_AUDIT_KEY_FILE"
_SEAL, _PATIENT = b"readout audit seal\n", b"readout audit patient\n"
_TRACE = b"readout trace\n"
_HEADER = (
    "# Keys of Readout's audit trail, one a line, the last one seals. Keep the earlier ones: they\n"
    "# prove the older rows. All nodes of one database share this file. Never store it there.\n"
)


@dataclass(frozen=True, slots=True)
class AuditKeys:
    """32-byte keys, oldest first: the last one seals, the first one hides numbers of patients."""

    keys: tuple[bytes, ...]

    def seal(self, text: str) -> str:
        """`id:HMAC-SHA-256`, by the newest key."""
        key = self.keys[-1]
        return f"{key_id(key)}:{_mac(key, _SEAL, text)}"

    def good(self, text: str, seal: str) -> bool | None:
        """Whether one of the keys made this seal; None: it is of a key that is not here."""
        for key in self.keys:
            if seal.partition(":")[0] == key_id(key):
                return hmac.compare_digest(seal, f"{key_id(key)}:{_mac(key, _SEAL, text)}")
        return None

    def pseudonym(self, text: str) -> str:
        """Stands for a patient."""
        return _mac(self.keys[0], _PATIENT, text)

    def trace(self, accession: str) -> str:
        """Names the trace of a study, to nobody else."""
        return _mac(self.keys[0], _TRACE, accession)

    def pseudonyms(self, text: str) -> set[str]:
        """All that may stand for a patient, where nodes had keys of their own."""
        return {_mac(key, _PATIENT, text) for key in self.keys}


def key_id(key: bytes) -> str:
    """Names a key without telling it."""
    return hashlib.sha256(b"readout audit key\n" + key).hexdigest()[:8]


def open_keys(path: Path) -> AuditKeys:
    """The keys of this file, which is made where there is none; raises ConfigurationError."""
    try:
        if not path.exists():
            make_key_file(path, _HEADER)
    except OSError as error:
        raise ConfigurationError(
            f"the audit key file {path} cannot be made ({error.strerror}): set {_SETTING}"
        ) from None
    return AuditKeys(read_keys(path, _SETTING))


def _mac(key: bytes, purpose: bytes, text: str) -> str:
    return hmac.new(key, purpose + text.encode(), hashlib.sha256).hexdigest()
