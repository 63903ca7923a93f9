"""Whose a live dictation is."""

from __future__ import annotations

from tests.web.conftest import Site
from tests.web.test_live import PATH, PCM, speaker, stored


def test_who_has_signed_in_is_the_author_and_nobody_else(site: Site) -> None:
    with speaker(site) as dr:
        dr.start()
        dr.say(0, PCM)
        assert dr.tell(type="stop")["dictation"] == "d-1"
    listed = site.client.get("/api/studies/A1").json()["dictations"]
    assert [each["author"] for each in listed] == ["123"]
    with speaker(site, PATH + "?author=999") as dr:
        assert dr.told()["code"] == "person"
        assert dr.closed() == 1008
    assert len(stored(site)) == 1
