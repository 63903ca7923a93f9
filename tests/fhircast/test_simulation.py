"""1,000 context changes over a bad network: workspace and hub agree, no dictation is mixed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapter.store.database import Database
from tests.fhircast.simulation import SEAT, World

CHANGES = int(os.environ.get("READOUT_CONTEXT_CHANGES", "1000"))
SEEDS = range(int(os.environ.get("READOUT_CONTEXT_SEEDS", "1")))


@pytest.mark.parametrize("policy", ["follow", "refuse"])
@pytest.mark.parametrize("seed", SEEDS)
def test_workspace_and_hub_agree_after_all(
    seed: int, policy: str, sqlite: Database, tmp_path: Path
) -> None:
    world = World(tmp_path, sqlite, seed, policy)
    world.live_through(CHANGES // 4 if policy == "refuse" else CHANGES)
    row = world.contexts.row(SEAT)
    assert row is not None
    assert row.accession == world.hub_shows()
    assert row.state in ("followed", "none")
    assert world.disagreements == []
    assert world.shown_wrongly == []
    assert world.mixed_dictations() == []
    world.close()
