"""Templates and words that are written in the workspace act at once, on every node."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapter.domain.codec import from_json, to_json
from adapter.mapping.files import MappingFile, MappingFiles, StoredMappingFiles
from adapter.mapping.reporting import ReportingTables
from adapter.reporting.pipeline import ReportInputs, build_report
from adapter.store import reports
from adapter.store.database import Database
from adapter.store.tables import report
from adapter.workflow.mapping_versions import keep
from adapter.workflow.site_mappings import SiteMappings
from tests.fakes.house import DR_GRAY, Workflow

TEMPLATE = "templates/xr_chest_2v.yaml"
WORDS = "vocabulary/en.site.yaml"
CLEAR, NEW = b"The lungs are clear.", b"Both lungs are clear."


class Node:
    """One of several with a directory of its own; `site` None: it has none to write into."""

    def __init__(self, database: Database, folder: Path, *, site: bool = True) -> None:
        self.work = Workflow(database, folder)
        self.site = folder / "site" if site else None
        self.desk = SiteMappings(self.work.house, MappingFiles(site=self.site))

    def write(self, name: str, body: bytes) -> None:
        base = self.desk.get(name).file.sha256 if self.desk.has(name) else ""
        self.desk.save(name, body, DR_GRAY, base)

    def rewrite(self, old: bytes, new: bytes) -> None:
        self.write(TEMPLATE, self.desk.get(TEMPLATE).file.body.replace(old, new))

    def text(self, accession: str) -> str:
        with self.work.database.read() as tx:
            return reports.get_latest(tx, accession).text


@pytest.fixture
def here(sqlite: Database, tmp_path: Path) -> Node:
    return Node(sqlite, tmp_path / "here")


def begin(node: Node, accession: str) -> None:
    node.work.order(accession)
    node.work.dictate(accession, "the heart is normal in size period otherwise normal period")


_READ: dict[str, ReportingTables] = {}


def check_replay(database: Database, accession: str) -> None:
    """Every version, from what is stored alone."""
    with database.read() as tx:
        for each in reports.versions(tx, accession):
            if each.mappings_json not in _READ:
                files = StoredMappingFiles(bodies=reports.mapping_bodies(tx, each.mappings_json))
                _READ[each.mappings_json] = ReportingTables.load(files)
            inputs = from_json(ReportInputs, each.inputs_json)
            again = build_report(inputs, _READ[each.mappings_json])
            assert to_json(again) == each.report_json, each.number


def test_a_new_report_is_made_with_what_was_just_written(
    database: Database, tmp_path: Path
) -> None:
    here, there = (Node(database, tmp_path / name) for name in ("here", "there"))
    begin(here, "OLD")
    here.rewrite(CLEAR, NEW)
    begin(here, "A1")
    assert NEW.decode() in here.text("A1")
    begin(there, "A2")
    assert CLEAR.decode() in there.text("A2")
    assert there.desk.follow()
    assert not there.desk.follow()
    begin(there, "A3")
    assert NEW.decode() in there.text("A3")
    assert there.desk.get(TEMPLATE).file.body == here.desk.get(TEMPLATE).file.body
    for accession in ("OLD", "A1", "A2", "A3"):
        check_replay(here.work.database, accession)


def test_a_report_in_work_keeps_its_template_and_takes_the_new_words(here: Node) -> None:
    begin(here, "A1")
    here.rewrite(CLEAR, NEW)
    here.write(WORDS, b"terms: {Foobarium: [foo barium]}\n")
    here.work.dictate("A1", "there is foo barium in the stomach period")
    assert CLEAR.decode() in here.text("A1")
    assert "Foobarium" in here.text("A1")
    check_replay(here.work.database, "A1")


def test_what_was_read_is_what_is_signed_and_corrected(here: Node) -> None:
    here.write(WORDS, b"terms: {Foobarium: [foo barium]}\n")
    here.work.order("A1")
    here.work.dictate("A1", "there is foo barium in the stomach period otherwise normal period")
    read = here.text("A1")
    here.write(WORDS, b"terms: {Fooxarium: [foo barium]}\n")
    here.rewrite(CLEAR, NEW)
    signed = here.work.sign_off.sign("A1", DR_GRAY)
    assert signed.text == read
    added = here.work.sign_off.addendum("A1", DR_GRAY, "Seen with the surgeon.")
    assert added.text.startswith(read.rstrip())
    check_replay(here.work.database, "A1")


def test_a_node_that_was_away_catches_up_and_one_without_a_directory_too(
    here: Node, sqlite: Database, tmp_path: Path
) -> None:
    here.rewrite(CLEAR, NEW)
    here.write(
        "macros/mine.yaml",
        b"schema: report-macros/1\nmacros: [{id: my_words, sentences: [{text: Mine.}]}]\n",
    )
    late = Node(sqlite, tmp_path / "late", site=False)
    assert late.desk.follow()
    assert not late.desk.writable
    begin(late, "A1")
    assert NEW.decode() in late.text("A1")
    assert late.desk.has("macros/mine.yaml")


def test_a_file_that_was_changed_by_hand_stays(
    here: Node, sqlite: Database, tmp_path: Path
) -> None:
    body = here.desk.get(TEMPLATE).file.body
    mine = tmp_path / "hand" / "site" / TEMPLATE
    mine.parent.mkdir(parents=True)
    mine.write_bytes(body.replace(CLEAR, b"My lungs are clear."))
    hand = Node(sqlite, tmp_path / "hand")
    here.rewrite(CLEAR, NEW)
    hand.desk.follow()
    assert b"My lungs are clear." in hand.desk.get(TEMPLATE).file.body


def test_files_that_cannot_be_read_leave_those_in_force_and_say_so(here: Node) -> None:
    here.rewrite(CLEAR, NEW)
    assert here.site
    (here.site / "checks.yaml").write_text("checks: [")
    with here.work.database.write() as tx:
        keep(tx, here.desk.get("templates/ct_head.yaml").file, DR_GRAY, here.work.house.now(), "")
    assert not here.desk.follow()
    assert "checks.yaml" in here.desk.trouble
    begin(here, "A1")
    assert NEW.decode() in here.text("A1")


def test_mappings_of_another_release_fall_back_to_those_in_force(here: Node) -> None:
    begin(here, "A1")
    with here.work.database.write() as tx:
        last = reports.get_latest(tx, "A1")
        made = json.loads(last.mappings_json)
        old = here.desk.get(TEMPLATE).file
        strange = MappingFile(TEMPLATE, Path(TEMPLATE), old.body + b"\nunknown_key: 1\n")
        reports.keep_mappings(tx, [strange])
        made[TEMPLATE] = strange.sha256
        tx.execute(sa.update(report).values(mappings_json=json.dumps(made)))
    here.work.dictate("A1", "no pneumothorax period")
    assert CLEAR.decode() in here.text("A1")
