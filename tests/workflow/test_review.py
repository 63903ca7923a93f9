from __future__ import annotations

import pytest

from adapter.domain.codec import from_json
from adapter.domain.decision import DecisionKind
from adapter.domain.delivery import DeliveryKind
from adapter.domain.identifiers import Accession
from adapter.domain.people import Practitioner
from adapter.domain.review import LOCK_S, ReviewState
from adapter.errors import Conflict, Malformed, NotFound
from adapter.reporting.pipeline import ReportInputs
from adapter.store import deliveries, reports, reviews, studies
from adapter.workflow.review import leave, lock_of, take_lock
from adapter.workflow.stale_edits import StaleEdit
from tests.fakes.house import DR_GRAY, Workflow

RESIDENT = Practitioner("77", "Young", "Rae")
TYPED = Accession("A1")


@pytest.fixture
def read(workflow: Workflow) -> Workflow:
    workflow.order("A1")
    workflow.dictate("A1", "the heart is normal in size period small right effusion period")
    return workflow


def state(workflow: Workflow) -> str:
    with workflow.database.read() as tx:
        return studies.get(tx, "A1").review


def text(workflow: Workflow) -> str:
    with workflow.database.read() as tx:
        return reports.get_latest(tx, "A1").text


def dictated(workflow: Workflow) -> tuple[str, int]:
    """The first dictated statement, and the version it stands in."""
    with workflow.database.read() as tx:
        last = reports.get_latest(tx, "A1")
    found = (each for part in reports.shown(last).sections for each in part.statements)
    return next(each.id for each in found if each.origin == "dictated"), last.number


def test_a_report_is_handed_over_handed_back_and_signed(read: Workflow) -> None:
    read.review.hand_over("A1", RESIDENT, 1, to="Gray")
    assert state(read) == ReviewState.PENDING_SIGNATURE
    read.review.hand_back("A1", DR_GRAY, "Which side?")
    assert state(read) == ReviewState.SIGN_REJECTED
    read.review.hand_over("A1", RESIDENT)
    read.sign_off.sign("A1", DR_GRAY)
    assert (state(read), read.status("A1")) == (ReviewState.NONE, "final")
    with read.database.read() as tx:
        steps = reviews.of_study(tx, "A1")
    assert [(each.state, each.person.id, each.to, each.reason) for each in steps] == [
        ("pending_signature", "77", "Gray", ""),
        ("sign_rejected", "123", "", "Which side?"),
        ("pending_signature", "77", "", ""),
    ]
    assert prepared_by(read) == RESIDENT


def prepared_by(workflow: Workflow) -> Practitioner | None:
    """As the latest version keeps it for its messages."""
    with workflow.database.read() as tx:
        return from_json(ReportInputs, reports.get_latest(tx, "A1").inputs_json).prepared_by


def test_nobody_else_prepared_what_one_signs_alone(read: Workflow) -> None:
    read.review.hand_over("A1", DR_GRAY)
    read.review.hand_over("A1", RESIDENT)
    read.review.recall("A1", RESIDENT)
    read.sign_off.sign("A1", DR_GRAY)
    assert prepared_by(read) is None


def test_who_prepared_it_stays_named_when_it_is_added_to(read: Workflow) -> None:
    read.review.hand_over("A1", RESIDENT)
    read.sign_off.sign("A1", DR_GRAY)
    read.sign_off.addendum("A1", DR_GRAY, "Compared.")
    assert prepared_by(read) == RESIDENT


def test_what_waits_for_no_signature_is_neither_handed_back_nor_recalled(read: Workflow) -> None:
    for act in (
        lambda: read.review.hand_back("A1", DR_GRAY, "no"),
        lambda: read.review.recall("A1", RESIDENT),
    ):
        with pytest.raises(Conflict):
            act()
    read.review.hand_over("A1", RESIDENT)
    read.review.recall("A1", RESIDENT)
    assert state(read) == ReviewState.NONE


def test_a_signed_report_is_not_handed_over(read: Workflow) -> None:
    read.sign_off.sign("A1", DR_GRAY)
    with pytest.raises(Conflict, match="signed"):
        read.review.hand_over("A1", RESIDENT)


def test_a_version_that_moved_is_not_handed_over(read: Workflow) -> None:
    read.dictate("A1", "small left effusion period")
    with pytest.raises(Conflict, match="changed"):
        read.review.hand_over("A1", RESIDENT, 1)


def test_a_wet_read_leaves_as_preliminary_under_a_name(read: Workflow) -> None:
    made = read.review.wet_read("A1", RESIDENT, 1)
    read.jobs.run()
    assert (state(read), read.status("A1")) == (ReviewState.WET_READ, "preliminary")
    assert "Young" in made.person
    assert read.sent() == [("A1", "preliminary"), ("A1", "preliminary")]


def test_a_signed_report_is_corrected_and_sent_as_corrected(read: Workflow) -> None:
    read.sign_off.sign("A1", DR_GRAY)
    target, number = dictated(read)
    made = read.sign_off.correct("A1", DR_GRAY, {target: "The heart is large."}, number)
    read.jobs.run()
    assert (made.status, read.status("A1")) == ("corrected", "corrected")
    assert "The heart is large." in text(read)
    assert read.sent()[-1] == ("A1", "correction")
    with pytest.raises(Conflict, match="changed"):
        read.sign_off.correct("A1", DR_GRAY, {target: "The heart is small."}, number)
    with pytest.raises(NotFound):
        read.sign_off.correct("A1", DR_GRAY, {"s99": "x"}, made.number)


