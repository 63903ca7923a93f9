from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

from adapter.domain.identifiers import Phi
from adapter.domain.people import Patient
from tests.fakes.destination import HOLD
from tests.web.conftest import Site

HOSTILE = "<script>alert(1)</script>"


class Page(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)

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


def test_the_style_is_allowed_by_its_hash_alone(site: Site) -> None:
    answer = site.client.get("/")
    found = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert found
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "src=" not in answer.text
    assert all(each.startswith(("/", "#")) for each in re.findall(r'href="([^"]*)"', answer.text))
