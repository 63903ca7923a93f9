"""A throw-away PostgreSQL cluster on a free loopback port."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg

from tests.peers import require_peer

INSTALL = "apt-get install postgresql"


def binaries() -> Path | None:
    """The newest installed server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


class Server:
    """A cluster in a folder of its own, its postmaster a child of ours: it can be killed.

    `prepare` is given the empty folder that its data will lie in; `settings`: `name=value` each.
    """

    def __init__(
        self, prepare: Callable[[Path], object] = lambda _: None, settings: Sequence[str] = ()
    ) -> None:
        programs = binaries()
        require_peer("PostgreSQL", programs is not None, INSTALL)
        assert programs is not None
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="readout-pg-", dir="/tmp"))
        # the server refuses to run as root
        self._user = "postgres" if os.geteuid() == 0 else None
        self._settings = settings
        disk = self._folder / "disk"
        disk.mkdir()
        prepare(disk)
        for each in (self._folder, disk):
            if self._user:
                user = pwd.getpwnam(self._user)
                os.chown(each, user.pw_uid, user.pw_gid)
        self._data = disk / "data"
        self.port = free_port()
        self.url = f"postgresql+psycopg://readout@127.0.0.1:{self.port}/postgres"
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", "readout", "--no-sync")
        self.start()

    def start(self) -> None:
        """Start the postmaster, and wait until it lets us in."""
        command = [
            *(str(self._programs / "postgres"), "-D", str(self._data)),
            *("-c", "listen_addresses=127.0.0.1", "-p", str(self.port)),
            *("-c", f"unix_socket_directories={self._folder}"),
            # what was written outlives the server's death; that of the host is not tried
            *("-c", "fsync=off", "-c", "full_page_writes=off"),
            *(part for each in self._settings for part in ("-c", each)),
        ]
        deadline = time.monotonic() + 60
        while not self._let_in():
            # after a kill, what is left of the last one still holds its memory for a moment
            if self.pid is None:
                with (self._folder / "log").open("ab") as log:
                    self._process = subprocess.Popen(
                        command, stderr=log, cwd="/tmp", user=self._user, start_new_session=True
                    )
            assert time.monotonic() < deadline, (self._folder / "log").read_text()[-2000:]
            time.sleep(0.05)

    @property
    def pid(self) -> int | None:
        """Of the postmaster; None when it does not run."""
        process = getattr(self, "_process", None)
        return None if process is None or process.poll() is not None else int(process.pid)

    def kill(self) -> None:
        """kill -9 of the postmaster."""
        self._process.kill()
        self._process.wait()

    def kill_one_session(self) -> None:
        """kill -9 of a session's process: the postmaster ends all others and recovers."""
        for each in psutil.Process(self._process.pid).children():
            with suppress(psutil.NoSuchProcess):  # it has just ended by itself
                if "readout" in "".join(each.cmdline()):
                    each.kill()
                    return

    def close(self) -> None:
        """End it and remove its folder."""
        if self.pid is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, program: str, *arguments: str) -> None:
        """One of the server's own programs, such as pg_dump."""
        subprocess.run(
            [str(self._programs / program), *arguments], check=True, capture_output=True, timeout=60
        )

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._programs / program), *arguments],
            check=True,
            capture_output=True,
            cwd="/tmp",
            timeout=60,
            user=self._user,
        )

    def _let_in(self) -> bool:
        if self.pid is None:
            return False
        try:
            plain(self.url).close()
        except psycopg.OperationalError:
            return False
        return True


def free_port() -> int:
    """A loopback port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def plain(url: str) -> psycopg.Connection:
    """A connection to the database of a SQLAlchemy URL, each statement its own transaction."""
    return psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True)


@contextmanager
def cluster() -> Iterator[str]:
    """Start a server; yields the SQLAlchemy URL of its maintenance database."""
    server = Server()
    try:
        yield server.url
    finally:
        server.close()


def fresh_database(url: str) -> str:
    """A new empty database on the cluster; returns its SQLAlchemy URL."""
    return _create(url, "template1")


def copy_of(url: str) -> str:
    """A copy of a database that nobody uses meanwhile; returns its SQLAlchemy URL."""
    return _create(url, url.rsplit("/", 1)[1])


def _create(url: str, template: str) -> str:
    server = url.rsplit("/", 1)[0]
    name = f"readout_{uuid.uuid4().hex[:12]}"
    with plain(f"{server}/postgres") as connection:
        connection.execute(f'create database "{name}" template "{template}"')
    return f"{server}/{name}"
