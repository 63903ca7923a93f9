"""The reporting page in a real browser, on a house with fakes at its edges."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from adapter.domain.identifiers import Phi
from adapter.domain.order import Code
from adapter.domain.people import Patient, Practitioner, Sex
from adapter.web.callers import COOKIE
from tests.browser.conftest import WIDE, Desk, assert_accessible, assert_fits, look
from tests.fakes.house import ROLES
from tests.web.conftest import Site

RESIDENT = Practitioner("77", "Young", "Rae")
PATIENCE_S = 20
EDITED = '#editor .statement[data-origin="edited"]'
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
SPOKEN = (
    "there is a small right pneumothorax period the heart is normal in size period otherwise "
    "normal period impression colon small right pneumothorax period"
)
FINDING = {
    "id": "a1",
    "text": "Left pneumothorax.",
    "finding": "pneumothorax",
    "side": "left",
    "model": "m",
    "version": "1",
    "probability": 0.91,
}


def findings(site: Site, accession: str, *found: dict[str, Any]) -> None:
    path = f"/api/studies/{accession}/ai-findings"
    assert site.client.post(path, json={"findings": list(found)}).status_code == 202


@pytest_asyncio.fixture(loop_scope="session")
async def study(desk: Desk) -> AsyncIterator[Desk]:
    """A dictated study in which voice and AI disagree about the side."""
    desk.site.workflow.order("A1")
    findings(desk.site, "A1", FINDING)
    await dictate(desk, "A1", SPOKEN)
    await opened(desk, "A1")
    yield desk


async def opened(desk: Desk, accession: str) -> Any:
    page = await desk.open(f"/studies/{accession}")
    await page.wait_for_selector("body[data-ready]")
    return page


async def saved(desk: Desk, words: str, place: str = "#editor .statement") -> None:
    """What was asked for is merged, and shown by itself."""
    await follows(desk, desk.page.locator(place, has_text=words))


async def follows(desk: Desk, shown: Any, there: bool = True) -> None:
    """Let the house work until the page shows it, or shows it no more."""
    async with asyncio.timeout(PATIENCE_S):
        while (await shown.count() > 0) is not there:
            await desk.in_house(desk.site.workflow.jobs.run)
            await asyncio.sleep(0.05)


async def dictate(desk: Desk, accession: str, spoken: str) -> None:
    """A recording, as of another program."""
    await asyncio.to_thread(desk.site.dictate, accession, spoken)


async def window(browser: Any, desk: Desk, who: Practitioner) -> Any:
    """Another person's window on the same house."""
    context = await browser.new_context(viewport=WIDE)
    desk_in = desk.site.parts.sign_in
    session, _ = desk_in.redeem(desk_in.new_code(who, ROLES))
    await context.add_cookies([{"name": COOKIE, "value": session, "url": desk.url}])
    page = await context.new_page()
    await page.goto(f"{desk.url}/studies/A1")
    await page.wait_for_selector("body[data-ready]")
    return page


async def test_the_page_marks_who_said_what_and_is_accessible(study: Desk) -> None:
    page = study.page
    origins = {
        await each.get_attribute("data-origin")
        for each in await page.locator("#editor .statement").all()
    }
    assert origins == {"dictated", "template"}
    assert await page.locator(".conflict").get_by_text("Left pneumothorax.").count() == 1
    assert "1 to clear" in await page.locator("#checks h2").inner_text()
    said = page.get_by_text("There is a small right pneumothorax.").first
    await said.focus()
    await page.locator("#source", has_text="d-1").wait_for()
    await look(page, "report")
    await assert_accessible(page)
    await assert_fits(page)


