"""The sites that are measured: a home of its own each, and the real commands started on it as their own processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.generate import fill
from opendata.bootstrap import open_catalogue, prepare_home
from opendata.config import Config, load_config
from opendata.services.catalogue import Catalogue

START_SECONDS = 120.0
PYTHON = (sys.executable, "-m")
COMMAND = (*PYTHON, "opendata.cli.main")
"""`opendata`, by this very interpreter."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How large things are. `folder` holds the homes, and is kept or thrown away by the caller."""

    folder: Path
    harvested: int = 5_000
    stored: int = 20_000
    queries: int = 300
    pages: int = 300
    seconds: float = 5.0
    repeats: int = 3
    files: int = 50
    uploaded: int = 10_000
    packed_mib: int = 2048
    listed: tuple[int, ...] = (1_000, 10_000)


def quick(folder: Path) -> Scale:
    """Small enough for every change: it shows that everything runs, and says little about speed."""
    return Scale(
        folder, harvested=200, stored=300, queries=30, pages=30, seconds=0.5, repeats=1, files=3, uploaded=200,
        packed_mib=8, listed=(100, 300),
    )  # fmt: skip


def environment(home: Path, **settings: str) -> dict[str, str]:
    """The environment of a command on the site in `home`; `settings` as TABLE__KEY. Log lines only from warnings on."""
    base = {name: value for name, value in os.environ.items() if not name.startswith("OPENDATA_")}
    given = {f"OPENDATA_{name}": value for name, value in settings.items()}
    return base | {"OPENDATA_HOME": str(home), "OPENDATA_LOGGING__LEVEL": "WARNING", "PYTHONWARNINGS": "ignore"} | given


def config_of(home: Path, **settings: str) -> Config:
    """The settings of that site as its commands see them."""
    mine = {name: value for name, value in environment(home, **settings).items() if name.startswith("OPENDATA_")}
    return load_config(environ=mine)


@contextmanager
def opened(home: Path, **settings: str) -> Iterator[Catalogue]:
    """The site in `home`, made where it is missing, opened in this process."""
    config = config_of(home, **settings)
    prepare_home(config)
    catalogue = open_catalogue(config)
    try:
        yield catalogue
    finally:
        catalogue.close()


def filled(scale: Scale) -> Path:
    """The home of a site with `scale.stored` generated records, made at the first call."""
    home = scale.folder / f"site-{scale.stored}"
    mark = home / "filled"
    if not mark.exists():
        started = time.monotonic()
        with opened(home) as catalogue:
            fill(catalogue, scale.stored)
        mark.touch()
        print(f"# {scale.stored} records written and indexed in {time.monotonic() - started:.0f} s", file=sys.stderr)
    return home


@dataclass(frozen=True, slots=True)
class Server:
    """A running `opendata serve`: its address and the process that the others of it descend from."""

    url: str
    pid: int


@contextmanager
def serving(
    home: Path,
    *,
    processes: int,
    arguments: tuple[str, ...] = ("--no-worker",),
    ready: str = "/healthz",
    **settings: str,
) -> Iterator[Server]:
    """`opendata serve` on a free port of loopback, from the first answer at `ready` until the end of the block.

    `settings` as `environment` takes them.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = (*COMMAND, "serve", "--port", str(port), "--processes", str(processes), *arguments)
    with started(command, environment(home, **settings)) as process:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}{ready}", process)
        yield Server(url, process.pid)


@contextmanager
def started(command: tuple[str, ...], environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A process that is asked to stop at the end of the block, and waited for."""
    process = subprocess.Popen(
        command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout):
            if stream:
                stream.close()


def wait_for(url: str, process: subprocess.Popen[str]) -> None:
    """Until `url` answers. RuntimeError when the process ends before, or nothing comes for two minutes."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                answer.read()
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.01)
    raise RuntimeError(f"{url} did not answer within {START_SECONDS:.0f} s")
