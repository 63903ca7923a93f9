"""The short form of `make fuzz-mllp`."""

from __future__ import annotations

from pathlib import Path

import pytest
import uvloop

from tests.hl7v2.fuzz import Fuzz


@pytest.mark.parametrize("seed", [1, 2])
def test_mutated_messages_are_answered_or_refused_and_nothing_breaks(
    tmp_path: Path, seed: int
) -> None:
    found = uvloop.run(Fuzz(tmp_path, 500, seed).run())
    assert found.faults == []
    assert found.closed > 0
    assert {"AA", "AE", "AR"} <= set(found.codes)
