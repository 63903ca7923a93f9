"""Beside the report: what to look at first, AI findings, and where a sentence comes from."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from adapter.domain.finding import AiFinding, Evidence
from adapter.domain.report import Flag, Severity, Suggestion
from adapter.web.pages.markup import Child, Html, el, text
from adapter.web.pages.report.scene import Scene

_WORDS = {Severity.ALERT: "Blocker", Severity.WARN: "Check", Severity.INFO: "Note"}
_MARKS = {Severity.ALERT: "danger", Severity.WARN: "warn", Severity.INFO: "info"}
_STATES = {
    "proposed": ("proposed", "ai"),
    "accepted": ("accepted", "good"),
    "rejected": ("rejected", ""),
    "agreed": ("agrees with the dictation", "good"),
}


def checks(scene: Scene) -> Html:
    """Flags, blockers first; each leads to its place, and can be put aside with a reason."""
    blockers = len(scene.blockers)
    told = f"{blockers} to clear before signing" if blockers else "nothing stands in the way"
    if scene.is_signed:
        told = "as they stood at the signature"
    return el(
        "section",
        el("h2", "Checks ", el("span", told, class_="count muted")),
        el("ol", (_flag(scene, each) for each in scene.flags), class_="flags")
        if scene.flags
        else el("p", "No check has found anything.", class_="none"),
        _set_aside(scene),
        id="checks",
        class_="card",
        data_blockers=blockers,
    )


def _flag(scene: Scene, flag: Flag) -> Html:
    ai = scene.findings.get(flag.ai or "")
    return el(
        "li",
        el("span", _WORDS[flag.severity], class_=f"chip {_MARKS[flag.severity]}"),
        _message(flag),
        el("div", _choices(scene, flag, ai), class_="choices"),
        id=flag.id,
        tabindex="-1",
        data_severity=flag.severity.value,
        data_blocks=flag in scene.blockers,
        data_code=flag.code,
    )


def _message(flag: Flag) -> Html:
    """What the check says; where it speaks of a place, it leads there."""
    place = flag.statement or (f"ai-{flag.ai}" if flag.ai else None)
    if place is None:
        return el("span", flag.message, class_="words")
    go = {"data_act": "go", "data_place": place, "title": "Go to its place"}
    return el("button", flag.message, type="button", class_="words", **go)


def _choices(scene: Scene, flag: Flag, ai: AiFinding | None) -> tuple[Child, ...]:
    def button(words: str, act: str, **data: str | None) -> Html:
        return el("button", words, type="button", class_="quiet", data_act=act, **data)

    asked = flag.code.removesuffix("_requested") if flag.code.endswith("_requested") else ""
    heard = flag.heard
    return (
        button(
            "Listen",
            "listen",
            data_dictation=heard.dictation,
            data_from=str(heard.ms[0]),
            data_to=str(heard.ms[1]),
        )
        if heard
        else None,
        button("Sign…", "sign")
        if asked == "sign" and scene.is_open and scene.may("sign")
        else None,
        button(asked.capitalize(), asked, data_ai=flag.ai)
        if ai and asked in ("accept", "reject") and scene.is_open
        else None,
        button("Dismiss…", "dismiss", data_flag=flag.id) if scene.is_open else None,
    )


def _set_aside(scene: Scene) -> Html | None:
    if not scene.set_aside:
        return None
    return el(
        "details",
        el("summary", f"{len(scene.set_aside)} put aside"),
        el("ol", (_dismissed(scene, each) for each in scene.set_aside), class_="flags"),
        data_keep="aside",
    )


def _dismissed(scene: Scene, flag: Flag) -> Html:
    by = flag.dismissed
    why = f"{by.person}: {by.reason}" if by else ""
    back = el(
        "button", "Put back", type="button", class_="quiet", data_act="restore", data_flag=flag.id
    )
    return el(
        "li",
        el("span", flag.message, class_="words muted"),
        el("span", why, class_="muted"),
        back if scene.is_open else None,
    )


def findings(scene: Scene) -> Html | None:
    """AI findings beside the report; none of them is in it before a person accepts it."""
    shown = scene.report.suggestions if scene.report else tuple(map(Suggestion, scene.inputs.ai))
    if not shown:
        return None
    return el(
        "section",
        el("h2", "AI findings ", el("span", "never in the report unasked", class_="count muted")),
        el("ol", (_finding(scene, each) for each in shown), class_="findings"),
        id="ai",
        class_="card",
    )


def _finding(scene: Scene, suggestion: Suggestion) -> Html:
    finding = suggestion.finding
    words, mark = _STATES.get(suggestion.state, (suggestion.state, ""))
    sure = f" · {finding.probability:.0%} sure" if finding.probability is not None else ""
    return el(
        "li",
        el("div", el("span", words, class_=f"chip {mark}".strip()), class_="head"),
        el("p", finding.text, class_="ai-text"),
        el("p", f"{finding.model} {finding.version}{sure}", class_="muted small"),
        [_evidence(scene, finding, n, each) for n, each in enumerate(finding.evidence)],
        _decide(finding) if scene.is_open and scene.number else None,
        id=f"ai-{finding.id}",
        tabindex="-1",
        data_ai=finding.id,
        data_state=suggestion.state,
    )


def _decide(finding: AiFinding) -> Html:
    def button(words: str, act: str) -> Html:
        return el("button", words, type="button", class_="quiet", data_act=act, data_ai=finding.id)

    return el(
        "div",
        button("Accept", "accept"),
        el(
            "button",
            "Edit…",
            type="button",
            class_="quiet",
            data_act="edit-ai",
            data_ai=finding.id,
            data_text=finding.text,
        ),
        button("Reject", "reject"),
        class_="choices",
    )


def _evidence(scene: Scene, finding: AiFinding, number: int, evidence: Evidence) -> Html:
    """Where on the images the model saw it, in words; a picture where an archive is set."""
    parts = [
        f"series …{evidence.series_uid[-8:]}" if evidence.series_uid else "",
        f"image …{evidence.sop_uid[-8:]}" if evidence.sop_uid else "",
        f"frame {evidence.frame}" if evidence.frame else "",
    ]
    if evidence.box:
        box = evidence.box
        centre = ((box.x_min + box.x_max) / 2, (box.y_min + box.y_max) / 2)
        parts.append(f"at {centre[0]:.0%} across, {centre[1]:.0%} down")
    elif evidence.point_mm:
        parts.append("at " + ", ".join(f"{each:.0f}" for each in evidence.point_mm) + " mm")
    picture = _picture(scene, finding, number, evidence) if scene.has_archive else None
    words = el(
        "p",
        "Seen: ",
        ", ".join(filter(None, parts)) or "somewhere in the study",
        class_="muted small evidence",
        title=f"{evidence.series_uid} {evidence.sop_uid}".strip(),
    )
    return text(picture, words)


def _picture(scene: Scene, finding: AiFinding, number: int, evidence: Evidence) -> Html:
    """The image with the place marked; the browser takes it away where the archive has none."""
    asked = urlencode({"finding": finding.id, "number": number})
    place = f"/studies/{quote(scene.accession, safe='')}/evidence?{asked}"
    told = f"Image on which {finding.model} saw: {finding.text}"
    box = evidence.box
    mark = box and el(
        "svg",
        el(
            "rect",
            x=box.x_min,
            y=box.y_min,
            width=box.x_max - box.x_min,
            height=box.y_max - box.y_min,
        ),
        viewBox="0 0 1 1",
        preserveAspectRatio="none",
        aria_hidden="true",
    )
    return el(
        "figure", el("img", src=place, alt=told, loading="lazy"), mark or None, class_="picture"
    )


def source_card() -> Html:
    """Filled in the browser with the source of the sentence that is chosen."""
    return el(
        "section",
        el("h2", "Source"),
        el("p", "Choose a sentence to see who said it, and to hear it.", class_="none"),
        id="source",
        class_="card",
    )
