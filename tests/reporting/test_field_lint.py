"""What a form must not do."""

from __future__ import annotations

import pytest

from adapter.errors import ConfigurationError
from adapter.reporting.template_lint import lint
from tests.reporting.fields import BODY, read_form
from tests.reporting.tables import tables


def test_the_form_passes() -> None:
    assert not list(lint(read_form(), tables().lexicon))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("volume: {volume}.", "volume: {size}.", "prostate.size: stands in 2 lines"),
        ("volume: {volume}.", "volume: {size}.", "prostate.volume: stands in 0 lines"),
        ("volume: {volume}.", "volume: {volum}.", "there is no field prostate.volum"),
        ("volume: {volume}.", "volume.", "no field stands in it"),
        ("volume: {volume}.", "volume. {volume}.", "more than one sentence"),
        ("{reason}; compared with {prior}", "{reason}{prior}", "side by side"),
        ("says: [gland volume]", "says: [gland size]", "'gland size' is that of"),
        ("label: Coil", "label: Impression", "is that of a section"),
        ("default: body", "default: none", "'none' does not fit it"),
        ("unit: mL,", "unit: mL, default: '4',", "a measurement has no default"),
        ('says: ["1", one]', 'says: ["1", four]', "2 choices are named 'four'"),
    ],
)
def test_the_lint_finds(old: str, new: str, message: str) -> None:
    assert old in BODY
    assert any(
        message in each for each in lint(read_form(BODY.replace(old, new)), tables().lexicon)
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("type: date", "type: time", "type"),
        ("type: date", "type: date, unit: d", "for type number"),
        ("type: date", "type: choice", "has choices"),
        ("type: date", "type: date, pattern: x", "for type text"),
        ("type: date", "pattern: (", "not a regular expression"),
        ("least: 5, most: 400", "least: 5, most: 4", "no number is both"),
        ("dimensions: 3", "dimensions: 4", "dimensions"),
        ("id: size_line", "id: size", "used twice"),
    ],
)
def test_a_wrong_field_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_form(BODY.replace(old, new))
