"""Help, the first steps, and errors as pages."""

from __future__ import annotations

import re
import time
from html import unescape

import pytest
from httpx import Response

from adapter.store import preferences
from adapter.web import assets
from adapter.web.pages.keys import ACTS, FIXED, PREFERENCE, chosen
from tests.fakes.house import DR_GRAY
from tests.web.conftest import Site
from tests.web.pages.test_worklist import HOSTILE, Page

BROWSER = {"Accept": "text/html,application/xhtml+xml"}


def test_every_key_that_a_module_takes_is_told_and_every_act_is_taken() -> None:
    scripts = [body.decode() for name, body in assets.FILES.items() if name.endswith(".js")]
    assert not [each for each in scripts if re.search(r'"F\d{1,2}"', each)]
    for act in ACTS:
        assert any(f'"{act.id}"' in each or f"{act.id}:" in each for each in scripts), act
    fixed = {key for part in FIXED.values() for key, _ in part}
    for key in ("?", "Home", "End", "Delete", "Escape"):
        assert key in fixed
        assert any(f'"{key}"' in each or f"{key}:" in each for each in scripts)


def chosen_keys(site: Site, **keys: str) -> Response:
    usual = {act.id: act.key for act in ACTS}
    return site.client.post("/help/keys", data=usual | keys, follow_redirects=False)


def test_a_person_chooses_keys_and_every_page_knows_them(site: Site) -> None:
    site.workflow.order("A1")
    assert chosen_keys(site, talk="Ctrl Alt Insert", down="n").status_code == 303
    assert "Ctrl Alt Insert" in Page(site.client.get("/help").text).text
    report = unescape(site.client.get("/studies/A1").text)
    assert '"talk": "Ctrl Alt Insert"' in report
    assert "Hold Ctrl Alt Insert and speak" in report
    assert '"down": "n"' in unescape(site.client.get("/").text)
    assert chosen_keys(site).status_code == 303
    assert "Ctrl Alt Insert" not in site.client.get("/help").text


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"talk": "F8"}, "F8 stands for two things"),
        ({"talk": "a"}, "needed for writing"),
        ({"talk": "Shift Enter"}, "needed for writing"),
        ({"sign": "Ctrl W"}, "belongs to the browser"),
        ({"down": "Enter"}, "needed for writing"),
        ({"down": HOSTILE[:20]}, "no key that can be chosen"),
    ],
)
def test_keys_that_cannot_be_are_told_and_what_was_typed_stays(
    site: Site, keys: dict[str, str], why: str
) -> None:
    answer = chosen_keys(site, **keys)
    page = Page(answer.text)
    assert answer.status_code == 422
    assert why in page.text
    assert "script" not in page.tags
    assert keys_of(site) == {act.id: act.key for act in ACTS}


def keys_of(site: Site) -> dict[str, str]:
    with site.workflow.database.read() as tx:
        return chosen(preferences.get(tx, DR_GRAY.id, PREFERENCE))


def test_what_is_kept_of_another_release_leaves_the_usual_keys() -> None:
    usual = {act.id: act.key for act in ACTS}
    assert chosen('{"gone": "F2"}') == usual
    assert chosen('{"talk": "F8"}') == usual


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
