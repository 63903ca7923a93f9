"""A throw-away PostgreSQL cluster on a free loopback port."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.peers import require_peer

INSTALL = "apt-get install postgresql"


def binaries() -> Path | None:
    """The newest installed server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


def _run(command: list[str]) -> None:
    if os.geteuid() == 0:  # the server refuses to run as root
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(command, check=True, capture_output=True, cwd="/tmp", timeout=60)


@contextmanager
def cluster() -> Iterator[str]:
    """Start a server; yields the SQLAlchemy URL of its maintenance database."""
    programs = binaries()
    require_peer("PostgreSQL", programs is not None, INSTALL)
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="readout-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = str(folder / "data")
    _run([str(programs / "initdb"), "-D", data, "-A", "trust", "-U", "readout", "--no-sync"])
    options = f"-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories={folder}"
    log = str(folder / "log")
    _run([str(programs / "pg_ctl"), "-D", data, "-w", "-o", options, "-l", log, "start"])
    try:
        yield f"postgresql+psycopg://readout@127.0.0.1:{port}/postgres"
    finally:
        _run([str(programs / "pg_ctl"), "-D", data, "-m", "immediate", "stop"])
        shutil.rmtree(folder, ignore_errors=True)


def fresh_database(url: str) -> str:
    """A new empty database on the cluster; returns its SQLAlchemy URL."""
    name = f"readout_{uuid.uuid4().hex[:12]}"
    plain = url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    return url.rsplit("/", 1)[0] + f"/{name}"
