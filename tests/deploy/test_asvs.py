"""The page of OWASP ASVS covers each requirement of level 2 once, and names tests that exist."""

from __future__ import annotations

import re
from collections import Counter

from tests.deploy.files import DEPLOY, ROOT

_PAGE = (DEPLOY / "asvs.md").read_text()
_ROWS = [line.split("|") for line in _PAGE.splitlines() if re.match(r"\| \d", line)]
_STATES = ("met", "not applicable", "site", "open")

# Sections of ASVS 4.0.3 with how many requirements each has, and those that are not of level 2
# (level 3, or taken out of the standard).
_SECTIONS = {
    "1.1": 7, "1.2": 4, "1.4": 5, "1.5": 4, "1.6": 4, "1.7": 2, "1.8": 2, "1.9": 2, "1.10": 1,
    "1.11": 3, "1.12": 2, "1.14": 6, "2.1": 12, "2.2": 7, "2.3": 3, "2.4": 6, "2.5": 7, "2.6": 3,
    "2.7": 6, "2.8": 7, "2.9": 3, "2.10": 4, "3.1": 1, "3.2": 4, "3.3": 4, "3.4": 5, "3.5": 3,
    "3.6": 2, "3.7": 1, "4.1": 5, "4.2": 2, "4.3": 3, "5.1": 5, "5.2": 8, "5.3": 10, "5.4": 3,
    "5.5": 4, "6.1": 3, "6.2": 8, "6.3": 3, "6.4": 2, "7.1": 4, "7.2": 2, "7.3": 4, "7.4": 3,
    "8.1": 6, "8.2": 3, "8.3": 8, "9.1": 3, "9.2": 5, "10.1": 1, "10.2": 6, "10.3": 3, "11.1": 8,
    "12.1": 3, "12.2": 1, "12.3": 6, "12.4": 2, "12.5": 2, "12.6": 1, "13.1": 5, "13.2": 6,
    "13.3": 2, "13.4": 2, "14.1": 5, "14.2": 6, "14.3": 3, "14.4": 7, "14.5": 4,
}  # fmt: skip
_OTHERS = {
    "1.4": (2, 3), "1.11": (3,), "1.12": (1,), "2.2": (4, 5, 6, 7), "2.8": (7,), "3.6": (1, 2),
    "4.1": (4,), "6.2": (7, 8), "6.3": (3,), "7.3": (2,), "8.1": (5, 6), "9.2": (5,), "10.1": (1,),
    "10.2": (3, 4, 5, 6), "13.1": (2,), "13.2": (4,), "14.1": (5,), "14.3": (1,),
}  # fmt: skip


def test_each_requirement_of_level_2_stands_once() -> None:
    wanted = {
        f"{part}.{number}"
        for part, count in _SECTIONS.items()
        for number in range(1, count + 1)
        if number not in _OTHERS.get(part, ())
    }
    told = Counter(number for row in _ROWS for number in row[1].split())
    assert set(told) == wanted
    assert [number for number, times in told.items() if times > 1] == []


def test_each_row_has_a_state_and_what_is_met_is_shown() -> None:
    for row in _ROWS:
        state = row[3].strip()
        assert state.startswith(_STATES), row
        if state.startswith("met"):
            assert "tests/" in row[4] or row[4].strip().startswith("no test: "), row


def test_the_tests_that_are_named_exist() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", _PAGE)
    assert len(named) > 100
    for path, name in named:
        assert name, f"name the test of {path} that shows it"
        assert re.search(rf"def {name}\b", (ROOT / path).read_text()), (path, name)