def test_what_is_not_signed_is_not_corrected(read: Workflow) -> None:
    target, number = dictated(read)
    with pytest.raises(Conflict, match="not signed"):
        read.sign_off.correct("A1", DR_GRAY, {target: "x"}, number)


def test_an_addendum_may_follow_a_correction(read: Workflow) -> None:
    read.sign_off.sign("A1", DR_GRAY)
    target, number = dictated(read)
    read.sign_off.correct("A1", DR_GRAY, {target: "The heart is large."}, number)
    read.sign_off.addendum("A1", DR_GRAY, text="Seen with 2025.")
    assert "The heart is large." in text(read)
    assert "Seen with 2025." in text(read)


def edit(workflow: Workflow, target: str, words: str, seen: int, who: Practitioner) -> None:
    workflow.sign_off.decide("A1", DecisionKind.EDIT, target, who, words, seen)


def test_the_slower_of_two_edits_is_refused_with_what_stands_now(read: Workflow) -> None:
    target, number = dictated(read)
    edit(read, target, "The heart is large.", number, DR_GRAY)
    with pytest.raises(StaleEdit) as before:
        edit(read, target, "The heart is small.", number, RESIDENT)
    assert (before.value.current, before.value.version) == ("The heart is large.", number)
    read.jobs.run()
    with pytest.raises(StaleEdit) as after:
        edit(read, target, "The heart is small.", number, RESIDENT)
    assert after.value.current == "The heart is large."
    edit(read, target, "The heart is small.", number + 1, RESIDENT)
    read.jobs.run()
    assert "The heart is small." in text(read)


def test_an_edit_sent_twice_is_stored_once(read: Workflow) -> None:
    target, number = dictated(read)
    for _ in range(2):
        edit(read, target, "The heart is large.", number, DR_GRAY)
    assert read.events("A1").count(f"edit {target}") == 1


def test_an_edit_of_what_did_not_change_stands_beside_another(read: Workflow) -> None:
    target, number = dictated(read)
    read.dictate("A1", "no rib fracture period")
    edit(read, target, "The heart is large.", number, DR_GRAY)
    read.jobs.run()
    assert "The heart is large." in text(read)


def test_an_edit_of_words_that_are_others_now_is_refused(read: Workflow) -> None:
    _, number = dictated(read)
    shown = {}
    with read.database.read() as tx:
        for part in reports.shown(reports.get_latest(tx, "A1")).sections:
            shown |= {each.id: each.text for each in part.statements}
    last = max(shown, key=lambda id_: int(id_[1:]) if id_[0] == "s" else -1)
    edit(read, last, "Other words.", number, DR_GRAY)
    read.jobs.run()
    with pytest.raises(StaleEdit):
        edit(read, last, "My words.", number, RESIDENT)


def test_typed_words_are_merged_like_spoken_ones(read: Workflow) -> None:
    made = read.dictations.type_in(TYPED, "go to bones. No rib fracture.", "k1", "123")
    again = read.dictations.type_in(TYPED, "go to bones. No rib fracture.", "k1", "123")
    read.jobs.run()
    assert made == again
    assert "No rib fracture." in text(read)
    assert "go to" not in text(read)


def test_the_same_words_typed_later_count_again(read: Workflow) -> None:
    for key, name in (("1", "ct_head"), ("2", "xr_chest_2v"), ("3", "ct_head")):
        read.dictations.type_in(TYPED, f"apply template {name}.", key, "123")
        read.jobs.run()
        with read.database.read() as tx:
            shown = reports.shown(reports.get_latest(tx, "A1"))
        assert shown.template.id == name
    assert shown.certificate.ok


def test_nothing_is_typed_into_a_signed_report(read: Workflow) -> None:
    with pytest.raises(Malformed):
        read.dictations.type_in(TYPED, " \n", "k", "123")
    read.sign_off.sign("A1", DR_GRAY)
    with pytest.raises(Conflict):
        read.dictations.type_in(TYPED, "More.", "k", "123")


def test_a_lock_stands_until_it_is_left_taken_over_or_forgotten(read: Workflow) -> None:
    def held_by(who: Practitioner, *, take_over: bool = False) -> str:
        return take_lock(read.house, "A1", who, take_over=take_over).person.id

    assert held_by(RESIDENT) == "77"
    assert held_by(DR_GRAY) == "77"
    assert held_by(DR_GRAY, take_over=True) == "123"
    assert "taken over" in read.events("A1")
    leave(read.house, "A1", RESIDENT)
    assert held_by(RESIDENT) == "123"
    leave(read.house, "A1", DR_GRAY)
    with read.database.read() as tx:
        assert lock_of(tx, "A1", read.house.now()) is None
    assert held_by(RESIDENT) == "77"
    read.clock.forward(LOCK_S + 1)
    assert held_by(DR_GRAY) == "123"
    read.clock.forward(-3600)  # it was set back: a lock lasts no hour for that
    assert held_by(RESIDENT) == "77"


def test_a_preview_holds_what_signing_sends_and_stores_nothing(read: Workflow) -> None:
    shown = read.reports.preview("A1", DeliveryKind.FINAL, DR_GRAY)
    with read.database.read() as tx:
        assert len(reports.versions(tx, "A1")) == 1
    read.sign_off.sign("A1", DR_GRAY)
    with read.database.read() as tx:
        sent = deliveries.of_study(tx, "A1")[-1]
    (message,) = shown.messages
    assert message.body.split(b"|", 1)[1] == sent.delivery.body.split(b"|", 1)[1]
