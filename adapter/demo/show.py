"""The demonstration on a terminal, or as plain lines: every sentence with where it comes from."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from adapter.demo.scenario import Told

Json = dict[str, Any]

UNSURE = 0.6
_TEXT_COLUMNS = 62
_STYLES = {"dictated": "green", "template": "cyan", "ai": "magenta", "edited": "yellow"}
_LOUD = {"alert": "bold red", "warn": "yellow", "info": "dim"}
_PROTOCOLS = {"hl7v2": "HL7 v2 over MLLP", "fhir": "FHIR R4"}


class Show:
    """Prints what a story tells; a context manager, for its spinner on a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = console.status("") if console.is_terminal else None

    def __enter__(self) -> Show:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._status is not None:
            self._status.stop()

    def step(self, text: str) -> None:
        """What happens now: beside a spinner on a terminal, else a line."""
        if self._status is not None:
            self._status.update(text)
        else:
            self.say(text)

    def say(self, text: str) -> None:
        """One line that stays."""
        self._line(Text(f"· {text}", style="dim"))

    def study(self, told: Told) -> None:
        """All of one study."""
        study = told.study
        self._line(Text())
        self._line(Text(f"{study.accession}  {study.about}", style="bold"))
        listed = told.seconds["order_to_listed"] * 1000
        self._pair(
            "ordered", Text(f"by {_PROTOCOLS[study.ordered_by]}, listed after {listed:.0f} ms")
        )
        self._pair("heard", heard(told.transcript))
        self._report(told.report)
        for delivery in told.deliveries:
            self._delivery(delivery)
        seconds = told.seconds["dictation_to_acknowledged"]
        self._pair("time", Text(f"{seconds:.2f} s from dictation to acknowledged", style="bold"))

    def _report(self, report: Json) -> None:
        template = report["template"]
        name = f"{report['status']}, template {template['id']} version {template['version']}"
        self._pair("report", Text(name))
        for section in report["sections"]:
            if section["statements"]:
                self._line(Text(f"    {section['title']}", style="bold"))
            for statement in section["statements"]:
                self._line(sentence(statement))
        for flag in report["flags"]:
            self._pair("flag", _flag(flag))
        for each in report["suggestions"]:
            self._pair("AI", _suggestion(each))
        self._pair("proof", proof(report["certificate"]))

    def _delivery(self, delivery: Json) -> None:
        text = Text(f"{delivery['kind']} to {delivery['destination']} by {delivery['protocol']}: ")
        text.append(delivery["answer"], style="bold green")
        text.append(f"  {delivery['control_id']}", style="dim")
        self._pair("sent", text)

    def _pair(self, name: str, text: Text) -> None:
        self._line(Text.assemble((f"  {name:<8}", "dim"), text))

    def _line(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)


def heard(transcript: Json) -> Text:
    """The words as they were heard; those below UNSURE stand as `word(?0.41)`."""
    text = Text()
    for word in transcript["words"]:
        unsure = word["confidence"] < UNSURE
        mark = f"(?{word['confidence']:.2f})" if unsure else ""
        text.append(word["text"] + mark, style="yellow" if unsure else "")
        text.append(" ")
    text.rstrip()
    return text


def sentence(statement: Json) -> Text:
    """One statement of a report and its origin."""
    origin = statement["origin"]
    text = Text(f"      {statement['text']:<{_TEXT_COLUMNS}}  ")
    return text + Text(f"{origin} {_source(statement['source'])}".rstrip(), style=_STYLES[origin])


def _source(source: Json) -> str:
    parts = [source.get(name) or "" for name in ("dictation", "template", "ai")]
    if source.get("ms"):
        start, end = (moment / 1000 for moment in source["ms"])
        parts.append(f"{start:.1f}-{end:.1f} s")
    if source.get("confidence") is not None:
        parts.append(f"{source['confidence']:.2f}")
    if source.get("person"):
        parts.append(f"by {source['person']}")
    return " ".join(filter(None, parts))


def _flag(flag: Json) -> Text:
    severity = flag["severity"]
    return Text(f"{severity.upper()} {flag['code']}: {flag['message']}", style=_LOUD[severity])


def _suggestion(each: Json) -> Text:
    words = f"{each['model']} {each['version']} suggests: {each['text']} ({each['state']})"
    return Text(words, style=_STYLES["ai"])


def proof(certificate: Json) -> Text:
    """Whether every token has a source, and how many of each kind."""
    if not certificate["ok"]:
        return Text("FAILED: the report holds a token without a source", style="bold red")
    counts = ", ".join(f"{certificate[name]} {name}" for name in ("dictated", "template", "ai"))
    return Text(f"each of {certificate['tokens']} tokens has a source: {counts}")
