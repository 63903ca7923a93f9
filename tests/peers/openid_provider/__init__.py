"""An OpenID provider of another maker, where users of the tests sign in."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.peers import require_peer

SECRET = "a secret of the tests, 32 letters"
_HERE = Path(__file__).parent


@contextmanager
def running_provider(readout: str) -> Iterator[str]:
    """Its issuer, while it runs; `readout`: the address that its users come from."""
    there = shutil.which("node") is not None and (_HERE / "node_modules/oidc-provider").is_dir()
    require_peer("oidc-provider", there, "make peers")
    command = ["node", str(_HERE / "provider.mjs"), readout]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            yield str(json.loads(process.stdout.readline())["issuer"])
        finally:
            process.kill()
