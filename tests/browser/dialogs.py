"""What the pages show only once somebody has done something: talking, dialogs, what went wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.browser.conftest import Desk

Act = Callable[[Desk], Awaitable[Any]]

_SAY = """async (words) => {
  const {src} = document.querySelector('script[src$="report/page.js"]');
  const strip = await import(src.replace("page.js", "staging.js"));
  const sure = words.slice(0, -20), unsure = words.slice(-20);
  strip.showText({pieces: () => [
    {text: sure, sure: true},
    {command: {name: "go_to", argument: "Impression", at: 0, ms: [0, 1]}},
    {text: unsure, sure: false},
  ]});
}"""


async def _opened(desk: Desk, accession: str) -> Any:
    page = await desk.open(f"/studies/{accession}")
    await page.wait_for_selector("body[data-ready]")
    return page


def _dialog(accession: str, button: str) -> Act:
    """The dialog behind a button of the page of a study."""

    async def act(desk: Desk) -> None:
        page = await _opened(desk, accession)
        await page.get_by_role("button", name=button).first.click()
        await page.locator("#dialog[open]").wait_for()

    return act


async def _talking(desk: Desk) -> None:
    page = await _opened(desk, "CONFLICT")
    await page.keyboard.down("F4")
    await page.wait_for_selector('body[data-voice="talking"]')
    await page.evaluate(_SAY, "There is a small right pneumothorax. The heart is normal in size. "
                              "No pleural effusion. Small right pneu")  # fmt: skip


async def _hush(desk: Desk) -> None:
    await desk.page.keyboard.up("F4")
    await desk.page.wait_for_selector('body[data-voice="paused"]')


async def _source(desk: Desk) -> None:
    page = await _opened(desk, "CONFLICT")
    await page.get_by_text("There is a small right").first.focus()
    await page.locator("#source audio, #source button").first.wait_for()


async def _editing(desk: Desk) -> None:
    page = await _opened(desk, "CONFLICT")
    await page.locator("#editor .statement", has_text="The heart is normal").first.dblclick()
    await page.keyboard.type(" The aorta is tortuous and calcified.")


async def _typing(desk: Desk) -> None:
    page = await _opened(desk, "EMPTY")
    await page.get_by_role("button", name="Type into Lungs").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.type("Small nodule in the left lower lobe.")


async def _told(desk: Desk) -> None:
    page = await _opened(desk, "CONFLICT")
    await page.get_by_label("Told to").focus()


async def _summary(desk: Desk) -> None:
    page = await _opened(desk, "SIGNED")
    await page.locator("#patient-summary").scroll_into_view_if_needed()


async def _released(desk: Desk) -> None:
    page = desk.page
    await page.get_by_role("button", name="Release to the patient").click()
    await page.locator("#dialog").get_by_role("button", name="Release").click()
    await page.locator("#patient-summary", has_text="Released by").scroll_into_view_if_needed()


async def _tour(desk: Desk) -> None:
    await desk.context.clear_cookies(name="readout_tour")
    await desk.open("/")


async def _entrance(desk: Desk) -> None:
    await desk.context.clear_cookies()
    await desk.open("/sign-in")


async def _entrance_code(desk: Desk) -> None:
    await desk.open("/sign-in?code=something")


async def _entrance_wrong(desk: Desk) -> None:
    await desk.page.get_by_role("main").get_by_role("button", name="Sign in").click()
    await desk.page.get_by_role("alert").first.wait_for()


async def _tested(desk: Desk) -> None:
    page = await desk.open("/destinations")
    await page.get_by_role("button", name="Test").first.click()


async def _searched(desk: Desk) -> None:
    page = await desk.open("/?queue=all")
    await page.get_by_label("Search").fill("nobody of this name")
    await page.locator(".empty").wait_for()


async def _fault(desk: Desk) -> None:
    page = await desk.open("/setup/file?name=templates/xr_chest_1v.yaml")
    source = page.locator("#source")
    await source.fill((await source.input_value()).replace("organs: [lungs]", "organs: [moon]"))
    await page.get_by_text("no organ 'moon'").wait_for()


async def _session_over(desk: Desk) -> None:
    page = await _opened(desk, "CONFLICT")
    await page.evaluate("() => fetch('/sign-out', {method: 'POST', redirect: 'manual'})")
    await page.evaluate("() => dispatchEvent(new Event('focus'))")
    await page.keyboard.down("F4")
    await page.locator("#line", has_text="sign in to go on").wait_for()


async def _forbidden(desk: Desk) -> None:
    await desk.sign_in(("resident",))
    await desk.open("/setup")


DIALOGS: dict[str, Act] = {
    "report-talking": _talking,
    "report-paused": _hush,
    "report-source": _source,
    "report-editing": _editing,
    "report-typing": _typing,
    "report-told": _told,
    "report-summary": _summary,
    "report-summary-released": _released,
    "dialog-blocked": _dialog("CONFLICT", "Sign…"),
    "dialog-sign": _dialog("WET", "Sign…"),
    "dialog-wet-read": _dialog("REJECTED", "Wet read"),
    "dialog-hand-over": _dialog("REJECTED", "Hand over…"),
    "dialog-hand-back": _dialog("PENDING", "Hand back…"),
    "dialog-dismiss": _dialog("CONFLICT", "Dismiss…"),
    "dialog-edit-ai": _dialog("CONFLICT", "Edit…"),
    "dialog-template": _dialog("CONFLICT", "Template…"),
    "dialog-correct": _dialog("SIGNED", "Correct…"),
    "dialog-addendum": _dialog("SIGNED", "Addendum…"),
    "dialog-retract": _dialog("SIGNED", "Retract…"),
    "worklist-tour": _tour,
    "worklist-nothing": _searched,
    "destination-tested": _tested,
    "setup-fault": _fault,
    "report-session-over": _session_over,
    "error-403": _forbidden,
    "entrance": _entrance,
    "entrance-code": _entrance_code,
    "entrance-wrong": _entrance_wrong,
}
"""By the name of the picture, in this order: what comes last has nobody signed in."""
