"""Keys of the audit trail: in a file that no administrator of the database reads."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from adapter.errors import ConfigurationError

_KEY_BYTES = 32
_SEAL, _PATIENT = b"readout audit seal\n", b"readout audit patient\n"
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
            _make(path)
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"the audit key file {path} cannot be read ({error}); set READOUT_AUDIT_KEY_FILE"
        ) from None
    keys = tuple(_key(path, line.strip()) for line in lines if line.strip() and line[0] != "#")
    if not keys:
        raise ConfigurationError(f"the audit key file {path} holds no key: 64 hex digits a line")
    return AuditKeys(keys)


def _key(path: Path, line: str) -> bytes:
    try:
        key = bytes.fromhex(line)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise ConfigurationError(f"each line of the audit key file {path} must be 64 hex digits")
    return key


def _make(path: Path) -> None:
    """All of it or nothing; of two processes at once, the first one's key stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
            target.write(_HEADER + secrets.token_hex(_KEY_BYTES) + "\n")
            target.flush()
            os.fsync(target.fileno())
        try:
            os.link(made, path)
        except FileExistsError:
            return
    finally:
        made.unlink(missing_ok=True)


def _mac(key: bytes, purpose: bytes, text: str) -> str:
    return hmac.new(key, purpose + text.encode(), hashlib.sha256).hexdigest()
