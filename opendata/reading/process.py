"""The parent's hold on a child process that reads files: starts it, asks it, keeps its clock, kills it.

The child gets an environment of its own, no descriptor but its pipes, and a session of its own, so that killing the
group leaves nothing behind. What it writes to stderr goes to an unnamed file of which only the end is ever looked at.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import opendata
from opendata.reading import tessdata, wire

START_SECONDS = 30.0
_CHUNK = 1024**2
_MEMORY_SIGNS = (
    "memory allocation",
    "memoryerror",
    "bad_alloc",
    "out of memory",
    "cannot allocate",
    "capacity overflow",
)


class ChildGone(Exception):
    """The child ended, or was ended, in the middle of an answer."""

    def __init__(self, reason: str, *, limit: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.limit = limit
        """Whether a limit (time, memory, size of the answer) was the cause."""
        self.files = 1
        """How many files the child had been asked for, this one included."""


class ChildProcess:
    """One running child. Any error of its own ends it: a fresh one is cheap (half a second) and clean."""

    def __init__(self) -> None:
        self.asked = 0
        self._buffer = b""
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by kill()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "opendata.reading.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=_environment(),
            cwd=tempfile.gettempdir(),
            start_new_session=True,
        )
        try:
            next(self._lines(time.monotonic() + START_SECONDS, _CHUNK))
        except BaseException:
            self.kill()
            raise

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def ask(self, request: Mapping[str, Any], *, seconds: float, most_bytes: int) -> Generator[dict[str, Any]]:
        """The messages of its answer, to the last. ChildGone when it died, or was killed for taking longer or more."""
        self.asked += 1
        deadline = time.monotonic() + seconds
        complete = False
        try:
            self._send(request)
            for line in self._lines(deadline, most_bytes):
                message = self._unpacked(line)
                # A child that ran out of memory is "spent": it has answered, and is replaced.
                ended = "done" in message or "stop" in message
                complete = ended and "spent" not in message
                yield message
                if ended:
                    return
        except ChildGone as gone:
            gone.files = self.asked
            raise
        finally:
            if not complete:
                self.kill()

    def kill(self) -> None:
        """End it and all that it started, and collect it. Harmless when it has ended."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _send(self, request: Mapping[str, Any]) -> None:
        stdin = self._process.stdin
        if stdin is None:
            raise ChildGone("the reading process has no input", limit=False)
        try:
            stdin.write(wire.pack(request))
            stdin.flush()
        except (BrokenPipeError, ValueError) as error:
            raise self._gone() from error

    def _unpacked(self, line: bytes) -> dict[str, Any]:
        try:
            return wire.unpack(line)
        except ValueError as error:
            raise ChildGone("the reading process gave an answer that cannot be understood", limit=False) from error

    def _lines(self, deadline: float, most_bytes: int) -> Iterator[bytes]:
        stdout = self._process.stdout
        if stdout is None:
            raise ChildGone("the reading process has no output", limit=False)
        descriptor, total = stdout.fileno(), 0
        parts = [self._buffer]
        while True:
            if b"\n" in parts[-1]:
                line, _, rest = b"".join(parts).partition(b"\n")
                parts = [rest]
                self._buffer = rest
                yield line
                continue
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                raise ChildGone("it took longer than the limit of time", limit=True)
            chunk = os.read(descriptor, _CHUNK)
            if not chunk:
                raise self._gone()
            total += len(chunk)
            if total > most_bytes:
                raise ChildGone("it gave more text than the limit", limit=True)
            parts.append(chunk)

    def _gone(self) -> ChildGone:
        """Why it ended, as far as its exit and the end of its stderr tell."""
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return ChildGone("the reading process closed its answer", limit=False)
        if code == -signal.SIGXCPU:
            return ChildGone("it took more processor time than the limit", limit=True)
        if any(sign in self._last_words() for sign in _MEMORY_SIGNS):
            return ChildGone("it needs more memory than the limit", limit=True)
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return ChildGone(f"the reader crashed on it ({name})", limit=False)

    def _last_words(self) -> str:
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - 4096))
        return self._log.read(4096).decode("utf-8", "replace").lower()


def _environment() -> dict[str, str]:
    """Nothing of ours but where the code is, the Tesseract data, and one thread per library."""
    package = Path(opendata.__file__).parent.parent
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": "/nonexistent",
        "TESSDATA_PREFIX": str(tessdata.folder() or "/nonexistent"),
        "PYTHONPATH": str(package),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "TOKIO_WORKER_THREADS": "1",
        "RAYON_NUM_THREADS": "1",
        "OMP_THREAD_LIMIT": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        "RUST_BACKTRACE": "0",
    }
