from __future__ import annotations

from pathlib import Path

import pytest

from adapter.domain.order import OrderAction, OrderStatus, Side
from adapter.errors import ConfigurationError
from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_orders import OrderMapping, load_order_mapping
from adapter.mapping.places import Place

SMALL = """
messages: [ORM^O01]
patient_id: [PID-3]
accession: [OBR-20, ORC-3.1]
procedure: [OBR-4]
controls:
  NW: {action: new, statuses: {"": scheduled}}
"""


def load(tmp_path: Path, text: str) -> OrderMapping:
    (tmp_path / "orders.yaml").write_text(text)
    return load_order_mapping(MappingFiles(site=tmp_path))


def test_the_packaged_mapping_is_valid_and_takes_the_three_order_messages() -> None:
    mapping = load_order_mapping(MappingFiles())
    assert {"ORM^O01", "OMG^O19", "OMI^O23"} <= mapping.messages
    assert Place("OBR", 18) in mapping.accession
    assert Place("IPC", 1) in mapping.accession
    assert mapping.controls["CA"].statuses["CA"] is OrderStatus.CANCELLED


def test_a_site_s_file_replaces_the_packaged_one(tmp_path: Path) -> None:
    mapping = load(tmp_path, SMALL)
    assert mapping.accession == (Place("OBR", 20), Place("ORC", 3))
    assert mapping.controls["NW"].action is OrderAction.NEW
    assert mapping.side_of("left knee") is None


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("OBR-20", "OBR20", "OBR20"),
        ("OBR-20", "OBR-20.1.1.1", "OBR-20.1.1.1"),
        ("action: new", "action: invent", "controls.NW.action"),
        ("messages: [ORM^O01]", "", "messages"),
        ("patient_id: [PID-3]", "patient_id: [PID-3]\nfallback_charset: klingon", "klingon"),
        ("patient_id: [PID-3]", "patient_id: [PID-3]\nacession: [OBR-1]", "acession"),
    ],
)
def test_a_wrong_file_is_refused_by_the_name_of_its_key(
    tmp_path: Path, old: str, new: str, named: str
) -> None:
    with pytest.raises(ConfigurationError, match=named.replace(".", r"\.")):
        load(tmp_path, SMALL.replace(old, new))


def test_side_words_are_whole_words_in_any_case() -> None:
    mapping = load_order_mapping(MappingFiles())
    assert mapping.side_of("Knee, Left.") is Side.LEFT
    assert mapping.side_of("cleft palate, bright") is None
    assert mapping.side_of("") is None