HEAR = """async () => {
  globalThis.aloud = [];
  const speech = {speak: (each) => aloud.push(each.text)};
  Object.defineProperty(window, "speechSynthesis", {value: speech});
  const {src} = document.querySelector('script[src$="report/page.js"]');
  const {LiveText} = await import(src.replace("page.js", "live_text.js"));
  const {showText, showCommand} = await import(src.replace("page.js", "staging.js"));
  const text = new LiveText();
  const command = {name: "go_to", argument: "impression", at: 12, ms: [900, 1400]};
  const written = {from: 0, text: "No effusion. Smal", held: "l", commands_from: 0};
  text.take({type: "partial", written: {...written, commands: [command]}});
  showText(text);
  showCommand(command);
}"""


async def test_what_is_heard_a_command_and_a_check_lead_to_their_places(study: Desk) -> None:
    page = study.page
    await page.evaluate(HEAR)
    assert await page.locator("#staging .command").inner_text() == "go to: impression"
    assert await page.locator("#section-impression.target").count() == 1
    await page.get_by_role("button", name="Read back").hover()
    await page.mouse.down()
    async with page.expect_response("**/parts"):  # the page is renewed under the finger
        await study.in_house(study.site.workflow.tell, "A1", "Dr Reed")
    await page.locator("#communication .told").wait_for()
    await page.mouse.up()
    aloud = await (await page.wait_for_function("() => aloud.length && aloud")).json_value()
    assert aloud.index("Pleura") + 1 == aloud.index("There is a small right pneumothorax.")
    await page.locator('#checks li[data-severity="alert"] .words').click()
    await page.wait_for_function("() => document.activeElement.matches('.statement.danger')")


async def test_a_sentence_is_edited_and_taken_out_by_keyboard(study: Desk) -> None:
    page = study.page
    heart = page.locator("#editor .statement", has_text="The heart is normal").first
    await heart.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Control+A")
    await page.keyboard.type(f"The heart is large. {HOSTILE}")
    await page.keyboard.press("Enter")
    edited = page.locator(EDITED)
    await follows(study, edited)
    assert HOSTILE in await edited.inner_text()
    assert await page.locator("#editor img").count() == 0
    await edited.focus()
    await page.keyboard.press("Delete")
    await follows(study, edited, there=False)


async def test_everything_to_the_signature_goes_by_keyboard(study: Desk) -> None:
    page = study.page
    await page.keyboard.press("F8")
    assert "statement" in await page.evaluate("() => document.activeElement.className")
    await page.keyboard.press("Shift+F9")
    await follows(study, page.locator(".conflict"), there=False)
    await page.keyboard.press("Control+Enter")
    await page.locator("#dialog .previews").wait_for()
    assert await page.evaluate("() => document.activeElement.textContent") == "Sign as final"
    await assert_accessible(page)
    await page.keyboard.press("Enter")
    await page.locator("#banner", has_text="Final").wait_for()
    sent = page.locator('#deliveries [data-kind="final"][data-state="acknowledged"]')
    await follows(study, sent)
    assert study.site.workflow.sent()[-1] == ("A1", "final")


async def test_what_was_being_typed_is_there_again_after_a_crash(study: Desk) -> None:
    page = study.page
    await page.locator("#editor .statement", has_text="The heart is normal").first.dblclick()
    await page.keyboard.type(" Aorta not widened.")
    await page.wait_for_function(
        """() => new Promise((done) => {
          const asked = indexedDB.open('readout-reporting');
          asked.onsuccess = () => {
            const count = asked.result.transaction('drafts').objectStore('drafts').count();
            count.onsuccess = () => done(count.result === 1);
          };
        })"""
    )
    await page.reload()
    box = page.locator("#editor textarea")
    await box.wait_for()
    assert (await box.input_value()).endswith("Aorta not widened.")
    await box.press("Enter")
    await saved(study, "Aorta not widened.")


