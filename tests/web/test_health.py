from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from adapter.domain.feed import FeedState
from adapter.domain.link_security import CertificateExpiry, FailedHandshakes
from adapter.errors import ConfigurationError
from adapter.store import links
from adapter.store.disk import Disk
from adapter.store.links import LinkKind
from tests.web.conftest import Site


def test_a_whole_house_is_ready(site: Site) -> None:
    assert site.client.get("/healthz").json() == {"status": "ok"}
    answer = site.client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")


def test_what_is_wrong_is_named(site: Site, tmp_path: Path) -> None:
    def missing() -> Path:
        raise ConfigurationError("speech model nowhere does not exist")

    object.__setattr__(site.parts, "find_speech_model", missing)
    answer = site.client.get("/readyz")
    checks = answer.json()["checks"]
    assert answer.status_code == 503
    assert checks["speech_model"] == {"ok": False, "detail": "speech model nowhere does not exist"}
    assert checks["database"]["ok"]


def test_a_stopped_intake_and_a_gone_model_are_named(site: Site, tmp_path: Path) -> None:
    object.__setattr__(site.parts, "find_speech_model", lambda: tmp_path)
    site.parts.intake.stop()
    checks = site.client.get("/readyz").json()["checks"]
    assert not checks["intake"]["ok"]
    assert "is gone" in checks["speech_model"]["detail"]


def test_a_model_of_another_process_is_not_looked_for(site: Site) -> None:
    object.__setattr__(site.parts, "find_speech_model", lambda: None)
    assert site.client.get("/readyz").json()["checks"]["speech_model"]["ok"]


def test_metrics_parse_and_count(site: Site) -> None:
    site.workflow.order("A1")
    site.dictate("A1", "no pneumothorax period")
    text = site.client.get("/metrics").text
    values = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert values[("readout_studies", "preliminary")] == 1
    assert values[("readout_deliveries", "acknowledged", "ris")] == 1
    assert values[("process_resident_memory_bytes",)] > 0


def test_a_certificate_that_ends_soon_is_told_and_serves_on(site: Site) -> None:
    ends = "2026-12-24T00:00:00+00:00"
    certificates = [
        CertificateExpiry("listener north", "/etc/north.pem", ends, 86_400.0, soon=True),
        CertificateExpiry("destination ris", "/etc/ris.pem", ends, 86_400.0, soon=False),
    ]
    site.certificates.extend(certificates)
    site.handshakes.append(FailedHandshakes("listener north", "wrong version number", 3))
    answer = site.client.get("/readyz")
    told = f"listener north: certificate /etc/north.pem ends at {ends}; renew it"
    assert answer.status_code == 200
    assert answer.json()["checks"]["certificates"] == {"ok": True, "detail": told}
    text = site.client.get("/metrics").text
    assert 'ends_soon{file="/etc/north.pem",owner="listener north"} 1.0' in text
    assert 'valid_seconds{file="/etc/ris.pem",owner="destination ris"} 86400.0' in text
    assert 'failed_total{owner="listener north",reason="wrong version number"} 3.0' in text


def test_a_silent_feed_is_told_and_is_no_reason_not_to_work(site: Site) -> None:
    heard = "2026-03-01T10:00:00+00:00"
    feeds = [
        FeedState("default", "EHR|NORTH", heard, True, 7200.0),
        FeedState("default", "", heard, False, 30.0),
    ]
    site.feeds.extend(feeds)
    answer = site.client.get("/readyz")
    assert answer.status_code == 200
    told = f"EHR|NORTH at listener default silent since {heard}"
    assert answer.json()["checks"]["feeds"] == {"ok": True, "detail": told}
    text = site.client.get("/metrics").text
    assert 'readout_feed_silent{listener="default",sender="EHR|NORTH"} 1.0' in text
    assert 'readout_feed_silence_seconds{listener="default",sender=""} 30.0' in text


def test_a_link_that_is_away_is_told_and_is_no_reason_not_to_work(site: Site) -> None:
    since = "2026-03-01T10:00:00.000+00:00"
    with site.workflow.database.write() as tx:
        links.tried(tx, LinkKind.AUDIO, "", "s3://rec: refused", since)
        links.tried(tx, LinkKind.ARCHIVE, "pacs", "", since)
    answer = site.client.get("/readyz")
    assert answer.status_code == 200
    told = {"ok": True, "detail": f"audio bucket since {since}"}
    assert answer.json()["checks"]["links"] == told


def test_a_disk_without_room_is_no_place_to_work(site: Site, tmp_path: Path) -> None:
    low, gone = Disk("audio", tmp_path, low_bytes=1 << 60), Disk("data", tmp_path / "gone")
    object.__setattr__(site.parts, "node", replace(site.parts.node, disks=(low,)))
    answer = site.client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"]["disk"]["detail"].startswith("only ")
    object.__setattr__(site.parts, "node", replace(site.parts.node, disks=(low, gone)))
    answer = site.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["disk"]["detail"].startswith("nothing can be stored of data")
