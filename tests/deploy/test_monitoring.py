"""Alert rules and dashboard ask only for metrics, labels and values that the service gives."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.core import Metric

from adapter.clock import SystemClock
from adapter.observability.metrics import make_registry
from adapter.settings import Settings
from adapter.store.model_calls import LeftState
from tests.deploy.files import DEPLOY, read
from tests.fakes.databases import copied
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
def families(tmp_path_factory: pytest.TempPathFactory, empty: Path) -> list[Metric]:
    """All that a node gives."""
    database = copied(empty, tmp_path_factory.mktemp("metrics") / "readout.sqlite")
    found = list(make_registry(database, SystemClock()).collect())
    database.close()
    return found


@pytest.fixture(scope="module")
def known(families: list[Metric]) -> dict[str, set[str]]:
    """Names of series that a node gives, each with its labels."""
    told: dict[str, set[str]] = dict(OF_PROMETHEUS)
    for family in families:
        name = f"{family.name}_total" if family.type == "counter" else family.name
        told[name] = set(getattr(family, "_labelnames", ()))
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


def test_whatever_tells_of_trouble_by_a_one_or_a_zero_has_an_alert(
    families: list[Metric],
) -> None:
    asked = {name for rule in rules() for name, _ in SELECTOR.findall(str(rule["expr"]))}
    flags = {each.name for each in families if each.documentation.startswith("1 where")}
    assert len(flags) > 7
    assert flags <= asked


def test_prometheus_asks_every_node_at_its_own_port() -> None:
    (job,) = read("monitoring/prometheus.yaml")["scrape_configs"]
    asked = {each for one in job["static_configs"] for each in one["targets"]}
    settings = Settings()
    assert asked == {f"127.0.0.1:{port}" for port in (settings.http_port, settings.monitor_port)}
    assert f'job="{job["job_name"]}"' in rules()[0]["expr"]


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


def test_a_stopped_payload_and_a_model_that_rests_call_a_person(known: dict[str, set[str]]) -> None:
    asked = {rule["alert"]: rule for rule in rules()}
    stopped = asked["ReadoutPayloadStopped"]
    assert f'readout_outgoing_payloads{{state="{LeftState.STOPPED}"}}' in stopped["expr"]
    assert stopped["labels"]["severity"] == "page"
    assert "readout_model_rests" in asked["ReadoutModelRests"]["expr"]


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
    assert "monitoring/prometheus.yaml" in runbook


def test_the_runbook_knows_every_metric_of_an_alert() -> None:
    runbook = (DEPLOY / "README.md").read_text()
    asked = {name for rule in rules() for name, _ in SELECTOR.findall(str(rule["expr"]))}
    told = {name for name in asked if name.startswith("readout_") and name not in runbook}
    assert not told
