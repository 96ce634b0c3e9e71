"""Keeps what a process with many threads has freed from piling up."""

from __future__ import annotations

import ctypes

ARENAS = 2
"""Heaps that threads share; glibc gives eight a core, and what each has freed stays with it."""
MAPPED_BYTES = 256 * 1024
"""From this size on memory is asked of the system and given back at once. glibc raises its own bound to 32 MiB as soon
as something large was freed, and then leaves holes of the size of an index's columns."""

# The numbers of <malloc.h>.
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8


def settle() -> None:
    """To be called before there are threads, and for processes forked later. Without effect where there is no glibc."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, ARENAS)
        mallopt(_M_MMAP_THRESHOLD, MAPPED_BYTES)
