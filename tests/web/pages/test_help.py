"""Help, the first steps, and errors as pages."""

from __future__ import annotations

import re
import time

from adapter.web import assets
from adapter.web.pages.keys import KEYS
from tests.web.conftest import Site
from tests.web.pages.test_worklist import HOSTILE, Page

BROWSER = {"Accept": "text/html,application/xhtml+xml"}


def test_every_key_that_a_module_takes_is_told() -> None:
    told = {key.split()[-1] for part in KEYS.values() for key, _ in part}
    scripts = [body.decode() for name, body in assets.FILES.items() if name.endswith(".js")]
    taken = {key for each in scripts for key in re.findall(r'"(F\d{1,2})"', each)}
    assert {"F4", "F9"} <= taken <= told
    for key in ("j", "k", "/", "?", "Home", "End"):
        assert key in told
        assert any(f'"{key}"' in each or f"{key}:" in each for each in scripts)


def test_voice_commands_are_those_of_the_vocabulary(site: Site) -> None:
    page = Page(site.client.get("/help").text).text
    for rule in site.workflow.house.tables.vocabulary("en").table.commands:
        assert rule.says[0] in page
    for each in ("Chest radiograph, one view", "normal gallbladder", "F4"):
        assert each in page


def test_the_first_steps_are_shown_until_they_are_put_aside(site: Site) -> None:
    assert "Five steps from order to report" in site.client.get("/").text
    site.client.post("/tour")
    assert "Five steps" not in site.client.get("/").text


def test_the_demonstration_can_be_added_to_an_empty_house(site: Site) -> None:
    assert "Add the demonstration" in site.client.get("/?queue=all").text
    site.client.post("/demonstration")
    site.client.post("/demonstration")
    deadline = time.monotonic() + 15
    while len(site.client.get("/api/studies").json()["studies"]) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert "DEMO-CXR-1" in site.client.get("/").text


def test_an_error_of_a_page_is_a_page(site: Site) -> None:
    lost = site.client.get("/messages/999999", headers=BROWSER)
    assert lost.status_code == 404
    assert lost.headers["content-type"].startswith("text/html")
    assert "Not found" in Page(lost.text).text
    nowhere = site.client.get("/no/such/page", headers=BROWSER)
    assert "There is no page at this address." in Page(nowhere.text).text
    wrong = site.client.get("/?queue=nothing", headers=BROWSER)
    assert (wrong.status_code, "This did not work" in wrong.text) == (422, True)
    hostile = site.client.get(f"/deliveries/{HOSTILE.replace('/', '%2F')}", headers=BROWSER)
    assert "script" not in Page(hostile.text).tags
    assert site.client.get("/api/studies/NONE", headers=BROWSER).json()["code"] == "not-found"
    assert site.client.get("/messages/999999").json()["code"] == "not-found"
