"""Background workers as processes that share the code which was loaded before them, and start again when they die.

They are forked, since each interpreter that loads everything for itself takes a hundred megabytes. What forks them does
nothing else: it has one thread, holds no lock and has nothing open, however busy the server beside it is. When that
process itself is killed, the server ends with exit code 1, so that what started it starts it again with its workers.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any

logger = logging.getLogger(__name__)

Work = Callable[[int], None]
"""What a worker does until it is told to stop; it is given the process without which it stops."""

STOP_SECONDS = 20
"""How long the workers may take to stop before they are killed."""
REST_SECONDS = 3
"""Wait before a worker that ended unasked is started again."""
LOOK_SECONDS = 0.1
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Workers:
    """The processes of `works`, one each, from `start` until `stop` or the end of this process.

    To be made before this process has threads or anything open, and after it has loaded what they need.
    """

    def __init__(self, works: Sequence[Work]) -> None:
        gc.collect()
        gc.freeze()  # what is there now is not gone through again, which would make a copy of it for each process
        self._maker = maker = os.getpid()
        self._before: Any = None
        waits, self._word = os.pipe()
        self._pid = os.fork()
        if self._pid:
            os.close(waits)
            return
        os.close(self._word)
        _as_process(lambda: _Keeper(maker, works).run(waits))

    def __enter__(self) -> Workers:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Let them begin. From now on this process ends with SystemExit when the one that keeps them is killed."""
        self._before = signal.signal(signal.SIGCHLD, self._look)
        os.write(self._word, b".")
        os.close(self._word)

    def _look(self, number: int, frame: Any) -> None:
        """A child has ended; what was told of that before is told of it still."""
        if callable(self._before):
            self._before(number, frame)
        if os.getpid() == self._maker and self._was_killed():
            logger.error("the process that keeps the workers was killed; ending, to be started again")
            raise SystemExit(1)

    def _was_killed(self) -> bool:
        try:
            ended = os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return False  # it has ended, and somebody waited for it: that is how it is stopped
        return ended is not None and (ended.si_code, ended.si_status) != (os.CLD_EXITED, 0)

    def stop(self) -> None:
        """Ask them to stop, and wait for it; they are killed when they take too long."""
        try:
            os.kill(self._pid, signal.SIGTERM)
            os.waitpid(self._pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass  # it is gone; somebody else may have waited for it


class _Keeper:
    """The process that forks the workers and looks after them."""

    def __init__(self, maker: int, works: Sequence[Work]) -> None:
        self._maker, self._works = maker, works
        self._told = False
        self._running: dict[int, int] = {}
        self._due = dict.fromkeys(range(len(works)), 0.0)

    def run(self, waits: int) -> None:
        """Wait for the word, which never comes from a process that could not start, then keep the workers running."""
        for number in SIGNALS:
            signal.signal(number, self._tell)
        begins = bool(os.read(waits, 1))
        os.close(waits)
        while begins and not self._told and os.getppid() == self._maker:
            self._begin()
            time.sleep(LOOK_SECONDS)
            self._look()
        self._end()

    def _tell(self, *_: object) -> None:
        self._told = True

    def _begin(self) -> None:
        """Fork the workers that are due."""
        me = os.getpid()
        for place in [place for place, at in self._due.items() if at <= time.monotonic()]:
            del self._due[place]
            pid = os.fork()
            if not pid:
                _as_process(lambda work=self._works[place]: work(me))  # type: ignore[misc]
            self._running[pid] = place

    def _look(self) -> None:
        """See which have ended."""
        for pid in tuple(self._running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._due[self._running.pop(pid)] = time.monotonic() + REST_SECONDS
                code = os.waitstatus_to_exitcode(status)
                if not self._told:
                    logger.error("worker ended unasked code=%s; starting it again", code)

    def _end(self) -> None:
        for pid in self._running:
            os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        self._told = True
        while self._running and time.monotonic() < until:
            self._look()
            time.sleep(LOOK_SECONDS / 5)
        for pid in self._running:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _as_process(run: Callable[[], None]) -> None:
    """Run as a process of its own, and never return to what the code around was doing before the fork."""
    code = 1
    try:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        run()
        code = 0
    finally:
        if code:
            traceback.print_exc()
        logging.shutdown()
        os._exit(code)
