"""Issuer and image archive are asked before somebody needs them."""

from __future__ import annotations

from adapter.dicom.dicomweb import Archive
from adapter.mapping.files import MappingFiles
from adapter.mapping.plug_in import load_plug_in
from adapter.oauth.code_flow import Client
from adapter.oauth.login import Login, LoginSite
from adapter.outbound import Outbound
from adapter.settings import Settings
from adapter.store import links
from adapter.store.database import Database
from adapter.store.links import Link, LinkKind
from adapter.web.access import open_access
from adapter.workflow.link_probes import Ask, LinkProbes, note
from tests.fakes.archive import archive
from tests.fakes.clock import FakeClock
from tests.fakes.issuer import running_issuer

BEGAN = "2026-03-01T12:00:00.000+00:00"


def known(database: Database) -> dict[LinkKind, Link]:
    with database.read() as tx:
        return {each.kind: each for each in links.listed(tx)}


async def test_what_goes_away_is_known_since_when_and_what_comes_back_too(sqlite: Database) -> None:
    clock = FakeClock()
    guard = Outbound.of((), "ALLOWED", loopback=True)
    with archive() as pacs:
        with running_issuer() as issuer:
            site = LoginSite(issuer.url, Client("readout", "http://x/back"), "openid", "http://x")
            guard = guard.also(issuer.url)
            login = Login(site, guard, clock)
            settings = Settings(auth_issuer=issuer.url, auth_audience="readout")
            tokens = open_access(settings, load_plug_in(MappingFiles()), guard, clock).ask_issuer
            asks: dict[LinkKind, Ask | None] = {
                LinkKind.LOGIN: login.check,
                LinkKind.TOKENS: tokens,
            }
            images = Archive(f"{pacs.url}/dicom-web").check
            probes = LinkProbes(sqlite, clock, {**asks, LinkKind.IMAGES: images})
            await probes.look()
            assert {each.away_since for each in known(sqlite).values()} == {""}
            pacs.is_down = True
            await probes.look()
            down = known(sqlite)[LinkKind.IMAGES]
            assert (down.away_since, down.problem) == (BEGAN, "the archive answers 503")
        clock.forward(60)
        await probes.look()
        found = known(sqlite)
        assert found[LinkKind.IMAGES].away_since == BEGAN
        for kind in (LinkKind.LOGIN, LinkKind.TOKENS):
            assert found[kind].away_since == "2026-03-01T12:01:00.000+00:00"
            assert "127.0.0.1" in found[kind].problem
        pacs.is_down = False
        await LinkProbes(sqlite, clock, {LinkKind.LOGIN: None, LinkKind.IMAGES: images}).look()
    assert LinkKind.LOGIN not in known(sqlite)
    assert known(sqlite)[LinkKind.IMAGES].away_since == ""


def test_a_try_is_not_lost_on_a_database_that_is_away(sqlite: Database) -> None:
    """Nothing is raised into the thread that tries; the next try tells it."""
    clock = FakeClock()
    with sqlite.engine.begin() as tx:
        tx.exec_driver_sql("alter table readout_link rename to hidden")
    note(sqlite, clock, LinkKind.AUDIO, "refused")
    with sqlite.engine.begin() as tx:
        tx.exec_driver_sql("alter table hidden rename to readout_link")
    note(sqlite, clock, LinkKind.AUDIO, "refused")
    assert known(sqlite)[LinkKind.AUDIO].away_since == BEGAN
