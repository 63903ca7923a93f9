"""Modes of AI sources: nothing of a shadow finding is anywhere, and a switch works at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapter.domain.ai_source import AiMode
from adapter.domain.decision import DecisionKind
from adapter.domain.identifiers import Accession, Phi
from adapter.domain.order import Code
from adapter.domain.people import Patient
from adapter.errors import Conflict, NotFound
from adapter.mapping.ai_sources import AiDefault, AiSource, IntendedUse, Registry
from adapter.store import ai_sources as stored_sources
from adapter.store import findings, reports, studies
from adapter.store.database import Database
from adapter.store.tables import metadata
from adapter.workflow import ai_results, ai_sources
from adapter.workflow.ai_results import NEW_VERSION
from adapter.workflow.dictations import context_of
from adapter.workflow.replay import replay
from adapter.workflow.review import take_lock
from adapter.workflow.study_flow import HOUSE
from tests.fakes.house import DR_GRAY, Workflow, tables, translate
from tests.peers import postgres

ROOT = Path(__file__).resolve().parents[2]
NORMAL = "the heart is normal in size period"
TEXT = "Left apical pneumothorax."
Make = Callable[..., Workflow]


def source(**values: object) -> AiSource:
    known: dict[str, object] = {
        "schema": "ai-source/1",
        "id": "cxr_ai",
        "title": "Chest AI",
        "models": ("cxr",),
        "versions": ("1",),
        "mode": AiMode.SUGGEST,
    }
    return AiSource.model_validate(known | values)


def maker(database: Database, folder: Path) -> Make:
    def made(*sources: AiSource, **default: object) -> Workflow:
        other = AiDefault.model_validate({"schema": "ai-source-default/1"} | default)
        registry = Registry(sources, other)
        return Workflow(database, folder, tables=replace(tables(), ai_sources=registry))

    return made


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Workflows with these sources, on SQLite."""
    database = Database(f"sqlite:///{tmp_path / 'readout.sqlite'}")
    metadata.create_all(database.engine)
    yield maker(database, tmp_path)
    database.close()


@pytest.fixture
def make_on_each(database: Database, tmp_path: Path) -> Make:
    """The same on each engine."""
    return maker(database, tmp_path)


def post(flow: Workflow, accession: str = "A1", version: str = "1", text: str = TEXT) -> AiMode:
    body = (
        f'{{"findings": [{{"id": "a1", "text": "{text}", "finding": "pneumothorax",'
        f' "side": "left", "model": "cxr", "version": "{version}"}}]}}'
    )
    (taken,) = ai_results.receive(flow.house, Accession(accession), body.encode())
    flow.jobs.run()
    return taken.ruling.mode


def suggestions(flow: Workflow, accession: str = "A1") -> list[str]:
    with flow.database.read() as tx:
        return [
            each.finding.text
            for each in reports.shown(reports.get_latest(tx, accession)).suggestions
        ]


def stored(flow: Workflow, accession: str = "A1") -> int:
    with flow.database.read() as tx:
        return len(findings.of_study(tx, accession))


def house_events(flow: Workflow) -> list[str]:
    with flow.database.read() as tx:
        return [event for _, event, _ in studies.events(tx, HOUSE)]


def test_shadow_is_stored_and_changes_nothing(make: Make) -> None:
    flow = make(source(mode="shadow"))
    flow.order("A1")
    flow.dictate("A1", NORMAL)
    before = flow.events("A1")
    with flow.database.read() as tx:
        version = reports.get_latest(tx, "A1")
    assert post(flow) is AiMode.SHADOW
    assert stored(flow) == 1
    assert flow.events("A1") == before
    with flow.database.read() as tx:
        assert reports.get_latest(tx, "A1") == version
        assert "pneumothorax" not in context_of(flow.house, tx, studies.get(tx, "A1")).phrases[:3]
    with pytest.raises(NotFound, match="no a1"):
        flow.sign_off.decide("A1", DecisionKind.ACCEPT, "a1", DR_GRAY)
    flow.sign_off.sign("A1", DR_GRAY, version.number)


def test_dictate_first_is_shown_once_somebody_has_dictated(make: Make) -> None:
    flow = make(source(mode="dictate-first"))
    flow.order("A1")
    assert post(flow) is AiMode.DICTATE_FIRST
    assert "AI findings" not in flow.events("A1")
    with pytest.raises(NotFound):
        flow.sign_off.decide("A1", DecisionKind.ACCEPT, "a1", DR_GRAY)
    flow.dictate("A1", NORMAL)
    assert suggestions(flow) == [TEXT]
    flow.sign_off.decide("A1", DecisionKind.ACCEPT, "a1", DR_GRAY)


