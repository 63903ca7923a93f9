"""Alert rules and dashboard ask only for metrics, labels and values that the service gives."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from adapter.clock import SystemClock
from adapter.observability.metrics import make_registry
from adapter.store.database import Database
from tests.deploy.files import DEPLOY, read
from tests.peers.deploy_tools import tool

OF_PROMETHEUS = {"up": set()}
EVERYWHERE = {"instance", "job"}  # what Prometheus itself adds to each series
SELECTOR = re.compile(r"\b((?:readout|process)_\w+|up)\b(?:\{([^}]*)\})?")


def rules() -> list[dict[str, Any]]:
    return [rule for group in read("monitoring/alerts.yaml")["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    return list(read("monitoring/grafana.json")["panels"])


def expressions() -> list[str]:
    asked = [str(rule["expr"]) for rule in rules()]
    return asked + [str(target["expr"]) for panel in panels() for target in panel["targets"]]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Names of series that a node gives, each with its labels."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('metrics') / 'readout.sqlite'}")
    database.migrate()
    told: dict[str, set[str]] = dict(OF_PROMETHEUS)
    for family in make_registry(database, SystemClock()).collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        told[name] = set(getattr(family, "_labelnames", ()))
    database.close()
    return told


def test_every_metric_asked_for_exists_with_its_labels(known: dict[str, set[str]]) -> None:
    for expression in expressions():
        asked = SELECTOR.findall(expression)
        assert asked, expression
        for name, selected in asked:
            assert name in known, f"{name} in {expression}"
            labels = set(re.findall(r"(\w+)\s*(?:=~|=|!=|!~)", selected))
            assert labels <= known[name] | EVERYWHERE, f"{labels} of {name}"
        grouped = {
            label.strip()
            for by in re.findall(r"by \(([^)]*)\)", expression)
            for label in by.split(",")
        }
        assert grouped <= {label for name, _ in asked for label in known[name]} | EVERYWHERE


def test_every_metric_of_ours_is_shown(known: dict[str, set[str]]) -> None:
    shown = {name for expression in expressions() for name, _ in SELECTOR.findall(expression)}
    assert {name for name in known if name.startswith("readout_")} <= shown


def test_alerts_name_only_labels_that_their_series_keep(known: dict[str, set[str]]) -> None:
    for rule in rules():
        told = " ".join(rule["annotations"].values())
        named = set(re.findall(r"\$labels\.(\w+)", told))
        kept = re.search(r"^max(?: by \(([^)]*)\))?\s*\(", rule["expr"])
        if kept:
            left = set(filter(None, re.split(r",\s*", kept.group(1) or "")))
        else:
            left = known[SELECTOR.findall(rule["expr"])[0][0]] | EVERYWHERE
        assert named <= left, rule["alert"]


def test_each_alert_says_how_urgent_it_is_and_what_to_do() -> None:
    assert len({rule["alert"] for rule in rules()}) == len(rules())
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert set(rule["annotations"]) == {"summary", "action"}


def test_panels_have_numbers_of_their_own_and_do_not_overlap() -> None:
    assert len({panel["id"] for panel in panels()}) == len(panels())
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        x, y, w, h = (panel["gridPos"][side] for side in "xywh")
        cells = {(x + i, y + j) for i in range(w) for j in range(h)}
        assert x + w <= 24
        assert not cells & taken
        taken |= cells


@pytest.mark.peer
def test_a_parser_of_promql_takes_every_expression() -> None:
    python = Path(tool("hadolint")).with_name("python")
    code = (
        "import sys, promql_parser as p; [p.parse(line) for line in sys.stdin.read().splitlines()]"
    )
    done = subprocess.run(
        [python, "-c", code], input="\n".join(expressions()), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_files_are_where_the_runbook_says() -> None:
    runbook = (DEPLOY / "README.md").read_text()
    assert "monitoring/alerts.yaml" in runbook
    assert "monitoring/grafana.json" in runbook
