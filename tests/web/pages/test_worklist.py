from __future__ import annotations

from html.parser import HTMLParser

from adapter.domain.identifiers import Phi
from adapter.domain.people import Patient
from tests.fakes.destination import HOLD
from tests.web.conftest import Site

HOSTILE = "<script>alert(1)</script>"


class Page(HTMLParser):
    """The tags and the text of what a page shows below its menu."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(html[html.index("<main") :])

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"


def test_an_empty_house_says_so(site: Site) -> None:
    page = Page(site.client.get("/").text)
    assert "No order or dictation has come yet." in page.text


def test_studies_and_troubles_are_shown(site: Site) -> None:
    site.workflow.order("A1")
    site.workflow.ris.script = [HOLD]
    site.dictate("A1", "no pneumothorax period")
    text = Page(site.client.get("/").text).text
    for shown in ("A1", "Demo, Jane", "preliminary", "patient unknown"):
        assert shown in text


def test_what_came_from_outside_stays_text(site: Site) -> None:
    patient = Patient(Phi(HOSTILE), family=Phi(HOSTILE))
    site.workflow.order('"><img src=x>', patient=patient)
    page = Page(site.client.get("/").text)
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert HOSTILE in page.text
