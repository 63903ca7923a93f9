"""`readout …` with every library's log at its loudest, whatever the settings hold back."""

from __future__ import annotations

import logging

from dbos import _dbos

from adapter import cli
from adapter.cli import running
from adapter.observability.logs import configure_logs

LOUD = (
    "asyncio", "dbos", "httpcore", "httpx", "hpack", "multipart", "python_multipart",
    "sqlalchemy", "sqlalchemy.engine", "sqlalchemy.pool", "sqlalchemy.orm", "uvicorn",
    "uvicorn.error", "uvicorn.access", "uvicorn.asgi", "websockets", "faster_whisper",
)  # fmt: skip


def loud(level: str) -> None:
    """As the service does, then louder."""
    configure_logs(level)
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.DEBUG)


if __name__ == "__main__":
    assert running.configure_logs is configure_logs
    running.configure_logs = loud
    _dbos.config_logger = lambda _config: logging.getLogger("dbos").setLevel(logging.DEBUG)
    cli.main()
