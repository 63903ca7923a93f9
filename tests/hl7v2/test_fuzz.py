"""The short form of `make fuzz-mllp`."""

from __future__ import annotations

from pathlib import Path

from tests.hl7v2.fuzz import Fuzz


def test_mutated_messages_are_answered_or_refused_and_nothing_breaks(tmp_path: Path) -> None:
    found = Fuzz(tmp_path, 600, seed=1).run()
    assert found.faults == []
    assert found.closed > 0
    assert {"AA", "AE", "AR", "CA", "CE"} <= set(found.codes)
