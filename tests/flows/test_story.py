"""The story of adapter/workflow/study_flow.py on real sockets, with the embedded speech model."""

from __future__ import annotations

import json
import shutil
from typing import Any

from adapter.demo.mllp import fields
from tests.fakes.receivers import poll
from tests.flows.hospital import AUDIO, JSON, PERSON, Hospital, ai_findings, order_message

Json = dict[str, Any]


def texts(report: Json) -> str:
    return " ".join(
        each["text"] for section in report["sections"] for each in section["statements"]
    )


def test_from_order_to_addendum(hospital: Hospital) -> None:
    hospital.order("FLOW-1")
    hospital.dictate("FLOW-1", "DEMO-CXR-1")
    preliminary = hospital.ris.wait("FLOW-1", "P")
    hospital.ehr.wait("FLOW-1", "preliminary")
    hospital.acknowledged("FLOW-1", 2)
    report = hospital.report("FLOW-1")
    assert report["certificate"]["ok"] is True
    assert "lungs are clear" in texts(report).lower()
    assert b"lungs are clear" in preliminary.body

    hospital.sign("FLOW-1")
    final = hospital.ris.wait("FLOW-1", "F")
    hospital.ehr.wait("FLOW-1", "final")
    assert PERSON["family"].encode() in final.body

    asked = {"person": PERSON, "text": "Compared with the prior of 2024."}
    hospital.post("FLOW-1", "report/addendum", json=asked)
    addendum = hospital.ris.wait("FLOW-1", "C")
    hospital.ehr.wait("FLOW-1", "appended")
    assert b"Compared with the prior of 2024." in addendum.body
    hospital.acknowledged("FLOW-1", 6)
    arrived = [each.kind for each in hospital.ris.of("FLOW-1")]
    assert arrived == ["P", "F", "C"]
    assert len({each.control_id for each in hospital.ris.of("FLOW-1")}) == 3


def test_the_oru_carries_the_order(hospital: Hospital) -> None:
    hospital.order("FLOW-2")
    hospital.dictate("FLOW-2")
    body = hospital.ris.wait("FLOW-2", "P").body
    assert fields(body, "PID")[3].startswith("SYN9001^")
    assert fields(body, "OBR")[2] == "PLC-FLOW-2"
    assert fields(body, "OBR")[4].startswith("XRCH2^XR Chest 2 Views")


def test_a_dictation_before_its_order_waits_for_it(hospital: Hospital) -> None:
    hospital.dictate("FLOW-3")
    poll(lambda: hospital.study("FLOW-3")["report_status"] == "draft")
    assert hospital.study("FLOW-3")["order_status"] == "temporary"
    assert hospital.deliveries("FLOW-3") == []

    hospital.order("FLOW-3")
    hospital.ris.wait("FLOW-3", "P")
    hospital.ehr.wait("FLOW-3", "preliminary")
    assert hospital.study("FLOW-3")["order_status"] == "scheduled"


def test_a_cancelled_study_sends_nothing(hospital: Hospital) -> None:
    hospital.order("FLOW-4")
    assert hospital.send(order_message("FLOW-4", control="CA"))[1] == "AA"
    poll(lambda: hospital.study("FLOW-4")["order_status"] == "cancelled")
    hospital.dictate("FLOW-4")
    poll(lambda: hospital.study("FLOW-4")["report_status"] == "draft")
    assert hospital.deliveries("FLOW-4") == []


def test_a_duplicate_order_is_acknowledged_again_and_applied_once(hospital: Hospital) -> None:
    body = hospital.order("FLOW-5")
    assert hospital.send(body)[1:3] == ["AA", "NW-FLOW-5"]
    marker = hospital.order("FLOW-5B")  # applied after the duplicate would have been
    assert hospital.send(marker)[1] == "AA"
    events = [each["event"] for each in hospital.study("FLOW-5")["history"]]
    assert events.count("order new") == 1


def test_ai_findings_after_the_dictation_join_the_report(hospital: Hospital) -> None:
    hospital.order("FLOW-6")
    hospital.dictate("FLOW-6", "DEMO-CXR-2")
    hospital.ris.wait("FLOW-6", "P")
    assert hospital.report("FLOW-6")["suggestions"] == []

    hospital.post("FLOW-6", "ai-findings", content=ai_findings(), headers=JSON)
    report = poll(lambda: _with_suggestion(hospital, "FLOW-6"))
    assert "laterality_conflict" in [each["code"] for each in report["flags"]]
    assert "left" not in texts(report).lower()  # the radiologist's words win

    to = ("--by", PERSON["id"], "--to", hospital.service.http_url)
    stopped = hospital.readout("ai-source", "stop", "test-model", *to)
    assert stopped.returncode == 0, stopped.stderr
    poll(lambda: not hospital.report("FLOW-6")["suggestions"])
    again = hospital.post("FLOW-6", "ai-findings", content=ai_findings(id="b"), headers=JSON)
    assert [each["mode"] for each in again["sources"]] == ["off"]
    source = f"/api/ai-sources/{again['sources'][0]['source']}/start"
    assert hospital.http.post(source, json={"person": PERSON}).is_success


def _with_suggestion(hospital: Hospital, accession: str) -> Json | None:
    report = hospital.report(accession)
    return report if report["suggestions"] else None


def test_an_accepted_ai_finding_enters_the_signed_report(hospital: Hospital) -> None:
    hospital.order("FLOW-7", procedure="CTHDWO^CT Head without Contrast^L")
    finding = ai_findings(id="h1", text="Right subdural hematoma, 8 mm.", finding="sdh")
    hospital.post("FLOW-7", "ai-findings", content=finding, headers=JSON)
    hospital.dictate("FLOW-7", "DEMO-CTH-3")
    hospital.ris.wait("FLOW-7", "P")
    hospital.post("FLOW-7", "report/accept", json={"person": PERSON, "target": "h1"})
    poll(lambda: "subdural" in texts(hospital.report("FLOW-7")))
    hospital.sign("FLOW-7")
    assert b"Right subdural hematoma, 8 mm." in hospital.ris.wait("FLOW-7", "F").body


def test_the_watched_folder_takes_a_dictation(hospital: Hospital) -> None:
    hospital.order("FLOW-8")
    folder = hospital.folder / "dictations"
    shutil.copyfile(AUDIO / "DEMO-CXR-1.wav", folder / "FLOW-8.wav")
    hospital.ris.wait("FLOW-8", "P")
    assert (folder / "done" / "FLOW-8.wav").exists()
    assert hospital.study("FLOW-8")["dictations"][0]["author"] == "watch folder"


def test_an_order_by_fhir_becomes_a_study(hospital: Hospital) -> None:
    order = AUDIO.parent / "orders" / "DEMO-CTA-4.json"
    body = json.loads(order.read_text())
    body["identifier"][0]["value"] = "FLOW-9"
    response = hospital.http.post("/fhir/ServiceRequest", json=body)
    assert response.status_code == 201, response.text
    assert hospital.study("FLOW-9")["order"]["source"] == "fhir"


def test_replay_gives_the_same_bytes_for_all(hospital: Hospital) -> None:
    assert hospital.replay_all() == []


def test_replay_by_command(hospital: Hospital) -> None:
    done = hospital.readout("replay", "FLOW-1", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["same"] is True
