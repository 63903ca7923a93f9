"""What the recogniser is told of a study."""

from __future__ import annotations

from dataclasses import replace

from adapter.domain.finding import AiFinding
from adapter.domain.identifiers import Phi
from adapter.domain.order import Code, Order
from adapter.ports import SpeechContext
from adapter.store import findings
from adapter.workflow.dictations import Dictations, speech_context
from adapter.workflow.study_flow import TRANSCRIBE
from tests.fakes.house import Workflow, order, tables

LESION = AiFinding("a1", "hemangioma of Jane Demo", "model", "1", finding="hemangioma")
GAS = AiFinding("a2", "Left-sided pneumothorax in patient SYN1", "model", "1", present=False)
UNKNOWN = AiFinding("a3", "zzz", "model", "1")


def context(asked: Order, *ai: AiFinding) -> SpeechContext:
    return speech_context(asked, tables(), ai, "en")


def test_the_most_relevant_comes_first() -> None:
    phrases = context(order("A1"), LESION, GAS, UNKNOWN).phrases
    assert phrases[:3] == ("Chest radiograph, two views", "hepatic hemangioma", "pneumothorax")
    table = tables().choose(order("A1")).table
    titles = [each.title for each in table.sections]
    assert list(phrases[3 : 3 + len(titles)]) == titles
    assert phrases.index("tension pneumothorax") < phrases.index("pleural thickening")
    assert len({each.casefold() for each in phrases}) == len(phrases)


def test_the_words_are_those_of_the_template_that_serves_the_order() -> None:
    head = context(order("A1", procedure=Code("", "CT head"), modality="CT"))
    chest = context(order("A1"))
    assert "subdural hematoma" in head.phrases
    assert "subdural hematoma" not in chest.phrases


def test_no_patient_data_is_in_it() -> None:
    asked = order("A1", reason=Phi("fell off a roof"))
    said = " ".join(context(asked, LESION, GAS).phrases).casefold()
    for private in ("jane", "demo", "syn1", "roof", "a1"):
        assert private not in said.split()


def test_an_order_without_a_procedure_still_has_words() -> None:
    bare = order("A1", procedure=Code("", ""), modality="")
    assert context(bare).phrases


def test_a_dictation_is_heard_with_what_is_known_of_its_study(workflow: Workflow) -> None:
    workflow.order("A1")
    with workflow.database.write() as tx:
        findings.add_batch(tx, "A1", (LESION,), workflow.house.now())
    workflow.dictate("A1", "no pneumothorax period")
    assert workflow.recognizer.heard == [context(order("A1"), LESION)]


def test_the_language_is_that_of_the_setting_and_writes_the_report(workflow: Workflow) -> None:
    workflow.house = replace(workflow.house, language="de")
    workflow.dictations = Dictations(workflow.house)
    workflow.jobs.handle(TRANSCRIBE, workflow.dictations.transcribe)
    workflow.order("A1")
    workflow.dictate("A1", "nierenzyste von drei komma zwei zentimetern punkt")
    assert [each.language for each in workflow.recognizer.heard] == ["de"]
    assert b"Nierenzyste von 3,2 cm." in workflow.ris.received[0].body
