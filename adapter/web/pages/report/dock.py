"""The dictation bar at the bottom, and the dialogs of the signature; the browser fills them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adapter.web.pages.markup import Child, Html, el


def dock(acts: Html, keys: Mapping[str, str]) -> Html:
    """Talk, level, what is being heard, and the way to the signature."""
    return el(
        "section",
        el(
            "div",
            el(
                "button",
                el("span", "", class_="lamp", aria_hidden="true"),
                el("span", "Talk", id="talk-word"),
                el("kbd", keys["talk"]),
                type="button",
                id="talk",
                aria_pressed="false",
            ),
            el("meter", "", id="level", min=0, max=1, value=0, aria_label="Microphone level"),
            el("span", "Microphone off", id="mic", class_="muted small"),
            class_="voice",
        ),
        el(
            "div",
            el(
                "div",
                "",
                id="staging",
                role="group",
                tabindex="0",
                aria_label="Heard so far",
                data_hint=f"Hold {keys['talk']} and speak; a tap keeps it on.",
            ),
            el("p", "", id="line", class_="muted small", role="status"),
            class_="strip",
        ),
        el(
            "div",
            el("button", "Into the report", type="button", id="finish", hidden=True),
            el(
                "button",
                "Microphone…",
                type="button",
                id="devices",
                class_="quiet",
                title="Use the buttons of a dictation microphone",
            ),
            el("div", "", id="next"),
            acts,
            class_="acts",
        ),
        id="dock",
        class_="dock",
        aria_label="Dictation",
    )


def dialogs() -> Html:
    """One dialog; modules put into it what they ask."""
    return el("dialog", el("div", "", id="asked"), id="dialog", aria_labelledby="asked-title")


def actions(
    may: Callable[[str], bool],
    *,
    is_open: bool,
    is_signed: bool,
    pending: bool,
    ready: bool,
    sign_key: str,
) -> Html:
    """What this person can do with the report as it stands."""

    def button(words: Child, act: str, kind: str = "quiet") -> Html | None:
        if not may(act):
            return None
        return el("button", words, type="button", class_=kind, data_act=act)

    unsigned = (
        button("Wet read", "wet-read"),
        button("Recall", "recall") if pending else button("Hand over…", "hand-over"),
        button("Hand back…", "hand-back") if pending else None,
        button(("Sign… ", el("kbd", sign_key.replace("Enter", "↵"))), "sign", "main"),
    )
    signed = (
        button("Retract…", "retract"),
        button("Correct…", "correct"),
        button("Addendum…", "addendum", "main"),
    )
    shown = unsigned if is_open and ready else signed if is_signed else ()
    return el("div", shown, id="acts", class_="acts")
