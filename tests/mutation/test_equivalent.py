"""The list of faults that change nothing names faults that there are."""

from __future__ import annotations

import yaml

from tests.mutation.faults import faults
from tests.mutation.run import EQUIVALENT, FILES


def test_faults_known_to_change_nothing_are_faults_of_the_code() -> None:
    known = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8"))
    files = {name.split(": ")[0] for name in known}
    names = {fault.name for path in FILES if path.name in files for fault in faults(path)}
    assert not set(known) - names
