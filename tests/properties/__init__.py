"""Invariants over generated inputs: some examples always, many by `make properties` (TIMES=…)."""

from __future__ import annotations

import os

from hypothesis import settings

_TIMES = int(os.environ.get("READOUT_PROPERTY_TIMES", "1"))


def examples(count: int) -> settings:
    """So many in `make test`, which tries the same at every run of the gate."""
    return settings(max_examples=count * _TIMES, deadline=None)
