"""`readout demo`: the main job on the embedded default, watched from outside."""

from __future__ import annotations

import json
import signal
import tempfile
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

import typer
from rich.console import Console

from adapter.demo.scenario import Story, Told
from adapter.demo.show import UNSURE, Show
from adapter.demo.site import Site
from adapter.errors import ReadoutError


def command(
    json_: bool = typer.Option(False, "--json", help="Print one JSON object instead of text."),
    keep_running: bool = typer.Option(
        False, "--keep-running", help="Leave everything running until Ctrl-C."
    ),
) -> None:
    """Order, dictate, report and deliver four studies on loopback, with separate processes.

    Example: readout demo --json | jq '.studies[].report.flags'
    """
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGHUP, _end)
    console = Console(stderr=json_, highlight=False)
    with tempfile.TemporaryDirectory(prefix="readout-demo-") as folder, Show(console) as show:
        told = _play(Path(folder), show, json_=json_, keep_running=keep_running)
    unproven = [each.study.accession for each in told if not each.report["certificate"]["ok"]]
    if unproven:
        raise ReadoutError(f"a token without a source stands in {', '.join(unproven)}")


def _play(folder: Path, show: Show, *, json_: bool, keep_running: bool) -> list[Told]:
    told: list[Told] = []
    show.step("starting the service, an EHR and a reporting system as separate processes")
    with Site(folder) as site:
        for each in Story(site, show.step).play():
            told.append(each)
            if not json_:
                show.study(each)
        _end_of_story(told, show, json_)
        if keep_running:
            _keep(site, show)
        show.step("ending the processes")
    return told


def _end_of_story(told: list[Told], show: Show, json_: bool) -> None:
    if json_:
        typer.echo(json.dumps({"studies": [each.as_json() for each in told]}, ensure_ascii=False))
        return
    reports = sum(len(each.deliveries) for each in told)
    show.say(f"{len(told)} studies, {reports} reports sent, every one acknowledged")
    show.say(
        f"the words are what the model heard, those under {UNSURE:g} confidence marked; it is a "
        "small model for synthetic speech, the README tells how to use a real one"
    )


def _keep(site: Site, show: Show) -> None:
    """Wait for Ctrl-C or SIGTERM."""
    show.say(f"HTTP {site.service.http_url}  orders by MLLP 127.0.0.1:{site.service.mllp_port}")
    show.say(
        f"reporting system 127.0.0.1:{site.ris_port}  EHR http://127.0.0.1:{site.ehr_port}/fhir"
    )
    show.step("running until Ctrl-C")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        show.say("ending")


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
