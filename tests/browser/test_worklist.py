"""The worklist in a real browser: live, by keyboard, readable by everybody, fast."""

from __future__ import annotations

from typing import Any

from adapter.domain.identifiers import Phi
from adapter.domain.order import Code, Priority, Side
from adapter.domain.people import Patient
from tests.browser.conftest import Desk, assert_accessible, assert_fits, look
from tests.fakes.destination import HOLD

EXAMS = (("CR", "Chest radiograph, two views"), ("CT", "CT head without contrast"),
         ("MR", "MR knee without contrast"), ("US", "Ultrasound abdomen complete"))  # fmt: skip
NAMES = ("Abara", "Berg", "Castell", "Dvorak", "Ekwueme", "Fontaine", "Gruber", "Haddad")


def fill(desk: Desk, count: int) -> None:
    """A day of work: some dictated, some stuck, the oldest first."""
    work = desk.site.workflow
    for number in range(count):
        modality, exam = EXAMS[number % 4]
        patient = Patient(
            Phi(f"SYN{1000 + number}"), "NORTH", Phi(NAMES[number % 8]), Phi("Ada"),
            Phi("19600102"),
        )  # fmt: skip
        work.order(
            f"RA-{26000 + number}", patient=patient, modality=modality,
            procedure=Code("X", exam), side=Side.LEFT if modality == "MR" else None,
            scheduled_at="20261127093000",
            priority=Priority.STAT if number % 9 == 4 else tuple(Priority)[1 + number % 3],
        )  # fmt: skip
        work.clock.forward(400)


def accessions(page: Any) -> Any:
    return page.eval_on_selector_all("#rows > tr", "all => all.map(each => each.dataset.accession)")


async def test_the_list_is_worked_by_keyboard_alone(desk: Desk) -> None:
    fill(desk, 12)
    page = await desk.open("/")
    focused = "() => document.activeElement.closest('tr')?.dataset.accession ?? ''"
    first, second, third = (await accessions(page))[:3]
    await page.keyboard.press("j")
    assert await page.evaluate(focused) == first
    await page.keyboard.press("j")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("k")
    assert await page.evaluate(focused) == second != third
    await page.keyboard.press("/")
    await page.keyboard.type("gruber")
    await page.wait_for_function("() => document.querySelectorAll('#rows > tr').length < 12")
    assert await page.locator("#rows > tr").count() == 1
    await page.keyboard.press("Escape")
    assert await page.evaluate(focused) == (await accessions(page))[0]
    await page.route("**/studies/*", lambda route: route.fulfill(body="the report"))
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/studies/RA-260*")


async def test_the_list_is_live_and_keeps_the_row_in_focus(desk: Desk) -> None:
    fill(desk, 3)
    page = await desk.open("/")
    await page.keyboard.press("j")
    kept = "() => document.activeElement.closest('tr')?.dataset.accession"
    before = await page.evaluate(kept)
    desk.site.workflow.order("NEW-STAT", priority=Priority.STAT)
    await page.wait_for_selector('tr[data-accession="NEW-STAT"]', timeout=5000)
    assert (await accessions(page))[0] == "NEW-STAT"
    assert await page.evaluate(kept) == before
    await page.wait_for_function("() => document.querySelector('.line').textContent === 'Live'")
    await desk.in_house(desk.site.dictate, "NEW-STAT", "no pneumothorax period")
    await page.wait_for_selector('tr[data-accession="NEW-STAT"]', state="detached", timeout=5000)
    await page.goto(f"{desk.url}/?queue=drafts")
    assert await accessions(page) == ["NEW-STAT"]


async def test_columns_sort_and_more_rows_follow(desk: Desk) -> None:
    fill(desk, 60)
    page = await desk.open("/?queue=all")
    await page.get_by_role("button", name="Patient").click()
    await page.wait_for_selector("th[aria-sort=ascending] >> text=Patient")
    names = await page.locator("#rows td:nth-child(2)").all_inner_texts()
    assert names == sorted(names)
    await page.get_by_role("button", name="More").click()
    await page.wait_for_function("() => document.querySelectorAll('#rows > tr').length === 60")
    shown = await accessions(page)
    assert len(set(shown)) == 60


async def test_everybody_can_read_it(desk: Desk) -> None:
    fill(desk, 30)
    desk.site.workflow.ris.script = [HOLD]
    await desk.in_house(desk.site.dictate, "RA-26003", "no pneumothorax period")
    page = await desk.open("/")
    await page.keyboard.press("j")
    await look(page, "worklist")
    await assert_accessible(page)
    await assert_fits(page)
    await page.goto(f"{desk.url}/?queue=delivery-failed")
    await look(page, "worklist-failed")
    await page.set_viewport_size({"width": 640, "height": 700})
    await look(page, "worklist-zoomed")


async def test_an_empty_list_says_what_to_do(desk: Desk) -> None:
    page = await desk.open("/?queue=all")
    assert await page.get_by_text("No order or dictation has come yet").is_visible()
    await look(page, "worklist-empty")
    await assert_accessible(page)
