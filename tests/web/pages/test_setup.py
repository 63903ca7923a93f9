"""Templates and words as pages."""

from __future__ import annotations

import re
from html import unescape

from tests.web.conftest import Site
from tests.web.pages.test_worklist import HOSTILE, Page

NAME = "templates/xr_chest_1v.yaml"
URL = f"/setup/file?name={NAME}"


def form(site: Site, url: str = URL) -> dict[str, str]:
    page = site.client.get(url).text
    base = re.search(r'name="base" value="(\w*)"', page)
    text = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert base
    assert text
    return {"name": NAME, "base": base[1], "body": unescape(text[1])}


def test_every_file_is_listed_and_opens(site: Site) -> None:
    page = site.client.get("/setup").text
    paths = [unescape(each) for each in re.findall(r'href="(/setup/file\?name=[^"]+)"', page)]
    assert len(paths) > 30
    for path in (URL, "/setup/file?name=macros/common.yaml", "/setup/file?name=vocabulary/en.yaml",
                 "/setup/file?name=vocabulary/en.site.yaml"):  # fmt: skip
        assert path in paths
        assert site.client.get(path).status_code == 200
    assert site.client.get("/setup/file?name=../../etc/passwd").status_code == 404


def test_an_edit_is_checked_written_and_kept_as_a_version(site: Site) -> None:
    asked = form(site)
    asked["body"] = asked["body"].replace("version: 2", "version: 3").replace("\n", "\r\n")
    done = Page(site.client.post("/setup/file", data=asked).text)
    assert "Written, and in force for new reports" in done.text
    assert " 123 " in done.text
    again = form(site)
    assert "version: 3" in again["body"]
    assert "\r" not in again["body"]
    stale = site.client.post("/setup/file", data=asked)
    assert (stale.status_code, stale.json()["code"]) == (409, "changed")


def test_a_fault_is_told_and_what_was_typed_stays(site: Site) -> None:
    asked = form(site)
    asked["body"] = asked["body"].replace("organs: [lungs]", f'organs: ["{HOSTILE}"]')
    answer = site.client.post("/setup/file", data=asked)
    assert answer.status_code == 422
    page = Page(answer.text)
    assert "script" not in page.tags
    assert "This is not written until it is mended" in page.text
    assert HOSTILE in page.text


def test_a_preview_shows_the_normal_report(site: Site) -> None:
    asked = form(site)
    asked["body"] = asked["body"].replace("No pneumothorax.", HOSTILE)
    shown = site.client.post("/setup/check", data=asked).text
    assert HOSTILE not in shown
    page = Page(site.client.get(URL).text)
    for each in ("Preview: Chest radiograph, one view", "Lungs", "The lungs are clear."):
        assert each in page.text