async def test_two_persons_on_one_study_lose_nothing(browser: Any, study: Desk) -> None:
    mine = study.page
    theirs = await window(browser, study, RESIDENT)
    await theirs.locator("[data-locked]", has_text="Ada Gray has this study open").wait_for()
    await look(theirs, "report-locked")
    heart = "#editor .statement:has-text('The heart is normal')"
    await theirs.locator(heart).dblclick()
    assert await theirs.locator("#editor textarea").count() == 0  # who only reads edits nothing
    await mine.locator(heart).dblclick()
    await mine.keyboard.press("Control+A")
    await mine.keyboard.type("The heart is small.")
    await theirs.get_by_role("button", name="Take over").click()
    await mine.locator("[data-locked]", has_text="Rae Young has this study open").wait_for()
    await theirs.locator("[data-locked]").wait_for(state="detached")
    await theirs.locator(heart).dblclick()
    await theirs.keyboard.press("Control+A")
    await theirs.keyboard.type("The heart is large.")
    await theirs.keyboard.press("Enter")
    await follows(study, theirs.locator(EDITED))
    await mine.locator("#editor textarea").press("Enter")
    dialog = mine.locator("#dialog")
    await dialog.get_by_text("The heart is large.").wait_for()
    assert await dialog.get_by_text("The heart is small.").count() == 1
    await look(mine, "report-stale")
    await mine.get_by_role("button", name="Use mine").click()
    await mine.locator("#editor [data-editing]").wait_for(state="detached")
    await follows(study, theirs.locator(EDITED, has_text="The heart is small."))
    await theirs.context.close()


async def test_a_report_is_handed_over_handed_back_and_signed(study: Desk) -> None:
    page = study.page
    await page.get_by_role("button", name="Hand over…").click()
    await page.get_by_label("Who is to sign").fill("Gray")
    await page.get_by_role("button", name="Hand over", exact=True).click()
    await page.locator("#banner", has_text="Pending signature").wait_for()
    await page.get_by_role("button", name="Hand back…").click()
    await page.get_by_label("What is to be changed?").fill("Which side?")
    await page.get_by_role("button", name="Hand back", exact=True).click()
    await page.locator("#banner .note", has_text="did not sign: Which side?").wait_for()
    await page.get_by_role("button", name="Wet read").click()
    await page.get_by_role("button", name="Release wet read").click()
    await page.locator("#banner", has_text="Wet read").wait_for()
    await study.in_house(study.site.workflow.jobs.run)
    await look(page, "report-review")
    assert study.site.workflow.sent()[-1] == ("A1", "preliminary")


async def test_a_signed_report_is_corrected_and_added_to(study: Desk) -> None:
    site, page = study.site, study.page
    person = {"id": "123", "family": "Gray", "given": "Ada"}
    await study.in_house(site.workflow.clear, "A1")
    site.client.post("/api/studies/A1/report/sign", json={"person": person})
    await page.get_by_role("button", name="Correct…").click()
    box = page.locator("#dialog textarea").first
    await box.fill("The lungs are hazy.")
    await look(page, "report-correct")
    await page.get_by_role("button", name="Correct and send").click()
    await page.locator("#banner", has_text="Corrected").wait_for()
    await page.get_by_role("button", name="Addendum…").click()
    await page.get_by_label("Text of the addendum").fill("Compared with 2025.")
    await page.get_by_role("button", name="Add and send").click()
    await page.locator("#editor", has_text="Compared with 2025.").wait_for()
    await study.in_house(study.site.workflow.jobs.run)
    assert [kind for _, kind in site.workflow.sent()][-2:] == ["correction", "addendum"]


async def test_fields_are_filled_by_tab_and_required_ones_are_marked(desk: Desk) -> None:
    sex = Patient(Phi("P1"), family=Phi("Demo"), given=Phi(HOSTILE), sex=Sex.MALE)
    procedure = Code("MRPR", "MR prostate")
    desk.site.workflow.order("P1", procedure=procedure, modality="MR", patient=sex)
    await dictate(desk, "P1", "the bladder is normal period")
    page = await opened(desk, "P1")
    assert HOSTILE in await page.locator("#banner").inner_text()
    assert await page.locator("#banner img").count() == 0
    assert await page.locator(".field.gapped", has_text="PI-RADS").count() == 1
    await page.get_by_label("Prostate volume").fill("42")
    await page.keyboard.press("Tab")
    assert await page.evaluate("() => document.activeElement.dataset.field") == "prostate.psa"
    await saved(desk, "Prostate volume: 42 mL.")
    await page.get_by_label("PI-RADS category").select_option("PI-RADS 4")
    await saved(desk, "PI-RADS 4")
    assert await page.locator(".field.gapped", has_text="PI-RADS").count() == 0
    await look(page, "report-fields")
    await assert_accessible(page)


