"""Image and compose file: what a reviewer of a hospital's IT looks for."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.deploy.files import DEPLOY, ROOT, read
from tests.peers.deploy_tools import tool

DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
NODES = ("readout", "worker")
IGNORED = (DEPLOY / "Dockerfile.dockerignore").read_text().split()


@contextmanager
def answering(status: int) -> Iterator[int]:
    """The port of a server that gives this status at /readyz and 404 elsewhere."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Keep the test's output clean."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_health_check_tells_a_ready_service_from_one_that_is_not(
    status: int, healthy: bool
) -> None:
    (check,) = re.findall(r"HEALTHCHECK[^\[]*(\[.*\])", DOCKERFILE)
    command = [sys.executable, *json.loads(check)[1:]]
    with answering(status) as port:
        environment = {**os.environ, "READOUT_HTTP_PORT": str(port)}
        done = subprocess.run(command, env=environment, capture_output=True)
    assert (done.returncode == 0) is healthy


def test_the_image_runs_as_nobody_in_particular() -> None:
    (user,) = re.findall(r"^USER (\d+):\d+$", DOCKERFILE, re.MULTILINE)
    assert int(user) > 0
    services = read("compose.yaml")["services"]
    assert all(services[name]["user"].startswith(f"{user}:") for name in NODES)


def test_what_the_image_copies_is_there_and_let_through() -> None:
    copied = [
        name
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for name in line.split()[:-1]
    ]
    assert "adapter" in copied
    assert IGNORED[0] == "*"
    for name in copied:
        assert (ROOT / name).exists()
        assert f"!{name}" in IGNORED


@pytest.mark.peer
def test_hadolint_finds_nothing() -> None:
    done = subprocess.run(
        [tool("hadolint"), str(DEPLOY / "Dockerfile")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_nothing_of_the_compose_file_is_published_beyond_loopback() -> None:
    services = read("compose.yaml")["services"]
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert "ports" not in services["postgres"]
    assert not any(service.get("network_mode") for service in services.values())


def test_readout_alone_reaches_the_database() -> None:
    compose = read("compose.yaml")
    assert compose["networks"]["database"]["internal"] is True
    inside = {name for name, each in compose["services"].items() if "database" in each["networks"]}
    assert inside == {*NODES, "postgres"}


def test_services_name_only_secrets_networks_and_volumes_that_are_declared() -> None:
    compose = read("compose.yaml")
    for service in compose["services"].values():
        assert set(service["networks"]) <= set(compose["networks"])
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        named = {volume.split(":")[0] for volume in service["volumes"]}
        assert {name for name in named if not name.startswith(".")} <= set(compose["volumes"])
        assert re.search(r":\d[\w.-]*$", service["image"]), "an image of a pinned version"


def test_no_secret_stands_in_the_environment() -> None:
    secret = re.compile(r"(PASSWORD|TOKEN|SECRET|KEY|DATABASE_URL)$")
    for service in read("compose.yaml")["services"].values():
        assert not [name for name in service.get("environment", {}) if secret.search(name)]


@pytest.mark.parametrize("name", NODES)
def test_readout_cannot_write_outside_its_volume(name: str) -> None:
    service = read("compose.yaml")["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    writable = [volume for volume in service["volumes"] if not volume.endswith(":ro")]
    assert writable == ["readout-data:/var/lib/readout"]


def test_the_worker_is_another_node_of_the_same_house_without_doors() -> None:
    services = read("compose.yaml")["services"]
    first, worker = (services[name] for name in NODES)
    assert worker["command"] == ["worker"]
    assert worker["profiles"]  # nobody gets a second node unasked
    assert "ports" not in worker
    for shared in ("image", "secrets", "volumes", "networks", "depends_on"):
        assert worker[shared] == first[shared]
    ours, others = worker["environment"], first["environment"]
    assert ours["READOUT_NODE_ID"] != others["READOUT_NODE_ID"]
    assert ours["READOUT_CONFIG"] == others["READOUT_CONFIG"]
