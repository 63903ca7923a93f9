from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from adapter.domain.delivery import DeliveryKind, Outcome
from adapter.mapping.destinations import DestinationProfile, load_destinations
from adapter.mapping.files import MappingFiles
from adapter.mapping.mllp_profile import MllpProfile, StatusByKind


def test_the_shipped_examples_are_valid_and_off() -> None:
    files = MappingFiles()
    examples = [file.read(DestinationProfile) for file in files.folder("destinations")]
    mllp = [each for each in examples if each.protocol == "mllp"]
    assert len(mllp) >= 4
    assert not any(each.enabled for each in examples)
    assert not load_destinations(files)


def test_defaults_hold_errors_for_a_person_and_retry_rejects() -> None:
    profile = MllpProfile(port=2575)
    assert (profile.on_error, profile.on_reject) == (Outcome.HOLD, Outcome.RETRY)
    assert (profile.version, profile.charset) == ("2.5.1", "UNICODE UTF-8")


@pytest.mark.parametrize(
    ("kind", "letter"),
    [(DeliveryKind.PRELIMINARY, "R"), (DeliveryKind.FINAL, "F"), (DeliveryKind.ADDENDUM, "A")],
)
def test_status_by_kind(kind: DeliveryKind, letter: str) -> None:
    assert StatusByKind(preliminary="R", addendum="A").of(kind) == letter


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"port": 0},
        {"port": 70000},
        {"port": 1, "layout": "prose"},
        {"port": 1, "timezone": "Mars/Olympus"},
        {"port": 1, "timezone": "../etc/passwd"},
        {"port": 1, "on_error": "accepted"},
        {"port": 1, "report_status": {"final": "FF"}},
        {"port": 1, "default_code": {"code": "1|2"}},
        {"port": 1, "default_code": {"code": "1", "text": "a^b"}},
        {"port": 1, "hots": "typo"},
    ],
)
def test_a_wrong_profile_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MllpProfile.model_validate(wrong)
