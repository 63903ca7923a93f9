"""A real provider of another maker, and a browser that signs in there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from adapter.clock import SystemClock
from adapter.mapping.files import MappingFiles
from adapter.mapping.roles import Roles, load_roles
from adapter.settings import Settings
from adapter.web.entry import open_login
from adapter.web.server import bound
from tests.browser.conftest import look, serving
from tests.peers.openid_provider import SECRET, running_provider
from tests.web import conftest as web

RULE = {"claim": "groups", "roles": {"radiology-attending": "radiologist",
                                     "radiology-resident": "resident"}}  # fmt: skip


async def sign_in(page: Any, url: str, name: str) -> None:
    await page.goto(f"{url}/sign-in?next=%2Fhelp")
    await page.click("#login")
    await page.fill("input[name=login]", name)
    await page.fill("input[name=password]", "anything")
    await page.click("button[type=submit]")
    await page.click("button[type=submit]")  # consent


async def test_users_of_a_real_provider_sign_in_and_out(
    browser: Any, tmp_path: Path, empty: Path
) -> None:
    door = bound("127.0.0.1", 0)
    url = f"http://127.0.0.1:{door.getsockname()[1]}"
    packaged = load_roles(MappingFiles()).roles
    roles = Roles.model_validate({"roles": packaged, "claims": [RULE]})
    with running_provider(url) as issuer:
        settings = Settings(
            login_issuer=issuer,
            login_client_id="readout",
            login_client_secret=SECRET,
            http_address=url,
        )
        login = open_login(settings, SystemClock())
        for site in web.site_in(tmp_path, empty):
            site.parts = replace(site.parts, login=login, roles=roles)
            with serving(site, door):
                context = await browser.new_context()
                page = await context.new_page()
                await sign_in(page, url, "gray")
                await page.wait_for_url(f"{url}/help")
                assert "Ada Gray" in await page.inner_text("header")
                (session,) = [e for e in site.parts.sign_in.listed() if e.how == "login"]
                assert (session.person.id, session.roles) == ("gray-1001", ("radiologist",))
                assert session.sid
                menu = await page.inner_text("nav[aria-label=Pages]")
                assert ("Worklist" in menu, "Interfaces" in menu) == (True, False)
                await look(page, "signed-in-by-login")
                await page.click("text=Sign out")  # leads on to the provider, which asks
                await page.wait_for_url(f"{issuer}/**")
                await page.click("text=Yes, sign me out")
                await page.wait_for_url(f"{url}/sign-in*")
                assert not [e for e in site.parts.sign_in.listed() if e.how == "login"]
                await sign_in(page, url, "nobody")
                await page.wait_for_selector("text=no role here")
                await context.close()
