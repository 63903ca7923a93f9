"""Style and modules: served for good under the hash of their contents, and small."""

from __future__ import annotations

import re
from posixpath import dirname, normpath

from adapter.web import assets
from tests.web.conftest import Site

MOST_SCRIPT = 150_000


def test_files_are_kept_for_good_under_the_hash_of_all(site: Site) -> None:
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', site.client.get("/").text):
        answer = site.client.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert (
        site.client.get(assets.url("shell.js"))
        .headers["content-type"]
        .startswith("text/javascript")
    )


def test_another_version_and_other_files_are_gone(site: Site) -> None:
    for path in (
        "/static/0123456789abcdef/shell.js",
        f"/static/{assets.DIGEST}/../app.py",
        f"/static/{assets.DIGEST}/%2e%2e%2fapp.py",
        f"/static/{assets.DIGEST}/",
    ):
        assert site.client.get(path).status_code == 404


def test_another_content_has_another_address() -> None:
    changed = assets.FILES | {"shell.js": assets.FILES["shell.js"] + b" "}
    assert assets._digest(changed) != assets.DIGEST


def test_all_scripts_together_are_small() -> None:
    sizes = {name: len(body) for name, body in assets.FILES.items() if name.endswith(".js")}
    assert sum(sizes.values()) <= MOST_SCRIPT, sizes


def test_modules_import_what_is_there_and_nothing_makes_code_of_text() -> None:
    for name, body in assets.FILES.items():
        if not name.endswith(".js"):
            continue
        script = body.decode()
        for told in re.findall(r'(?:from|import) "(\.[^"]+)"', script):
            other = normpath(f"{dirname(name)}/{told}".lstrip("/"))
            assert other in assets.FILES, (name, other)
        assert not re.search(r"\beval\(|new Function|document\.write|insertAdjacentHTML", script)
        if name != "dom.js":
            assert "innerHTML" not in script, f"{name}: use fromServer of dom.js"
