"""STOW-RS: reports posted in parts, each answered for itself."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom.dataset import Dataset

from adapter.store import findings, messages
from tests.fakes import sr
from tests.web.conftest import MAX_BODY, Site

PLACE = "/dicom-web/studies"
KIND = 'multipart/related; type="application/dicom"; boundary=XX'
STORED, FAILED, REASON = "00081199", "00081198", "00081197"


def body_of(*files: bytes, head: bytes = b"Content-Type: application/dicom\r\n") -> bytes:
    parts = b"".join(b"--XX\r\n" + head + b"\r\n" + each + b"\r\n" for each in files)
    return parts + b"--XX--\r\n"


def post(site: Site, body: bytes, place: str = PLACE, kind: str = KIND) -> Any:
    return site.client.post(place, content=body, headers={"Content-Type": kind})


def uids(answer: Any, tag: str) -> list[str]:
    found = answer.json().get(tag, {"Value": []})["Value"]
    return [each["00081155"]["Value"][0] for each in found if "00081155" in each]


def reasons(answer: Any) -> list[int]:
    return [each[REASON]["Value"][0] for each in answer.json()[FAILED]["Value"]]


@pytest.fixture(scope="module")
def report() -> Dataset:
    return sr.nodule()


def drafts(site: Site) -> list[str]:
    with site.workflow.database.read() as tx:
        return [each.finding or "" for each in findings.of_study(tx, "A1")]


def test_a_report_is_stored_and_applied_once(site: Site, report: Dataset) -> None:
    site.workflow.order("A1")
    for place in (PLACE, f"{PLACE}/{sr.STUDY}"):
        answer = post(site, body_of(sr.as_file(report)), place)
        assert (answer.status_code, uids(answer, STORED)) == (200, [report.SOPInstanceUID])
        assert answer.headers["content-type"] == "application/dicom+json"
    assert drafts(site) == ["lung_nodule"]
    with site.workflow.database.read() as tx:
        assert messages.count_by_state(tx) == {"applied": 1}


def test_each_report_is_answered_for_itself(site: Site, report: Dataset) -> None:
    other = sr.image()
    other.PatientID = "SOMEBODY"
    stranger, picture = sr.nodule(other, f"{sr.STUDY}.2.2"), sr.image()
    site.workflow.order("A1")
    files = [sr.as_file(each) for each in (report, stranger, picture)]
    answer = post(site, body_of(*files, b"no DICOM"))
    assert answer.status_code == 202
    assert uids(answer, STORED) == [report.SOPInstanceUID]
    assert reasons(answer) == [0x0110, 0x0122, 0xC000]
    assert drafts(site) == ["lung_nodule"]
    assert "another patient" in site.client.get("/messages?state=refused").text


def test_a_report_of_another_study_than_the_address_is_refused(site: Site, report: Dataset) -> None:
    answer = post(site, body_of(sr.as_file(report)), f"{PLACE}/1.2.3")
    assert (answer.status_code, reasons(answer)) == (409, [0xA900])


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/dicom", b"x", 415),
        (KIND.replace("dicom", "dicom+json"), b"x", 415),
        (KIND.replace("boundary=XX", ""), b"x", 400),
        (KIND, b"", 400),
        (KIND, b"--XX\r\nContent-Type: application/dicom\r\n\r\nx", 400),
        (KIND, body_of(b"x", head=b"Content-Type: text/html\r\n"), 415),
        (KIND, body_of(*([b""] * 1001)), 413),
        (KIND, body_of(b"x" * MAX_BODY), 413),
    ],
)
def test_bodies_that_are_none(site: Site, kind: str, body: bytes, status: int) -> None:
    assert post(site, body, kind=kind).status_code == status


def test_a_stored_report_is_shown_as_text(site: Site, report: Dataset) -> None:
    post(site, body_of(sr.as_file(report)))
    (row,) = site.client.post("/api/messages/search", json={}).json()["messages"]
    assert row["type"] == "DICOM SR"
    shown = site.client.get(f"/api/messages/{row['id']}").json()
    assert "Solitary nodule of lung" in str(shown)
