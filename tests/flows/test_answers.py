"""What the reporting system answers decides what happens next; the bytes never change."""

from __future__ import annotations

from itertools import count

import pytest

from tests.fakes.receivers import ACCEPT, CUT, ERROR, HANG, LOST, REJECT, poll
from tests.flows.hospital import Hospital


def test_an_error_is_held_shown_and_sent_again_on_demand(hospital: Hospital) -> None:
    hospital.ris.choose = lambda accession, kind: ERROR if accession == "ANS-1" else ACCEPT
    hospital.order("ANS-1")
    hospital.dictate("ANS-1")
    first = hospital.ris.wait("ANS-1", "P", answer=ERROR)
    held = poll(lambda: hospital.deliveries("ANS-1", "held"))[0]
    assert (held["answer"], held["control_id"]) == ("AE", first.control_id)
    assert "told by the test" in held["answer_text"]
    listed = hospital.http.get("/api/deliveries?state=held").json()["deliveries"]
    assert first.control_id in [each["control_id"] for each in listed]

    hospital.order("ANS-2")  # a held delivery does not stop other studies
    hospital.dictate("ANS-2")
    hospital.ris.wait("ANS-2", "P")

    hospital.ris.choose = lambda accession, kind: ACCEPT
    response = hospital.http.post(f"/api/deliveries/{first.control_id}/resend")
    assert response.is_success, response.text
    again = hospital.ris.wait("ANS-1", "P", answer=ACCEPT)
    assert (again.control_id, again.body) == (first.control_id, first.body)
    hospital.acknowledged("ANS-1", 2)


def test_what_follows_a_held_report_of_its_study_waits(hospital: Hospital) -> None:
    hospital.ris.choose = lambda accession, kind: ERROR if kind == "P" else ACCEPT
    hospital.order("ANS-3")
    hospital.dictate("ANS-3")
    first = hospital.ris.wait("ANS-3", "P", answer=ERROR)
    poll(lambda: hospital.deliveries("ANS-3", "held"))
    hospital.sign("ANS-3")
    hospital.ehr.wait("ANS-3", "final")
    assert [each.kind for each in hospital.ris.of("ANS-3")] == ["P"]

    hospital.ris.choose = lambda accession, kind: ACCEPT
    hospital.http.post(f"/api/deliveries/{first.control_id}/resend").raise_for_status()
    hospital.ris.wait("ANS-3", "F")
    assert [each.kind for each in hospital.ris.of("ANS-3")] == ["P", "P", "F"]


@pytest.mark.parametrize("trouble", [REJECT, HANG, CUT, LOST])
def test_trouble_is_tried_again_with_the_same_bytes(hospital: Hospital, trouble: str) -> None:
    accession = f"ANS-{trouble}"
    numbers = count()

    def choose(told: str, kind: str) -> str:
        return trouble if told == accession and next(numbers) < 2 else ACCEPT

    hospital.ris.choose = choose
    hospital.order(accession)
    hospital.dictate(accession)
    hospital.ris.wait(accession, "P", answer=ACCEPT)
    came = hospital.ris.of(accession)
    assert [each.answer for each in came] == [trouble, trouble, ACCEPT]
    assert len({(each.control_id, each.body) for each in came}) == 1
    hospital.acknowledged(accession, 2)
    delivery = next(each for each in hospital.deliveries(accession) if each["destination"] == "ris")
    assert (delivery["attempts"], delivery["answer"]) == (3, "AA")


def test_what_was_sent_again_can_be_rebuilt(hospital: Hospital) -> None:
    assert hospital.replay_all() == []


def test_an_error_is_retried_where_the_profile_says_so(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("retrying")
    hospital = Hospital(folder, ris_profile="on_error: retry")
    try:
        numbers = count()
        hospital.ris.choose = lambda accession, kind: ERROR if next(numbers) == 0 else ACCEPT
        hospital.wait_ready()
        hospital.order("ANS-9")
        hospital.dictate("ANS-9")
        hospital.ris.wait("ANS-9", "P", answer=ACCEPT)
        assert [each.answer for each in hospital.ris.of("ANS-9")] == [ERROR, ACCEPT]
    finally:
        hospital.close()
