"""The papers of deploy/ name what is there: files, commands, metrics, alerts; figures agree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapter.cli import COMMANDS
from adapter.store.tables import metadata
from tests.deploy.files import DEPLOY, ROOT, read

PAPERS = [*sorted(DEPLOY.glob("*.md")), *sorted(DEPLOY.glob("[cmps]*/*.md"))]
PAGES = [*PAPERS, *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "mappings/README.md"))]
OF_A_COMMAND = re.compile(r"\breadout ([a-z]+(?:-[a-z]+)*)(?: ([a-z]+(?:-[a-z]+)*)\b(?![-.:/]))?")
SCALING, README = (DEPLOY / "SCALING.md").read_text(), (ROOT / "README.md").read_text()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text()):
        assert (path.parent / link).exists(), link


def within(command: str) -> set[str]:
    """The commands that a command holds."""
    source = ROOT / (COMMANDS[command].replace(".", "/") + ".py")
    return set(re.findall(r"app\.command\(\"([a-z-]+)\"\)", source.read_text()))


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_commands_that_are_named_are_there(path: Path) -> None:
    code = re.findall(r"`([^`]+)`|^(?: {4}|```\w*\n)(.+)", path.read_text(), re.MULTILINE)
    for text in (one or other for one, other in code):
        for command, sub in OF_A_COMMAND.findall(text) if "readout " in text else ():
            if command in COMMANDS and sub and within(command):
                assert sub in within(command), text
            elif text.startswith(("readout ", "/opt/readout/bin/readout ")):
                assert command in COMMANDS, text


def test_metrics_tables_and_alerts_that_are_named_are_there() -> None:
    source = "".join(path.read_text() for path in (ROOT / "adapter").rglob("*.py"))
    alerts = {
        r["alert"] for group in read("monitoring/alerts.yaml")["groups"] for r in group["rules"]
    }
    for path in PAPERS:
        text = path.read_text()
        named = set(re.findall(r"`(readout_[a-z_]+)", text)) - set(metadata.tables)
        assert not {n for n in named if f'"{n.removesuffix("_total")}"' not in source}, path
        assert set(re.findall(r"`(Readout[A-Z]\w+)`", text)) <= alerts, path


def number(pattern: str, text: str) -> list[float]:
    found = re.search(pattern, text)
    assert found, pattern
    return [float(each.replace(",", "")) for each in found.groups()]


def last(row: str) -> float:
    """The figure of a row of the table of growth with the most studies stored."""
    return number(rf"\n{row} .* ([\d.]+)\n", SCALING)[0]


def test_figures_of_the_readme_and_of_the_page_of_scaling_agree() -> None:
    assert number(r"on disk before the ACK \| ([\d,]+) to ([\d,]+) messages/s", README) == number(
        r"acknowledged \| [^|]*processor, ([\d,]+) to ([\d,]+) a second", SCALING
    )
    order, listed, draft = number(
        r"a million stored \| order ([\d.]+) ms, list ([\d.]+) ms, dictation to delivered draft "
        r"([\d.]+) ms",
        README,
    )
    assert order == round(last("order stored and applied"), 1)
    assert listed == round(last("worklist: unread"))
    assert draft == round(last("dictation to delivered draft"))
    times, nodes, database = number(
        r"two cores \| ([\d.]+) times one node; ([\d.]+) ms of nodes and ([\d.]+) ms", README
    )
    one, *_ = number(r"\n +1 +([\d.]+) \|", SCALING)
    two, of_nodes, of_database = number(r"\n +2 +([\d.]+) \| +([\d.]+) +([\d.]+)", SCALING)
    assert times == round(two / one, 1)
    assert nodes == pytest.approx(of_nodes, abs=5)
    assert database == of_database
