"""A node of its own on a database: an accession in, the mode of its new AI finding out."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from adapter.store.database import Database
from tests.fakes.house import Workflow
from tests.workflow.test_ai_sources import post


def serve(url: str) -> None:
    """Until the input ends."""
    flow = Workflow(Database(url), Path(tempfile.mkdtemp()))
    for line in sys.stdin:
        print(post(flow, line.strip()).value, flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