def test_inline_is_marked_where_the_template_lets_it(make: Make) -> None:
    flow = make(source(mode="inline"))
    flow.order("A1")
    post(flow)
    flow.dictate("A1", NORMAL)
    with flow.database.read() as tx:
        assert TEXT not in reports.get_latest(tx, "A1").text  # the template says `suggest`
    assert suggestions(flow) == [TEXT]


def test_what_comes_while_a_source_is_off_is_refused_and_kept(make: Make) -> None:
    flow = make(source(mode="off"))
    flow.order("A1")
    flow.dictate("A1", NORMAL)
    assert post(flow) is AiMode.OFF
    assert stored(flow) == 0
    assert suggestions(flow) == []


@pytest.mark.peer
def test_a_model_stopped_in_one_process_is_off_in_another(
    postgres_cluster: str, tmp_path: Path
) -> None:
    """At once, although the other has judged by the mode of before."""
    url = postgres.fresh_database(postgres_cluster)
    database = Database(url)
    metadata.create_all(database.engine)
    here = Workflow(database, tmp_path)
    here.order("A1")
    here.order("A2")
    pipe = subprocess.PIPE
    there = [sys.executable, "-m", "tests.workflow.second_node", url]
    with subprocess.Popen(there, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as other:
        assert other.stdin is not None
        assert other.stdout is not None

        def judged(accession: str) -> str:
            print(accession, file=other.stdin, flush=True)
            return str(other.stdout.readline().strip())

        assert judged("A1") == "suggest"
        ai_sources.set_mode(here.house, "cxr", AiMode.OFF, DR_GRAY)
        assert judged("A2") == "off"
        assert stored(here, "A2") == 0
        ai_sources.start(here.house, "cxr", DR_GRAY)
        assert judged("A2") == "suggest"
        other.stdin.close()
    database.close()


@pytest.mark.parametrize(
    ("use", "told"),
    [
        ({"modality": ("CT",)}, "modality CR"),
        ({"body_part": ("head",)}, "body part is not head"),
        ({"sex": "M"}, "sex is not M"),
        ({"age_from": 18}, "age is not known"),
        ({"patient_class": ("E",)}, "patient class not known"),
    ],
)
def test_outside_the_intended_use_is_shadow_with_the_reason(
    make: Make, use: dict[str, object], told: str
) -> None:
    flow = make(source(intended_use=IntendedUse.model_validate(use)))
    flow.order("A1")
    flow.dictate("A1", NORMAL)
    assert post(flow) is AiMode.SHADOW
    assert suggestions(flow) == []
    ((accession, ruling),) = ai_sources.held(flow.house, "cxr_ai")
    assert (accession, ruling.reasons) == ("A1", (f"outside the intended use: {told}",))


def test_a_model_of_the_emergency_room_is_shown_there_alone(make: Make) -> None:
    flow = make(source(intended_use=IntendedUse(patient_class=("E",))))
    flow.order("A1", patient_class="I")
    flow.order("A2", patient_class="E")
    for accession in ("A1", "A2"):
        flow.dictate(accession, NORMAL)
        post(flow, accession)
    assert (suggestions(flow, "A1"), suggestions(flow, "A2")) == ([], [TEXT])


@pytest.mark.parametrize(
    ("born", "shown"), [("20080301", True), ("20080302", False), ("19200101", True)]
)
def test_the_age_is_that_on_the_day_of_the_study(make: Make, born: str, shown: bool) -> None:
    use = {"modality": ("CR", "DX"), "body_part": ("chest",), "age_from": 18, "sex": "any"}
    flow = make(source(intended_use=IntendedUse.model_validate(use)))
    patient = Patient(Phi("SYN1"), birth_date=Phi(born))
    flow.order("A1", patient=patient, scheduled_at="20260301")
    flow.dictate("A1", NORMAL)
    post(flow)
    assert suggestions(flow) == ([TEXT] if shown else [])


def test_findings_before_the_order_wait_in_shadow_until_it_tells_enough(make: Make) -> None:
    flow = make(source(intended_use=IntendedUse(modality=("CR",))))
    assert post(flow) is AiMode.SHADOW
    flow.dictate("A1", NORMAL)
    assert suggestions(flow) == []
    flow.order("A1")
    flow.jobs.run()
    assert suggestions(flow) == [TEXT]


def test_a_new_version_starts_in_shadow_and_is_told_once(make_on_each: Make) -> None:
    flow = make_on_each(source())
    for accession in ("A1", "A2"):
        flow.order(accession)
        assert post(flow, accession, version="2") is AiMode.SHADOW
        assert post(flow, accession, version="1") is AiMode.SUGGEST
    assert house_events(flow) == [NEW_VERSION]
    ((_, event, detail),) = ai_sources.history(flow.house, "cxr")
    assert (event, detail) == (NEW_VERSION, "cxr_ai: cxr 2 is in shadow until its file names it")
    flow.dictate("A1", NORMAL)
    assert suggestions(flow) == [TEXT]  # of version 1; both use one id


def test_a_model_without_a_file_follows_the_default(make: Make) -> None:
    flow = make(mode="shadow")
    flow.order("A1")
    assert post(flow) is AiMode.SHADOW
    (state,) = ai_sources.listed(flow.house)
    assert (state.id, state.file, state.base) == ("cxr", None, AiMode.SHADOW)


def test_the_switch_takes_suggestions_out_of_drafts_and_leaves_signed_reports(
    make_on_each: Make,
) -> None:
    flow = make_on_each(source())
    for accession in ("A1", "A2"):
        flow.order(accession, procedure=Code("XRCH2", "Chest radiograph"))
        flow.dictate(accession, NORMAL)
        post(flow, accession)
    flow.clear("A2")
    flow.sign_off.sign("A2", DR_GRAY)
    with flow.database.read() as tx:
        signed = reports.get_latest(tx, "A2")
        draft = reports.get_latest(tx, "A1")
    ai_sources.set_mode(flow.house, "cxr", AiMode.OFF, DR_GRAY, "false alarms")
    with pytest.raises(Conflict, match="changed"):
        flow.sign_off.sign("A1", DR_GRAY, draft.number)  # before it is merged again
    flow.jobs.run()
    assert suggestions(flow) == []
    with flow.database.read() as tx:
        assert reports.get_latest(tx, "A2") == signed
        assert ai_sources.is_off(flow.house, tx, "cxr_ai")
    assert post(flow, "A1", text="Large left pneumothorax.") is AiMode.OFF
    flow.clock.forward(60)
    assert ai_sources.start(flow.house, "cxr_ai", DR_GRAY, "mended") == "cxr_ai"
    flow.jobs.run()
    assert suggestions(flow) == [TEXT]  # what came meanwhile was refused
    told = [each[1:] for each in ai_sources.history(flow.house, "cxr_ai")]
    assert told == [
        ("ai-source stopped", "cxr_ai: by 123: false alarms"),
        ("ai-source started", "cxr_ai: by 123: mended"),
    ]
    assert all(each.same for each in replay(flow.database, "A1", lambda _, m: translate(m)))


def test_what_a_person_accepted_stays_and_is_flagged(make: Make) -> None:
    flow = make(source())
    flow.order("A1")
    flow.dictate("A1", NORMAL)
    post(flow)
    flow.sign_off.decide("A1", DecisionKind.ACCEPT, "a1", DR_GRAY)
    ai_sources.set_mode(flow.house, "cxr_ai", AiMode.SHADOW, DR_GRAY)
    flow.jobs.run()
    with flow.database.read() as tx:
        last = reports.get_latest(tx, "A1")
    assert TEXT in last.text
    flags = {flag.code: flag for flag in reports.shown(last).flags}
    assert flags["ai_source_withdrawn"].statement == "ai-a1"
    assert reports.shown(last).certificate.ok
    assert all(each.same for each in replay(flow.database, "A1", lambda _, m: translate(m)))


def test_a_switch_never_makes_a_source_freer(make: Make) -> None:
    flow = make(source(mode="shadow"))
    with pytest.raises(Conflict, match="stricter alone"):
        ai_sources.set_mode(flow.house, "cxr_ai", AiMode.SUGGEST, DR_GRAY)
    with pytest.raises(NotFound, match="there are: cxr_ai"):
        ai_sources.set_mode(flow.house, "cxr-ai", AiMode.OFF, DR_GRAY)
    with pytest.raises(Conflict, match="nothing is set"):
        ai_sources.start(flow.house, "cxr_ai", DR_GRAY)
    assert house_events(flow) == []


def test_a_changed_file_takes_effect_on_drafts_at_the_start(make: Make) -> None:
    flow = make(source())
    flow.order("A1")
    flow.dictate("A1", NORMAL)
    post(flow)
    again = make(source(mode="shadow"))
    assert ai_sources.merge_drafts_again(again.house) == 1
    again.jobs.run()
    assert suggestions(again) == []
    again.sign_off.sign("A1", DR_GRAY)


def test_who_has_the_study_open_is_told_that_suggestions_went(make: Make) -> None:
    flow = make(source())
    flow.order("A1")
    flow.order("A2")
    post(flow)
    take_lock(flow.house, "A1", DR_GRAY)
    take_lock(flow.house, "A2", DR_GRAY)
    ai_sources.set_mode(flow.house, "cxr_ai", AiMode.OFF, DR_GRAY)
    assert "AI suggestions changed" in flow.events("A1")
    assert "AI suggestions changed" not in flow.events("A2")


def test_models_are_kept_once_a_study(make: Make) -> None:
    flow = make(source())
    flow.order("A1")
    post(flow)
    post(flow, text="Small left pneumothorax.")
    with flow.database.read() as tx:
        (seen,) = stored_sources.seen(tx)
    assert (seen.model, seen.version, seen.studies) == ("cxr", "1", 1)
