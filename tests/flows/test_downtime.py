"""Everything around the box is away: the work goes on, and what is owed follows in order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.store.bucket import Bucket, Place
from tests.fakes.receivers import Receiver, RecordsSystem, ReportingSystem, poll
from tests.flows.hospital import Hospital
from tests.peers import postgres
from tests.peers.s3_server import BUCKET, s3_server

pytestmark = pytest.mark.peer
STUDIES = ("DOWN-1", "DOWN-2")
STORE = f"s3://{BUCKET}/node"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Its server does not run yet."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "readout")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    return Bucket(Place(STORE, f"http://127.0.0.1:{postgres.free_port()}"))


@pytest.fixture
def hospital(tmp_path: Path, bucket: Bucket) -> Iterator[Hospital]:
    """With an archive of AI results that never answers, and a bucket for its recordings."""
    sources = tmp_path / "mappings" / "dicom_sources"
    sources.mkdir(parents=True)
    url = f"http://127.0.0.1:{postgres.free_port()}/dicom-web"
    (sources / "archive.yaml").write_text(f"name: archive\nurl: {url}\npoll_seconds: 1\n")
    endpoint = bucket.place.endpoint
    hospital = Hospital(tmp_path, audio_store=STORE, audio_store_endpoint=endpoint)
    try:
        hospital.wait_ready()
        yield hospital
    finally:
        hospital.close()


def test_the_work_goes_on_and_the_rest_follows(hospital: Hospital, bucket: Bucket) -> None:
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
    _recordings_follow(hospital, bucket)


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
    assert "WRONG  archive archive: away since 20" in told
    assert "WRONG  audio bucket: away since 20" in told


def _recordings_follow(hospital: Hospital, bucket: Bucket) -> None:
    """What was heard from this node's disk is in the bucket as it was taken."""
    folder = hospital.folder / "data" / "audio"
    here = {each.name: each.read_bytes() for each in folder.glob("??/*")}
    assert len(here) == 1  # the same words for both studies
    assert "audio bucket since 20" in _links(hospital)
    with s3_server(int(bucket.place.endpoint.rpartition(":")[2])):
        poll(lambda: not list(folder.glob("??/*")))
        poll(lambda: "audio bucket" not in _links(hospital))
        (key,) = bucket.keys()
        assert here == {key.rpartition("/")[2]: b"".join(bucket.get(key))}


def _links(hospital: Hospital) -> str:
    return str(hospital.http.get("/readyz").json()["checks"]["links"]["detail"])


def _arrived(receiver: Receiver, accession: str) -> list[str]:
    """Kinds in the order of their first arrival: one that was answered too late comes again."""
    return list(dict.fromkeys(each.kind for each in receiver.of(accession)))
