from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapter.mapping.destinations import DestinationProfile, load_destinations
from adapter.mapping.fhir_orders import FhirOrderMapping
from adapter.mapping.fhir_profile import FhirProfile
from adapter.mapping.files import MappingFiles

BASE = "http://127.0.0.1:8080/fhir"


def test_the_shipped_example_is_a_profile_that_sends_nothing() -> None:
    example = MappingFiles().get("destinations/fhir_example.yaml").read(DestinationProfile)
    assert example.fhir is not None
    assert not example.enabled
    assert example.name not in {each.name for each in load_destinations(MappingFiles())}


def test_the_shipped_order_mapping_is_read() -> None:
    assert MappingFiles().get("fhir_orders.yaml").read(FhirOrderMapping) == FhirOrderMapping()


def test_a_site_overrides_what_a_refusal_means(tmp_path: Path) -> None:
    folder = tmp_path / "destinations"
    folder.mkdir()
    text = f"name: ehr\nprotocol: fhir\nfhir:\n  base_url: {BASE}\n  answers: {{409: retry}}\n"
    (folder / "ehr.yaml").write_text(text)
    profile = MappingFiles(tmp_path).get("destinations/ehr.yaml").read(DestinationProfile).fhir
    assert profile is not None
    assert profile.answers == {409: "retry"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"base_url": "ftp://ehr"}, "base_url"),
        ({"base_url": "http://ehr/fhir?x=1"}, "base_url"),
        ({"token_env": "s3cret-value"}, "token_env"),
        ({"token": "s3cret"}, "token"),
        ({"answers": {"409": "drop"}}, "answers"),
        ({"report_system": ""}, "report_system"),
        ({"patient": "match"}, "mrn_system"),
    ],
)
def test_what_cannot_work_is_refused(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        FhirProfile.model_validate({"base_url": BASE} | wrong)


@pytest.mark.parametrize("table", [FhirProfile, FhirOrderMapping])
def test_every_field_is_documented(table: type[FhirProfile] | type[FhirOrderMapping]) -> None:
    assert [name for name, field in table.model_fields.items() if not field.description] == []
