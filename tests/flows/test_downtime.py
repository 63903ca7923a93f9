"""Everything around the box is away: the work goes on, and what is owed follows in order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.receivers import Receiver, RecordsSystem, ReportingSystem, poll
from tests.flows.hospital import Hospital
from tests.peers import postgres

STUDIES = ("DOWN-1", "DOWN-2")


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    """With an archive of AI results that never answers."""
    sources = tmp_path / "mappings" / "dicom_sources"
    sources.mkdir(parents=True)
    url = f"http://127.0.0.1:{postgres.free_port()}/dicom-web"
    (sources / "archive.yaml").write_text(f"name: archive\nurl: {url}\npoll_seconds: 1\n")
    hospital = Hospital(tmp_path)
    try:
        hospital.wait_ready()
        yield hospital
    finally:
        hospital.close()


def test_the_work_goes_on_and_the_rest_follows(hospital: Hospital) -> None:
    ports = hospital.ris.port, hospital.ehr.port
    hospital.ris.close()
    hospital.ehr.close()
    try:
        _work(hospital)
    finally:
        hospital.ris, hospital.ehr = ReportingSystem(port=ports[0]), RecordsSystem(ports[1])
    for accession in STUDIES:
        hospital.acknowledged(accession, 4)
        owed = [each["control_id"] for each in hospital.deliveries(accession)]
        assert len(set(owed)) == 4
        assert _arrived(hospital.ris, accession) == ["P", "F"]
        assert _arrived(hospital.ehr, accession) == ["preliminary", "final"]
    came = [each.accession for each in hospital.ris.arrivals if each.kind == "F"]
    assert came == list(STUDIES)


def _work(hospital: Hospital) -> None:
    for accession in STUDIES:
        hospital.order(accession)
        hospital.dictate(accession)
        poll(lambda name=accession: hospital.study(name)["report_status"] == "preliminary")
        draft = hospital.http.get(f"/api/studies/{accession}/report.pdf")
        assert b"PRELIMINARY - not signed" in draft.content
        hospital.sign(accession)
        paper = hospital.http.get(f"/api/studies/{accession}/report.pdf")
        assert paper.content.startswith(b"%PDF")
        assert b"PRELIMINARY - not signed" not in paper.content
        assert not hospital.deliveries(accession, "acknowledged")
    assert hospital.http.get("/readyz").is_success
    printed = hospital.folder / "DOWN-1.pdf"
    assert hospital.readout("print", "DOWN-1", "--out", str(printed)).returncode == 0
    assert printed.read_bytes().startswith(b"%PDF")
    told = hospital.readout("doctor").stdout
    assert "deliveries to ris: 4 pending" in told
    assert "WRONG  archive archive: " in told


def _arrived(receiver: Receiver, accession: str) -> list[str]:
    """Kinds in the order of their first arrival: one that was answered too late comes again."""
    return list(dict.fromkeys(each.kind for each in receiver.of(accession)))
