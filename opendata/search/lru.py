"""What was read lately, within a number of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable
from typing import Generic, TypeVar

Value = TypeVar("Value")
OVERHEAD = 300
"""Bytes that an entry takes beside its content."""


class Lru(Generic[Value]):
    """Keeps values by key until they take more than `limit` bytes; what was not asked for the longest goes first.

    Keys are pairs, the first half a group that can be dropped. Safe for threads: two of them may make one value twice.
    """

    def __init__(self, limit: int, size: Callable[[Value], int]) -> None:
        self._limit, self._size = limit, size
        self._held: OrderedDict[tuple[Hashable, Hashable], tuple[Value, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    @property
    def bytes_held(self) -> int:
        """What the values take now."""
        return self._bytes

    def held(self, key: tuple[Hashable, Hashable]) -> Value | None:
        """The value of `key` where it is held."""
        with self._lock:
            found = self._held.get(key)
            if found is None:
                return None
            self._held.move_to_end(key)
            return found[0]

    def get(self, key: tuple[Hashable, Hashable], make: Callable[[], Value]) -> Value:
        """The value of `key`, made when it is not held."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
                return found[0]
        value = make()
        size = self._size(value) + OVERHEAD
        with self._lock:
            if size <= self._limit and key not in self._held:
                self._held[key] = (value, size)
                self._bytes += size
                while self._bytes > self._limit:
                    self._bytes -= self._held.popitem(last=False)[1][1]
        return value

    def keep_only(self, groups: Collection[Hashable]) -> None:
        """Drop the values of all other groups."""
        with self._lock:
            for key in [key for key in self._held if key[0] not in groups]:
                self._bytes -= self._held.pop(key)[1]

    def drop(self, keys: Iterable[tuple[Hashable, Hashable]]) -> None:
        """Drop the values of these keys, as far as they are held."""
        with self._lock:
            for key in keys:
                if (found := self._held.pop(key, None)) is not None:
                    self._bytes -= found[1]
