"""All tables of a report, and the files that they come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.errors import ConfigurationError
from adapter.mapping.files import MappingFile, MappingFiles
from adapter.mapping.reporting import ReportingTables
from adapter.reporting.pipeline import ReportInputs, build_report
from adapter.reporting.render import report_json
from tests.reporting.tables import heard, tables


class Stored(MappingFiles):
    """Files of an earlier day, as a replay hands them in."""

    def __init__(self, bodies: dict[str, bytes]) -> None:
        super().__init__()
        object.__setattr__(self, "bodies", bodies)

    def get(self, name: str) -> MappingFile:
        bodies: dict[str, bytes] = self.bodies  # type: ignore[attr-defined]
        return MappingFile(name, Path("stored") / name, bodies[name])

    def folder(self, name: str) -> list[MappingFile]:
        bodies: dict[str, bytes] = self.bodies  # type: ignore[attr-defined]
        return [self.get(each) for each in sorted(bodies) if each.startswith(f"{name}/")]


def test_sources_are_every_file_that_decides_a_report() -> None:
    names = [each.name for each in tables().sources]
    assert {name.split("/")[0] for name in names} == {
        "ai_sources",
        "checks.yaml",
        "findings",
        "macros",
        "templates",
        "vocabulary",
    }
    assert len(names) == len(set(names))


def test_a_report_is_the_same_from_stored_files() -> None:
    bodies = {each.name: each.body for each in tables().sources}
    again = ReportingTables.load(Stored(bodies))
    inputs = ReportInputs((heard("small left effusion period otherwise normal period"),))
    assert report_json(build_report(inputs, again)) == report_json(build_report(inputs, tables()))


def test_an_unknown_language_is_written_by_no_rules_and_none_named_as_english() -> None:
    assert tables().vocabulary("xx").language == "und"
    assert tables().vocabulary("").language == "en"


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "findings").mkdir()
    (tmp_path / "findings" / "mine.yaml").write_text("findings: [{id: 5}]", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"mine\.yaml"):
        ReportingTables.load(MappingFiles(site=tmp_path))
