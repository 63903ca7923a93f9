"""The worklist as a page: what it shows, and that nothing of a message becomes markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from adapter.domain.identifiers import Phi
from adapter.domain.order import Priority
from adapter.domain.people import Patient, Practitioner
from adapter.web.pages.worklist_row import age
from adapter.workflow.review import take_lock
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


def listed(site: Site, **ask: str) -> list[str]:
    """Accessions of the rows that an ask answers."""
    return re.findall(r'data-accession="([^"]+)"', site.client.post("/worklist", data=ask).text)


def test_an_empty_house_says_what_to_do(site: Site) -> None:
    page = Page(site.client.get("/?queue=all").text)
    assert "No order or dictation has come yet." in page.text
    assert "readout send order" in page.text
    assert "No study waits for a report." in Page(site.client.get("/").text).text


def test_a_row_tells_what_stands_beside_the_study(site: Site) -> None:
    site.workflow.order("A1", priority=Priority.STAT)
    site.workflow.ris.script = [HOLD]
    site.dictate("A1", "no pneumothorax period")
    text = Page(site.client.get("/?queue=drafts").text).text
    for shown in ("A1", "Demo, Jane", "SYN1", "STAT", "Preliminary", "1 failed", "CR"):
        assert shown in text
    assert "Delivery failed  1" in Page(site.client.get("/").text).text


def test_what_came_from_outside_stays_text(site: Site) -> None:
    patient = Patient(Phi(HOSTILE), HOSTILE, family=Phi(HOSTILE))
    site.workflow.order('"><img src=x>', patient=patient, modality=HOSTILE)
    for path in ("/", "/?queue=all"):
        page = Page(site.client.get(path).text)
        assert not {"script", "img"} & set(page.tags)
        assert HOSTILE in page.text
    found = Page(site.client.post("/", data={"q": HOSTILE}).text)
    assert not {"script", "img"} & set(found.tags)
    assert HOSTILE in found.text


def test_a_search_leaves_no_name_in_the_address(site: Site) -> None:
    site.workflow.order("A1")
    site.workflow.order("A2", patient=Patient(Phi("S2"), family=Phi("Other")))
    answer = site.client.post("/", data={"q": "demo jane", "queue": "unread"})
    assert "demo" not in str(answer.url)
    assert re.findall(r'data-accession="([^"]+)"', answer.text) == ["A1"]
    assert listed(site, q="other") == ["A2"]
    assert "No study of this queue is like that." in site.client.post("/", data={"q": "zz"}).text


def test_more_goes_on_behind_the_last_row(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapter.web.pages.worklist._SHOWN", 2)
    for number in range(5):
        site.workflow.order(f"A{number}", priority=tuple(Priority)[number % 4])
    found: list[str] = []
    ask = {"queue": "all", "order": "-priority"}
    while ask:
        page = site.client.post("/worklist", data=ask).text
        found += re.findall(r'data-accession="([^"]+)"', page)
        more = re.search(r'<form method="post" action="/" class="more">(.*?)</form>', page)
        ask = dict(re.findall(r'name="(\w+)" value="([^"]*)"', more[1])) if more else {}
    assert found == ["A3", "A2", "A1", "A4", "A0"]


@pytest.mark.parametrize(
    "ask",
    [{"queue": "nothing"}, {"order": "drop"}, {"after": "x"}, {"after": "WzFd"}, {"after": "e30="},
     {"q": "x" * 201}, {"unknown": "1"}, {"priority": "now"}],
)  # fmt: skip
def test_a_wrong_ask_is_refused(site: Site, ask: dict[str, str]) -> None:
    assert site.client.post("/worklist", data=ask).status_code in (400, 422)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(-5, "0 min"), (59.9, "59 min"), (60, "1 h 00 min"), (1439, "23 h 59 min"), (3000, "2 d 2 h")],
)
def test_ages_are_said_as_people_say_them(minutes: float, words: str) -> None:
    assert age(minutes) == words


def test_a_study_that_waits_too_long_is_marked(site: Site) -> None:
    site.workflow.order("A1", priority=Priority.STAT)
    assert 'class="tat"' in site.client.get("/").text
    site.workflow.clock.forward(61 * 60)
    page = site.client.get("/").text
    assert 'class="tat late"' in page
    assert "1 h 01 min" in page


def following(site: Site, **ask: str) -> str:
    return site.client.post("/worklist/next", data=ask).text


def test_the_next_study_is_the_first_one_that_nobody_else_has_open(site: Site) -> None:
    site.workflow.order("A1")
    site.workflow.order("A/2", priority=Priority.STAT, patient=Patient(Phi("2"), family=Phi("B&B")))
    assert "/studies/A%2F2" in following(site)
    assert "B&amp;B" in following(site)
    assert "STAT" in following(site)
    assert "/studies/A1" in following(site, but="A/2", queue="unread", order="patient")
    take_lock(site.workflow.house, "A/2", Practitioner("77", "Young", "Rae"))
    assert "/studies/A1" in following(site)
    assert "Nothing else waits here" in following(site, but="A1")
    assert site.client.post("/worklist/next", data={"queue": "nothing"}).status_code == 422
