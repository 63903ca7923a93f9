"""Files of secret keys: 64 hex digits a line, `#` begins a comment, the last line counts."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from adapter.errors import ConfigurationError

_KEY_BYTES = 32


def read_keys(path: Path, setting: str) -> tuple[bytes, ...]:
    """Keys of 32 bytes, oldest first; raises ConfigurationError, which names the setting."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="ascii").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        why = type(error).__name__
        raise ConfigurationError(f"{path} cannot be read ({why}); set {setting}") from None
    keys = tuple(_key(path, line) for line in lines if line and not line.startswith("#"))
    if not keys:
        raise ConfigurationError(f"{path} holds no key: 64 hex digits a line ({setting})")
    return keys


def make_key_file(path: Path, header: str) -> None:
    """A file with one new key, readable by its owner alone; one that is there stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
            target.write(header + secrets.token_hex(_KEY_BYTES) + "\n")
            target.flush()
            os.fsync(target.fileno())
        try:
            os.link(made, path)
        except FileExistsError:
            return
    finally:
        made.unlink(missing_ok=True)


def _key(path: Path, line: str) -> bytes:
    try:
        key = bytes.fromhex(line)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise ConfigurationError(f"each line of {path} must be 64 hex digits")
    return key
