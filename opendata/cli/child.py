"""A background worker as a child process, which is started again when it ends unasked."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

logger = logging.getLogger(__name__)

STOP_SECONDS = 20
"""How long the child may take to stop before it is killed."""
REST_SECONDS = 3
"""Wait before a child that ended unasked is started again."""


class WorkerProcess:
    """`opendata worker` with `arguments`, which stops when this process is gone. Use it in `with`, or by hand."""

    def __init__(self, config_path: Path | None, arguments: Sequence[str] = ()) -> None:
        self._command = [sys.executable, "-m", "opendata.cli.main"]
        self._command += ["--config", str(config_path)] if config_path else []
        self._command += ["worker", "--parent", str(os.getpid()), *arguments]
        self._stopping = threading.Event()
        self._started = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> WorkerProcess:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the child and a thread that watches it."""
        threading.Thread(target=self._watch, name="worker-watcher", daemon=True).start()
        self._started.wait()

    def stop(self) -> None:
        """Ask the child to stop, wait a little, then kill it."""
        self._stopping.set()
        if (process := self._process) is None:
            return
        process.terminate()
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            self._process = subprocess.Popen(self._command)  # noqa: S603 - our own interpreter and module
            self._started.set()
            code = self._process.wait()
            if not self._stopping.is_set():
                logger.error("worker ended unasked code=%s; starting it again", code)
                self._stopping.wait(REST_SECONDS)
