"""What the recogniser is told of a study."""

from __future__ import annotations

from adapter.domain.finding import AiFinding
from adapter.domain.identifiers import Phi
from adapter.domain.order import Code
from adapter.store import findings
from adapter.workflow.dictations import speech_context
from tests.fakes.house import Workflow, order, tables

LESION = AiFinding("a1", "hemangioma of Jane Demo", "model", "1", finding="hemangioma")
GAS = AiFinding("a2", "Left-sided pneumothorax in patient SYN1", "model", "1", present=False)
UNKNOWN = AiFinding("a3", "zzz", "model", "1")


def test_the_most_relevant_comes_first() -> None:
    phrases = speech_context(order("A1"), tables(), (LESION, GAS, UNKNOWN)).phrases
    assert phrases[:3] == ("Chest radiograph, two views", "hemangioma", "pneumothorax")
    table = tables().templates.choose(order("A1")).table
    titles = [each.title for each in table.sections]
    assert list(phrases[3 : 3 + len(titles)]) == titles
    assert phrases.index("tension pneumothorax") < phrases.index("pleural thickening")
    assert len({each.casefold() for each in phrases}) == len(phrases)


def test_the_words_are_those_of_the_template_that_serves_the_order() -> None:
    head = speech_context(order("A1", procedure=Code("", "CT head"), modality="CT"), tables())
    chest = speech_context(order("A1"), tables())
    assert "subdural hematoma" in head.phrases
    assert "subdural hematoma" not in chest.phrases


def test_no_patient_data_is_in_it() -> None:
    asked = order("A1", reason=Phi("fell off a roof"))
    said = " ".join(speech_context(asked, tables(), (LESION, GAS)).phrases).casefold()
    for private in ("jane", "demo", "syn1", "roof", "a1"):
        assert private not in said.split()


def test_an_order_without_a_procedure_still_has_words() -> None:
    bare = order("A1", procedure=Code("", ""), modality="")
    assert speech_context(bare).phrases == ()
    assert speech_context(bare, tables()).phrases


def test_a_dictation_is_heard_with_what_is_known_of_its_study(workflow: Workflow) -> None:
    workflow.order("A1")
    with workflow.database.write() as tx:
        findings.add_batch(tx, "A1", (LESION,), workflow.house.now())
    workflow.dictate("A1", "no pneumothorax period")
    (context,) = workflow.recognizer.heard
    assert context == speech_context(order("A1"), tables(), (LESION,))
