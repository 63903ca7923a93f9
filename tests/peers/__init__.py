"""Programs of other makers that the tests talk to, and the rule for when one is missing."""

from __future__ import annotations

import os

import pytest


def require_peer(name: str, present: bool, how_to_install: str) -> None:
    """Skip by name when a peer is missing; with REQUIRE_PEERS=1 its absence is a failure."""
    if present:
        return
    reason = f"{name} is missing; install it: {how_to_install}"
    if os.environ.get("REQUIRE_PEERS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
