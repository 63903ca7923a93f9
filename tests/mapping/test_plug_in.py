from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
import yaml
from pydantic import ValidationError

from adapter.mapping.checks import CheckId
from adapter.mapping.files import MappingFiles
from adapter.mapping.plug_in import Entra, load_plug_in, manifest
from tests.peers.plug_in_contract import MANIFEST

SHIPPED = Path(__file__).resolve().parents[2] / "deploy" / "plugin" / "extension.yaml"
OF_RECORDINGS = {
    "low_confidence",
    "heard_contradiction",
    "unheard_speech",
    "words_set_apart",
    "ai_unsupported",
}
GUID = "11111111-2222-3333-4444-555555555555"


def test_the_shipped_manifest_is_that_of_the_mapping() -> None:
    told = manifest(load_plug_in(MappingFiles()))
    assert SHIPPED.read_text() == told, "run make plug-in-manifest"
    MANIFEST.validate(yaml.safe_load(told))


def test_a_manifest_tells_what_the_site_has_set() -> None:
    entra = Entra(tenant=GUID, audiences=("x",), callers=(GUID,))
    changed = {"entra": entra, "body_parts": ("CHEST",), "modalities": ("CT", "CR")}
    told = yaml.safe_load(manifest(load_plug_in(MappingFiles()).model_copy(update=changed)))
    MANIFEST.validate(told)
    assert told["auth"] == {"tenantId": GUID}
    criteria = {"relevantBodyParts": ["CHEST"], "relevantModalities": ["CT", "CR"]}
    assert told["tools"][0]["relevanceFilteringCriteria"] == criteria


def test_every_check_of_a_text_is_offered() -> None:
    assert set(load_plug_in(MappingFiles()).checks) == set(get_args(CheckId)) - OF_RECORDINGS


@pytest.mark.parametrize(
    "wrong", [{"tenant": "x"}, {"callers": ()}, {"audiences": ()}, {"keys_url": "ftp://x"}]
)
def test_whose_tokens_are_accepted_must_be_named(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Entra(**({"tenant": GUID, "audiences": ("x",), "callers": (GUID,)} | wrong))
