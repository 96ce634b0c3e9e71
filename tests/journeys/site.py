"""A site as a visitor meets it: `opendata serve --demo` in a process of its own, with its worker, read to the end."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

OPENDATA = Path(sys.executable).parent / "opendata"
LANGUAGES = ("kk", "ru", "en")

CYRILLIC_NAME = "Қар туралы есеп – отчёт о снеге.txt"
CYRILLIC_TEXT = "Отчёт о снеге\n\nНаблюдатели измеряли высоту снега рейкой у заброшенной мельницы.\n"
"""Stands in a file of a folder source, in cp1251 as older files do."""


@dataclass(frozen=True)
class Site:
    """Where the site answers, and the addresses of its demonstration records by the names they have in the content."""

    url: str
    home: Path

    def dataset(self, identifier: str) -> str:
        """The path of a dataset's page, without a language."""
        return f"/dataset/{self._one('SELECT slug FROM datasets WHERE identifier = ?', f'demo:{identifier}')}"

    def file(self, identifier: str, key: str) -> str:
        """The path of a file's page."""
        query = (
            "SELECT r.id FROM resources r JOIN datasets d ON d.id = r.dataset_id WHERE d.identifier = ? AND r.key = ?"
        )
        return f"{self.dataset(identifier)}/resource/{UUID(self._one(query, f'demo:{identifier}', key))}"

    def study(self, number: int) -> str:
        """The path of the study that the content numbers so."""
        return f"/study/{self._one('SELECT slug FROM studies WHERE register_number = ?', f'BR999000{number:02}')}"

    def unfinished(self) -> int:
        """How many jobs wait or run."""
        return int(self._one("SELECT count(*) FROM jobs WHERE status IN ('new', 'in_progress', 'waiting')"))

    def _one(self, query: str, *values: str) -> str:
        with closing(sqlite3.connect(f"file:{self.home}/catalogue.sqlite?mode=ro", uri=True)) as store:
            return str(store.execute(query, values).fetchone()[0])


@contextmanager
def serving(folder: Path) -> Iterator[Site]:
    """The site, with the demonstration and one harvested folder, until the block ends. `folder` is for its files."""
    home, port = folder / "home", _free_port()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OPENDATA_")}
    environ |= {"OPENDATA_HOME": str(home), "OPENDATA_JOBS__POLL_SECONDS": "0.1"}
    command = [OPENDATA, "serve", "--demo", "--port", str(port), "--processes", "1"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=log)
    site = Site(f"http://127.0.0.1:{port}", home)
    try:
        _until(lambda: _answers(f"{site.url}/readyz"), server, folder)
        _harvest(folder, environ)
        _until(lambda: site.unfinished() == 0, server, folder)
        yield site
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


def _harvest(folder: Path, environ: dict[str, str]) -> None:
    reports = folder / "reports"
    reports.mkdir()
    (reports / CYRILLIC_NAME).write_bytes(CYRILLIC_TEXT.replace("\n", "\r\n").encode("cp1251"))
    for arguments in (("source", "add", "own", "--type", "folder", "--url", str(reports)), ("harvest", "run", "own")):
        done = subprocess.run(
            [OPENDATA, *arguments], cwd=folder, env=environ, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr


def _until(true: object, server: subprocess.Popen[bytes], folder: Path, seconds: float = 150) -> None:
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        log = (folder / "log").read_text("utf-8", "replace")[-2000:]
        assert server.poll() is None, f"the server stopped:\n{log}"
        assert time.monotonic() < end, f"the site did not get there in {seconds} s:\n{log}"
        time.sleep(0.1)


def _answers(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=10) as answer:
        return bool(answer.status == 200)
    return False


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
