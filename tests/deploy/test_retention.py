"""The page of what is stored names every table once, and every setting that removes something."""

from __future__ import annotations

import re
from collections import Counter

from adapter.settings import Settings
from adapter.store.tables import metadata
from adapter.workflow.retention import KINDS
from tests.deploy.files import DEPLOY

PAGE = (DEPLOY / "retention.md").read_text()
ROWS = [line.split("|")[1:-1] for line in PAGE.splitlines() if line.startswith("| ")][1:]
SEVERAL = {"dictation"}  # its recordings, and its transcripts


def test_every_table_is_of_a_kind() -> None:
    named = Counter(name for row in ROWS for name in re.findall(r"`(\w+)`", row[1]))
    assert set(named) == {name.removeprefix("readout_") for name in metadata.tables}
    assert {name for name, times in named.items() if times > 1} == SEVERAL


def test_every_kind_that_goes_has_its_setting_there() -> None:
    told = [name for row in ROWS for name in re.findall(r"READOUT_KEEP_(\w+)_DAYS", row[2])]
    assert sorted(name.lower() for name in told) == sorted(KINDS) == sorted(Settings().keep_days)
    assert all(days == 0 for days in Settings().keep_days.values())


def test_what_stays_for_good_says_so() -> None:
    for row in ROWS:
        assert row[2].strip() or row[4].strip(), row