async def test_words_macros_and_templates_come_without_a_voice(desk: Desk) -> None:
    desk.site.workflow.order("A1")
    page = await opened(desk, "A1")
    await page.get_by_role("button", name="Type into Lungs").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.type("Small nodule in the left lower lobe.")
    await page.keyboard.press("Enter")
    await saved(desk, "Small nodule", "#section-lungs .statement[data-typed]")
    await page.locator("#macro").select_option("limited_motion")
    await saved(desk, "The examination is limited by patient motion.")
    await page.get_by_role("button", name="Template…").click()
    await page.locator("#template").select_option("ct_chest")
    await page.get_by_role("button", name="Use it").click()
    await follows(desk, page.locator(".tools", has_text="CT chest"))


async def test_who_was_told_is_recorded(study: Desk) -> None:
    page = study.page
    form = page.locator("#communication form")
    if not await form.is_visible():
        await page.get_by_text("Record that somebody was told").click()
    await form.get_by_label("Finding").fill("pneumothorax")
    await form.get_by_label("Told to").fill("Dr Reed")
    await form.get_by_role("button", name="Record").click()
    await page.locator("#communication .told", has_text="Dr Reed").wait_for()
    await study.in_house(study.site.workflow.jobs.run)
    told = study.site.client.get("/api/studies/A1").json()["communications"]
    assert [(each["receiver"], each["sender"]) for each in told] == [("Dr Reed", "123")]


async def test_a_check_is_put_aside_with_a_reason_and_comes_back(study: Desk) -> None:
    page = study.page
    blocker = page.locator('#checks li[data-severity="alert"]')
    await blocker.get_by_role("button", name="Dismiss…").click()
    await page.get_by_label("Why?").fill("AI is wrong.")
    await page.get_by_role("button", name="Put aside").click()
    await follows(study, blocker, there=False)
    await page.get_by_text("1 put aside").click()
    assert "AI is wrong." in await page.locator("#checks details").inner_text()
    await page.get_by_role("button", name="Put back").click()
    await follows(study, blocker)


async def test_the_report_before_stands_beside_with_its_sizes(desk: Desk) -> None:
    site = desk.site
    person = {"id": "123", "family": "Gray", "given": "Ada"}
    site.workflow.order("OLD", scheduled_at="20250101080000")
    await dictate(desk, "OLD", "4 mm nodule in the right lung period")
    site.client.post("/api/studies/OLD/report/sign", json={"person": person})
    site.workflow.order("A1", scheduled_at="20260101080000")
    await dictate(desk, "A1", "6 mm nodule in the right lung period")
    page = await opened(desk, "A1")
    assert "+50% grown" in await page.locator("#prior .sizes").inner_text()
    assert "4 mm nodule" in await page.locator("#prior pre").inner_text()
    await look(page, "report-prior")
    await assert_accessible(page)
    await assert_fits(page)


@pytest.mark.parametrize("path", ["", "/parts", "/preview", "/templates"])
async def test_nobody_reads_a_study_without_signing_in(
    house: tuple[Site, str], browser: Any, path: str
) -> None:
    site, url = house
    site.workflow.order("A1")
    context = await browser.new_context()
    answer = await context.request.get(f"{url}/studies/A1{path}", max_redirects=0)
    assert answer.status == 303
    assert answer.headers["location"].startswith("/sign-in?")
    await context.close()
