"""Operations, setup and help in a real browser: readable by everybody, in both themes, zoomed."""

from __future__ import annotations

from adapter.domain.feed import FeedState
from adapter.domain.identifiers import Phi
from adapter.domain.order import Priority
from adapter.domain.people import Patient
from adapter.domain.study import ReportStatus
from adapter.store import studies
from tests.browser.conftest import Desk, assert_accessible, assert_fits, look
from tests.fakes.destination import HOLD


def fill(desk: Desk) -> None:
    """Two weeks of signed reports, a held one, a silent feed."""
    work = desk.site.workflow
    for number in range(80):
        modality = ("CT", "CR", "MR")[number % 3]
        work.order(f"T{number}", modality=modality, priority=tuple(Priority)[number % 4])
        work.clock.forward(60 * (20 + number * 7 % 200))
        with work.database.write() as tx:
            at = work.house.now()
            studies.change(tx, f"T{number}", at, report_status=ReportStatus.FINAL)
        work.clock.forward(60 * 60 * 3)
    work.order("HELD", patient=Patient(Phi("SYN2"), "SYN", Phi("Other"), Phi("Jo")))
    work.ris.script = [HOLD]
    work.dictate("HELD", "large tension pneumothorax on the right period")
    desk.site.feeds.append(FeedState("default", "RIS|NORTH", work.house.now(), True, 7200))


PAGES = ("turnaround", "checks", "ai", "ai-sources", "ai/ledger", "system", "destinations",
         "deliveries", "setup/users", "setup", "help",
         "setup/file?name=templates/xr_chest_1v.yaml")  # fmt: skip


async def test_pages_can_be_read_by_everybody(desk: Desk) -> None:
    await desk.in_house(fill, desk)
    await desk.sign_in()
    for path in PAGES:
        page = await desk.open(f"/{path}")
        assert await page.locator("h1").inner_text()
        await look(page, path.partition("?")[0].replace("/", "-"))
        await assert_accessible(page)
        await assert_fits(page)


async def test_a_template_is_checked_while_it_is_edited(desk: Desk) -> None:
    page = await desk.open("/setup/file?name=templates/xr_chest_1v.yaml")
    source = page.locator("#source")
    whole = await source.input_value()
    await source.fill(whole.replace("organs: [lungs]", "organs: [moon]"))
    await page.get_by_text("no organ 'moon'").wait_for()
    await source.fill(whole.replace("The lungs are clear.", "Both lungs are clear."))
    await page.locator(".preview").get_by_text("Both lungs are clear.").wait_for()
    await source.press("End")
    await source.press("Escape")
    await source.press("Tab")
    assert await page.evaluate("() => document.activeElement.textContent") == "Check and write"
