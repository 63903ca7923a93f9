"""How a slash inside a part of an address is kept."""

from __future__ import annotations

SLASH = "\x00"
"""Stands in a path parameter for a slash that came percent-encoded."""
