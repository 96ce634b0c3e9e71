"""Who runs something, so that what a dead process left behind is taken up at once and not only when its lease ends."""

from __future__ import annotations

import os
import socket


def owner() -> str:
    """This process, as `host:pid`."""
    return f"{socket.gethostname()}:{os.getpid()}"


def is_dead(name: str) -> bool:
    """Whether `name` was a process of this very machine that is no more. Of another machine nobody can tell: False."""
    host, _, pid = name.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
