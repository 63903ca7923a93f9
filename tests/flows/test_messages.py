"""Messages other than orders, over real sockets: what they change and what the log says."""

from __future__ import annotations

from tests.fakes.receivers import poll
from tests.flows.hospital import Hospital, Json

PID = "PID|1||{number}^^^TEST^MR||Married^Tilda||19700101|F"


def adt(kind: str, control_id: str, number: str, *more: str) -> bytes:
    head = rf"MSH|^~\&|TESTHIS|TEST|READOUT|RAD|20260105080000||{kind}|{control_id}|P|2.5.1"
    segments = [head, f"EVN|{kind[4:7]}|20260105080000", PID.format(number=number), *more]
    return ("\r".join(segments) + "\r").encode()


def logged(hospital: Hospital, control_id: str) -> Json:
    """The message in the log once it is applied."""

    def find() -> Json | None:
        rows = hospital.http.get("/api/messages?state=applied&limit=500").json()["messages"]
        return next((row for row in rows if row["control_id"] == control_id), None)

    return poll(find)


def test_a_patient_is_corrected_and_merged_between_order_and_report(hospital: Hospital) -> None:
    hospital.order("ADT-1")
    assert hospital.send(adt("ADT^A08^ADT_A01", "adt-1", "SYN9001"))[1] == "AA"
    assert logged(hospital, "adt-1")["reason"] == ""
    assert hospital.study("ADT-1")["patient"]["family"] == "Married"
    merge = adt("ADT^A40^ADT_A39", "adt-2", "SYN9777", "MRG|SYN9001^^^TEST^MR")
    assert hospital.send(merge)[1] == "AA"
    logged(hospital, "adt-2")
    study = hospital.study("ADT-1")
    assert study["patient"]["mrn"] == "SYN9777"
    assert [each["event"] for each in study["history"]][1:] == ["patient updated", "patient merged"]
    hospital.dictate("ADT-1")
    assert b"SYN9777^^^TEST^MR" in hospital.ris.wait("ADT-1", "P").body


def test_an_unknown_patient_is_accepted_and_the_log_says_that_nothing_changed(
    hospital: Hospital,
) -> None:
    assert hospital.send(adt("ADT^A01", "adt-3", "NOBODY"))[1] == "AA"
    assert "no study of this patient" in logged(hospital, "adt-3")["reason"]


def test_a_merge_without_the_retired_number_is_refused(hospital: Hospital) -> None:
    answer = hospital.send(adt("ADT^A40^ADT_A39", "adt-4", "SYN9001"))
    assert answer[1] == "AE"
    assert "MRG" in answer[3]
