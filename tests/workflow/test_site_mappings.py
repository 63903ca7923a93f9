"""Templates, macros and words are written whole, checked, in the history, and never lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.domain.identifiers import sha256_hex
from adapter.errors import Conflict, NotFound, TryAgain
from adapter.mapping.files import MappingFiles
from adapter.store.database import Database
from adapter.workflow.site_mappings import LARGEST, Refused, SiteMappings
from tests.fakes.house import DR_GRAY, Workflow

NAME = "templates/xr_chest_1v.yaml"
WORDS = "vocabulary/en.site.yaml"


@pytest.fixture
def desk(sqlite: Database, tmp_path: Path) -> SiteMappings:
    return SiteMappings(Workflow(sqlite, tmp_path).house, MappingFiles(site=tmp_path / "site"))


def packaged(desk: SiteMappings, name: str = NAME) -> tuple[bytes, str]:
    held = desk.get(name)
    return held.file.body, held.file.sha256


def test_a_change_is_written_beside_the_package_and_every_version_kept(desk: SiteMappings) -> None:
    body, base = packaged(desk)
    first = body.replace(b"version: 2", b"version: 3")
    desk.save(NAME, first, DR_GRAY, base)
    second = first.replace(b"No pneumothorax.", b"There is no pneumothorax.")
    with pytest.raises(Conflict, match="meanwhile"):
        desk.save(NAME, second, DR_GRAY, base)
    desk.save(NAME, second, DR_GRAY, sha256_hex(first))
    held = desk.get(NAME)
    assert (held.site, held.file.body) == (True, second)
    assert [each.sha256 for each in desk.versions(NAME)] == [sha256_hex(second), sha256_hex(first)]
    assert desk.versions(NAME)[0].person == DR_GRAY.id
    assert desk.version(NAME, sha256_hex(first)) == first
    assert desk.files.packaged.joinpath(NAME).read_bytes() == body
    assert [path.name for path in (held.file.path.parent).iterdir()] == ["xr_chest_1v.yaml"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (b"id: xr_chest_1v", b"id: other", "not the file's name"),
        (b"organs: [lungs]", b"organs: [moon]", "no organ 'moon'"),
        (b"version: 2", b"version: 2\nunknown: 1", "unknown"),
        (b"sections:", b"sections: [", "YAML"),
        (b'"The lungs are clear."', b'"Clear. Normal."', "lungs_clear"),
    ],
)
def test_what_has_a_fault_is_not_written(
    desk: SiteMappings, old: bytes, new: bytes, fault: str
) -> None:
    body, base = packaged(desk)
    with pytest.raises(Refused, match=fault):
        desk.save(NAME, body.replace(old, new, 1), DR_GRAY, base)
    assert not desk.get(NAME).site
    assert desk.versions(NAME) == []


def test_what_holds_only_together_is_checked_too(desk: SiteMappings) -> None:
    body, base = packaged(desk)
    other = body.replace(b"version: 2", b"version: 2\nlanguage: xx")
    assert desk.faults(NAME, other) == []
    with pytest.raises(Refused, match="no vocabulary for language 'xx'"):
        desk.save(NAME, other, DR_GRAY, base)


def test_a_site_adds_words_but_keeps_the_packaged_ones(desk: SiteMappings) -> None:
    desk.save(WORDS, b"terms: {Foobarium: [foo barium]}\n", DR_GRAY, "")
    assert desk.get(WORDS).site
    body, base = packaged(desk, "vocabulary/en.yaml")
    with pytest.raises(Refused, match=r"\.site\.yaml"):
        desk.save("vocabulary/en.yaml", body, DR_GRAY, base)


@pytest.mark.parametrize(
    "name",
    ["../etc/passwd", "templates/../x.yaml", "checks.yaml", "templates/x.yml", "/templates/x.yaml",
     "templates/x.site.yaml", "templates/.yaml", "destinations/ris.yaml", "templates/X\n.yaml"],
)  # fmt: skip
def test_nothing_else_can_be_written_or_read(desk: SiteMappings, name: str) -> None:
    for act in (lambda: desk.get(name), lambda: desk.save(name, b"", DR_GRAY, "")):
        with pytest.raises(NotFound):
            act()


def test_a_file_that_is_too_large_is_refused(desk: SiteMappings) -> None:
    assert "larger" in desk.faults("macros/mine.yaml", b"#" * (LARGEST + 1))[0]


def test_without_a_directory_of_the_site_nothing_is_written(desk: SiteMappings) -> None:
    alone = SiteMappings(desk.house, MappingFiles())
    with pytest.raises(Conflict, match="READOUT_MAPPINGS_DIR"):
        alone.save(NAME, b"", DR_GRAY, "")


def test_a_disk_that_refuses_leaves_no_version_behind(desk: SiteMappings, tmp_path: Path) -> None:
    (tmp_path / "site").write_text("a file where the directory should be")
    body, base = packaged(desk)
    with pytest.raises(TryAgain):
        desk.save(NAME, body.replace(b"version: 2", b"version: 3"), DR_GRAY, base)
    assert desk.versions(NAME) == []
