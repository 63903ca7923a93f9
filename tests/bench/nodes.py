"""The way of a study over one, two and three nodes on one PostgreSQL: studies a second.

`python -m tests.bench.nodes [--studies 60] [--nodes 1,2,3]`. All orders and dictations are sent at
once; the recogniser is a server that answers at once, so what is measured is the path of jobs:
transcript, facts and merge, proof, delivery of the draft to a reporting system and an EHR.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.chaos.senders import Sender
from tests.chaos.site import DATABASE, Site
from tests.fakes.receivers import poll


class Run(NamedTuple):
    """One size of installation: studies a second, and processor seconds a study by part."""

    nodes: int
    rate: float
    of_nodes: float
    of_database: float
    of_neighbours: float


def measure(nodes: int, studies: int) -> Run:
    """Send everything, wait until everything is acknowledged."""
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder), DATABASE, nodes, trouble=0)
        try:
            names = [f"node-{number}" for number in range(1, nodes + 1)]
            poll(lambda: all(site.running[name].events for name in names), 120)
            warm = Sender(site, 0)
            warm.order_and_dictate()
            poll(lambda: _arrived(site) == 1, 120)
            before, began = _spent(site, names), time.perf_counter()
            senders = [Sender(site, number) for number in range(1, studies + 1)]
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda each: each.order_and_dictate(), senders))
            poll(lambda: _arrived(site) > studies, 600)
            took = time.perf_counter() - began
            after = _spent(site, names)
        finally:
            site.close()
    parts = [(late - early) / studies for late, early in zip(after, before, strict=True)]
    return Run(nodes, studies / took, *parts)


def _arrived(site: Site) -> int:
    """Drafts that both receivers have."""
    time.sleep(0.1)
    paths = [site.ledger(name) for name in ("ris", "ehr")]
    return min(len(path.read_bytes().splitlines()) if path.exists() else 0 for path in paths)


def _spent(site: Site, names: list[str]) -> list[float]:
    """Processor seconds of the nodes, of PostgreSQL, and of the neighbours with this process."""
    nodes = sum(_cpu(site.running[name].pid) for name in names)
    others = sum(_cpu(site.running[name].pid) for name in ("ris", "ehr", "speech"))
    database = sum(_cpu(each.pid) for each in psutil.process_iter() if each.name() == "postgres")
    return [nodes, database, others + _cpu(os.getpid())]


def _cpu(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=60)
    parser.add_argument("--nodes", default="1,2,3")
    given = parser.parse_args()
    print(f"{given.studies} studies at once on {os.cpu_count()} cores")
    print(
        f"{'nodes':>5}{'studies/s':>11} | CPU ms a study: {'nodes':>7}{'database':>10}{'peers':>8}"
    )
    runs = [measure(int(each), given.studies) for each in given.nodes.split(",")]
    for run in runs:
        parts = [1000 * each for each in run[2:]]
        print(
            f"{run.nodes:5}{run.rate:11.2f} |{'':16}{parts[0]:8.0f}{parts[1]:10.0f}{parts[2]:8.0f}"
        )
    print(f"{runs[-1].nodes} nodes against {runs[0].nodes}: {runs[-1].rate / runs[0].rate:.2f}")


if __name__ == "__main__":
    main()
