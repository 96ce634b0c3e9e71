"""Keeps what a process with many threads has freed from piling up."""

from __future__ import annotations

import ctypes

ARENAS = 2
"""Heaps that threads share; glibc gives eight a core, and what each has freed stays with it."""
MAPPED_BYTES = 1024 * 1024
"""From this size on memory is asked of the system and given back at once. glibc raises its own bound to 32 MiB as soon
as something large was freed, and then leaves holes of the size of a large index's columns. Below it are the numbers of
100,000 documents, which a search makes and frees a dozen times: asked of the system, each of its pages is filled with
zeros first, and a search took twice as long."""
FREE_BYTES = 16 * 1024 * 1024
"""What may be free at the end of a heap before it is given back, for the same reason."""

# The numbers of <malloc.h>.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8


def settle() -> None:
    """To be called before there are threads, and for processes forked later. Without effect where there is no glibc."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, ARENAS)
        mallopt(_M_MMAP_THRESHOLD, MAPPED_BYTES)
        mallopt(_M_TRIM_THRESHOLD, FREE_BYTES)
