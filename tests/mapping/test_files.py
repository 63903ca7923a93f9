from __future__ import annotations

from pathlib import Path

import pytest

from adapter.errors import ConfigurationError
from adapter.mapping.files import MappingFiles, MappingTable, StoredMappingFiles


class Table(MappingTable):
    name: str
    count: int = 1


@pytest.fixture
def files(tmp_path: Path) -> MappingFiles:
    for folder in ("site/things", "packaged/things"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "packaged/things/a.yaml").write_text("name: packaged a\n")
    (tmp_path / "packaged/things/b.yaml").write_text("name: packaged b\n")
    (tmp_path / "site/things/b.yaml").write_text("name: site b\n")
    return MappingFiles(site=tmp_path / "site", packaged=tmp_path / "packaged")


def test_a_site_file_hides_the_packaged_one_of_its_name(files: MappingFiles) -> None:
    read = [each.read(Table).name for each in files.folder("things")]
    assert read == ["packaged a", "site b"]


def test_a_missing_file_is_named(files: MappingFiles) -> None:
    with pytest.raises(ConfigurationError, match=r"orders\.yaml is missing in .*site and .*pack"):
        files.get("orders.yaml")


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("name: [", "not valid YAML"),
        ("count: 2", "name: Field required"),
        ("name: x\ncolour: red", "colour: Extra inputs are not permitted"),
        ("- 1", "file: Input should be a valid dictionary"),
        ("name: !!python/object/apply:os.system ['true']", "not valid YAML"),
    ],
)
def test_a_wrong_file_says_where_and_what(
    files: MappingFiles, tmp_path: Path, body: str, complaint: str
) -> None:
    (tmp_path / "site/things/a.yaml").write_text(body)
    with pytest.raises(ConfigurationError, match=complaint) as caught:
        files.get("things/a.yaml").read(Table)
    assert "things/a.yaml" in str(caught.value)


def test_stored_files_read_like_files_on_disk(files: MappingFiles) -> None:
    bodies = {each.name: each.body for each in files.folder("things")}
    stored = StoredMappingFiles(bodies=bodies)
    assert [each.sha256 for each in stored.folder("things")] == [
        each.sha256 for each in files.folder("things")
    ]
    with pytest.raises(ConfigurationError, match="not in the record"):
        stored.get("orders.yaml")
