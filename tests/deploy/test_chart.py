"""The Helm chart: Kubernetes takes its objects, its schema refuses what is unsafe."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from adapter.settings import Settings
from tests.deploy.files import DEPLOY, read
from tests.peers.deploy_tools import tool

CHART = DEPLOY / "chart"
SMALL = {"access": {"behindProxy": True}}
LARGE = {
    "access": {"issuer": "https://login.example", "audience": "readout"},
    "settingsSecret": "readout-settings",
    "environmentSecrets": ["readout-tokens"],
    "fileSecrets": ["readout-tls"],
    "settings": {"SPEECH_LANGUAGE": "de", "SPEECH_THREADS": 4, "SPEECH_DEVICE": "cuda"},
    "mappings": {"orders.yaml": "a: 1\n", "destinations/ris.yaml": "name: ris\nenabled: false\n"},
    "workers": 2,
    "storage": {"accessMode": "ReadWriteMany", "className": "shared", "size": "1Ti"},
    "gpu": {"nvidia.com/gpu": 1},
    "image": {"pullSecrets": ["registry"]},
    "networkPolicy": {
        "mllpFrom": [{"ipBlock": {"cidr": "10.20.0.0/16"}}],
        "httpFrom": [{"podSelector": {"matchLabels": {"app": "proxy"}}}],
        "to": [{"ipBlock": {"cidr": "10.30.0.0/16"}}],
    },
}
WRONG: list[dict[str, Any]] = [
    {},  # nobody asks who calls
    {"access": {"issuer": "https://login.example"}},  # for any audience
    {**LARGE, "settingsSecret": ""},  # workers on SQLite
    {**LARGE, "storage": {"accessMode": "ReadWriteOnce"}},  # workers without the recordings
    {**SMALL, "settings": {"DATABASE_URL": "postgresql://u:p@h/d"}},  # a secret in the clear
    {**SMALL, "setings": {}},
    {**SMALL, "mappings": {"../etc/passwd": ""}},
]


def merged(values: dict[str, Any]) -> dict[str, Any]:
    """With the chart's own, one level deep: as much as the cases need."""
    base = read("chart/values.yaml")
    return {
        **base,
        **{
            name: {**base[name], **value} if isinstance(base.get(name), dict) else value
            for name, value in values.items()
        },
    }


def rendered(values: dict[str, Any]) -> str:
    python = Path(tool("kubernetes-validate")).with_name("python")
    script = Path(__file__).parents[1] / "peers/deploy_tools/render_chart.py"
    done = subprocess.run(
        [python, script, CHART], input=json.dumps(values), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """The chart's objects with few and with all values."""
    return {"small": rendered(SMALL), "large": rendered(LARGE)}


def objects(text: str) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(text) if each]


def pods(of: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each["spec"]["template"]["spec"] for each in of if each["kind"] == "StatefulSet"]


def test_the_schema_takes_good_values_and_no_others() -> None:
    schema = jsonschema_rs.validator_for(read("chart/values.schema.json"))
    assert schema.is_valid(merged(SMALL))
    assert schema.is_valid(merged(LARGE))
    for values in WRONG:
        assert not schema.is_valid(merged(values)), values


def test_settings_that_the_chart_makes_itself_are_not_given_twice() -> None:
    schema = read("chart/values.schema.json")
    taken = set(schema["properties"]["settings"]["propertyNames"]["not"]["enum"])
    assert taken <= {name.upper() for name in Settings.model_fields} | {"CONFIG"}
    text = (CHART / "templates/_helpers.tpl").read_text()
    assert set(re.findall(r"name: READOUT_([A-Z_]+)", text)) <= taken


@pytest.mark.peer
def test_kubernetes_takes_every_object(texts: dict[str, str], tmp_path: Path) -> None:
    files = []
    for name, text in texts.items():
        files.append(tmp_path / f"{name}.yaml")
        files[-1].write_text(text)
    checked = subprocess.run(
        [tool("kubernetes-validate"), "--strict", *map(str, files)], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.peer
@pytest.mark.parametrize(("size", "nodes"), [("small", 1), ("large", 2)])
def test_every_pod_is_locked_down(texts: dict[str, str], size: str, nodes: int) -> None:
    found = pods(objects(texts[size]))
    assert len(found) == nodes
    for pod in found:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in pod["volumes"]}


@pytest.mark.peer
def test_the_environment_is_one_that_the_settings_take(texts: dict[str, str]) -> None:
    found = pods(objects(texts["large"]))
    for pod in found:
        told = {
            each["name"].removeprefix("READOUT_").lower(): each["value"]
            for each in pod["containers"][0]["env"]
            if "value" in each and each["name"] != "READOUT_CONFIG"
        }
        settings = Settings(**told)
        assert settings.speech_language == "de"
        assert settings.auth_issuer == "https://login.example"


@pytest.mark.peer
def test_mapping_files_keep_their_paths(texts: dict[str, str]) -> None:
    made = objects(texts["large"])
    (config,) = [each for each in made if each["kind"] == "ConfigMap"]
    (volume,) = [each for each in pods(made)[0]["volumes"] if each["name"] == "mappings"]
    laid = {item["path"]: config["data"][item["key"]] for item in volume["configMap"]["items"]}
    assert laid == LARGE["mappings"]


@pytest.mark.peer
def test_nobody_reaches_the_doors_until_told(texts: dict[str, str]) -> None:
    (policy,) = [each for each in objects(texts["small"]) if each["kind"] == "NetworkPolicy"]
    assert not policy["spec"]["ingress"]
    assert all("to" not in rule for rule in policy["spec"]["egress"])
    (policy,) = [each for each in objects(texts["large"]) if each["kind"] == "NetworkPolicy"]
    assert all(rule["from"] for rule in policy["spec"]["ingress"])


@pytest.mark.peer
@pytest.mark.parametrize("number", [0, 1])
def test_probes_and_prometheus_ask_where_each_node_answers(
    texts: dict[str, str], number: int
) -> None:
    made = [each for each in objects(texts["large"]) if each["kind"] == "StatefulSet"][number]
    (container,) = made["spec"]["template"]["spec"]["containers"]
    assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    (port,) = [each["containerPort"] for each in container["ports"] if each["name"] == "http"]
    told = made["spec"]["template"]["metadata"]["annotations"]
    assert (told["prometheus.io/port"], told["prometheus.io/path"]) == (str(port), "/metrics")
    names = {each["name"] for each in container["env"]}
    assert {"READOUT_HTTP_HOST", "READOUT_MONITOR_HOST"} <= names
    of_image = dict(re.findall(r"(READOUT_\w+)=(\S+)", (DEPLOY / "Dockerfile").read_text()))
    assert int(of_image["READOUT_MONITOR_PORT"]) == port == Settings().http_port
