"""Messages other than orders, over real sockets: what they change and what the log says."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from adapter.demo.mllp import exchange, fields
from tests.fakes.receivers import poll
from tests.flows.hospital import Hospital, Json, order_message

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


REPORTS = """
patients: {}
reports:
  - {name: old, senders: ["OLDRIS|*"], meaning: prior}
  - {name: reporting, senders: ["REPORTING|RAD"], meaning: signed}
report_titles: {IMP: Impression, GDT: Findings}
"""


def oru(sender: str, control_id: str, accession: str, *texts: str) -> bytes:
    head = rf"MSH|^~\&|{sender}|READOUT|RAD|20260105080000||ORU^R01^ORU_R01|{control_id}|P|2.5.1"
    obr = [""] * 33
    obr[0:5] = ["OBR", "1", "", "", "XRCH2^XR Chest 2 Views^L"]
    obr[7], obr[18], obr[24], obr[25], obr[32] = "20250105", accession, "DX", "F", "R7&Gray&Ada"
    rows = [f"OBX|{n}|TX|18748-4^Report^LN||{text}||||||F" for n, text in enumerate(texts, 1)]
    segments = [head, PID.format(number="SYN9001"), "ORC|RE", "|".join(obr), *rows]
    return ("\r".join(segments) + "\r").encode()


def test_reports_of_other_systems_are_priors_and_close_studies(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    hospital = Hospital(tmp_path_factory.mktemp("reports"))
    (hospital.folder / "mappings" / "messages.yaml").write_text(REPORTS)
    try:
        hospital.wait_ready()
        assert (
            hospital.send(oru("OLDRIS|X", "oru-1", "OLD-1", "FINDINGS:", "No effusion."))[1] == "AA"
        )
        logged(hospital, "oru-1")
        hospital.order("ORU-1")
        hospital.dictate("ORU-1")
        hospital.ris.wait("ORU-1", "P")
        assert hospital.report("ORU-1")["prior"]["accession"] == "OLD-1"
        final = oru("REPORTING|RAD", "oru-2", "ORU-1", "FINDINGS:", "The lungs are clear.")
        assert hospital.send(final)[1] == "AA"
        assert logged(hospital, "oru-2")["reason"] == ""
        study = hospital.study("ORU-1")
        assert study["report_status"] == "final"
        assert study["difference"]["removed"] + study["difference"]["changed"] > 0
        report = hospital.report("ORU-1")
        assert report["text"] == "FINDINGS:\nThe lungs are clear."
        assert report["signed_by"]["family"] == "Gray"
        assert [each.kind for each in hospital.ris.of("ORU-1")] == ["P"]
        assert hospital.replay_all() == []
        refused = oru("SOMEBODY|X", "oru-3", "ORU-1", "x")
        assert hospital.send(refused)[1] == "AR"
    finally:
        hospital.close()


def test_a_number_is_assigned_and_orders_are_answered_by_what_became_of_them(
    hospital: Hospital,
) -> None:
    def ask(control: str, placer: str, control_id: str, accession: str = "") -> dict[str, str]:
        body = order_message(accession, control=control, control_id=control_id)
        body = body.replace(f"|PLC-{accession}|".encode(), f"|{placer}|".encode())
        answer = asyncio.run(exchange("127.0.0.1", hospital.service.mllp_port, body))
        orc = [*fields(answer, "ORC"), *[""] * 6]
        kind, code = fields(answer, "MSH")[8], fields(answer, "MSA")[1]
        return {"kind": kind, "code": code, "control": orc[1], "filler": orc[3], "status": orc[5]}

    given = ask("SN", "PL-1", "num-1")
    assert (given["kind"], given["code"]) == ("ORR^O02^ORR_O02", "AA")
    assert (given["control"], given["filler"][:1]) == ("NA", "R")
    assert ask("SN", "PL-1", "num-1")["filler"] == given["filler"]  # the same message again
    assert ask("SN", "PL-1", "num-2")["filler"] == given["filler"]
    assert ask("SN", "PL-2", "num-3")["filler"] != given["filler"]
    hospital.order("NUM-1")
    assert ask("SS", "PL-3", "num-4", "NUM-1")["status"] == "SC"
    hospital.send(order_message("NUM-1", control="CA"))
    poll(lambda: ask("SS", "PL-3", f"num-{time.monotonic_ns()}", "NUM-1")["status"] == "CA")


def test_the_application_acknowledgement_comes_as_a_message_of_its_own(hospital: Hospital) -> None:
    body = order_message("DEF-1").replace(b"|P|2.3.1", b"|P|2.3.1|||AL|AL")
    with socket.create_connection(("127.0.0.1", hospital.service.mllp_port), timeout=20) as sock:
        sock.sendall(b"\x0b" + body + b"\x1c\r")
        data = b""
        while data.count(b"\x1c\r") < 2:
            data += sock.recv(65536)
    first, second = data.replace(b"\x0b", b"").split(b"\x1c\r")[:2]
    assert fields(first, "MSA")[1:3] == ["CA", "NW-DEF-1"]
    assert fields(second, "MSA")[1:3] == ["AA", "NW-DEF-1"]
    assert fields(second, "ORC")[1] == "OK"
    assert hospital.study("DEF-1")["order_status"] == "scheduled"  # it was done before it was told
