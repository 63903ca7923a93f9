"""Secrets that files name by a variable: from the environment, or from a file that it names."""

from __future__ import annotations

import os
from pathlib import Path

from adapter.errors import ConfigurationError

_LONGEST = 65_536


def secret_of(variable: str) -> str:
    """The value of `variable`, or what the file named by `variable`_FILE holds; empty: neither.

    Raises ConfigurationError for a file that cannot be read; it tells nothing of a secret.
    """
    if not variable:
        return ""
    file = os.environ.get(f"{variable}_FILE", "").strip()
    return secret_in(Path(file)) if file else os.environ.get(variable, "").strip()


def needed_secret(variable: str) -> str:
    """The same of a variable that must have one; empty where none is named."""
    found = secret_of(variable)
    if variable and not found:
        raise ConfigurationError(f"environment variable {variable} or {variable}_FILE is not set")
    return found


def secret_in(file: Path) -> str:
    """What the file holds, without blanks around it; raises ConfigurationError."""
    try:
        with file.open("rb") as source:
            found = source.read(_LONGEST + 1).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(f"the secret file {file} cannot be read as text") from None
    if not found or len(found) > _LONGEST:
        raise ConfigurationError(f"the secret file {file} is empty or too large")
    return found
