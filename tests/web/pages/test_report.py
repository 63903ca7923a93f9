"""The reporting page as HTML: who may see it, and that nothing in it becomes markup."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from adapter.dicom.dicomweb import Picture
from adapter.domain.finding import Evidence
from adapter.errors import NotFound
from adapter.web.app import build_app
from tests.web.conftest import Site

HOSTILE = "<script>alert(1)</script>"
SEEN = {
    "study_uid": "1.2",
    "series_uid": "1.2.3",
    "sop_uid": "1.2.3.4",
    "box": [0.1, 0.2, 0.5, 0.4],
}


class Archive:
    """Has one picture."""

    async def rendered(self, evidence: Evidence) -> Picture:
        if evidence.sop_uid != "1.2.3.4":
            raise NotFound("the archive has no picture of it", code="not-found")
        return Picture(b"picture", "image/png")


@pytest.fixture
def read(site: Site) -> Site:
    site.workflow.order("A1")
    found = {"id": "a1", "text": HOSTILE, "model": "m", "version": "1", "evidence": [SEEN]}
    site.client.post("/api/studies/A1/ai-findings", json={"findings": [found]})
    site.dictate("A1", f"the heart is normal {HOSTILE} period")
    return site


def page(site: Site, path: str = "") -> str:
    answer = site.client.get(f"/studies/A1{path}")
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def test_words_of_others_never_become_markup(read: Site) -> None:
    for path in ("", "/parts", "/preview", "/templates"):
        shown = page(read, path)
        assert HOSTILE not in shown
    assert "&lt;script&gt;" in page(read)


def test_the_page_before_the_first_word_shows_the_template(site: Site) -> None:
    site.workflow.order("A1")
    shown = page(site)
    assert "Impression" in shown
    assert "No check has found anything." in shown
    assert site.client.get("/studies/none").status_code == 404


def test_an_unread_study_is_previewed_only_once_there_is_a_report(site: Site) -> None:
    site.workflow.order("A1")
    assert site.client.get("/studies/A1/preview").status_code == 404


def with_archive(site: Site, archive: Any) -> None:
    """The same interface, with an archive."""
    site.client.app = build_app(replace(site.parts, archive=archive))
    site.client._transport.app = site.client.app  # type: ignore[attr-defined]


def test_evidence_is_words_without_an_archive_and_a_marked_picture_with_one(read: Site) -> None:
    assert "<img" not in page(read)
    place = "/studies/A1/evidence?finding=a1&number=0"
    assert read.client.get(place).status_code == 404
    with_archive(read, Archive())
    assert '<rect x="0.1" y="0.2"' in page(read)
    answer = read.client.get(place)
    assert (answer.content, answer.headers["content-type"]) == (b"picture", "image/png")
    for other in ("finding=a1&number=1", "finding=a9&number=0"):
        assert read.client.get(f"/studies/A1/evidence?{other}").status_code == 404
