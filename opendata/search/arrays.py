"""Arrays in one file that every process maps into its memory: written by one, read by all, replaced by a rename."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from secrets import token_hex
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

Array = NDArray[Any]
Arrays = Mapping[str, Array]

_MAGIC = b"opendata"
_ALIGNED = 64
_FRESH = ".new"
_STALE_SECONDS = 3600.0
"""Nobody writes a file of arrays for so long: who began it was killed."""
_LOOK_SECONDS = 1.0
"""How often a reader looks whether the file was replaced."""


def save(path: Path, arrays: Arrays) -> None:
    """Write one-dimensional arrays so that `load` gives them again; who has the former file mapped keeps that."""
    head, start = [], 0
    for name, array in arrays.items():
        head.append((name, array.dtype.str, start, len(array)))
        start += -(-array.nbytes // _ALIGNED) * _ALIGNED
    written = json.dumps(head).encode("ascii")
    path.parent.mkdir(parents=True, exist_ok=True)
    _clean(path)
    fresh = path.with_name(f"{path.name}.{token_hex(8)}{_FRESH}")  # others may be writing it at this moment
    try:
        with fresh.open("wb") as file:
            file.write(_MAGIC + len(written).to_bytes(8, "little") + written)
            file.write(b"\0" * (-file.tell() % _ALIGNED))
            for array in arrays.values():
                file.write(np.ascontiguousarray(array).tobytes())
                file.write(b"\0" * (-file.tell() % _ALIGNED))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _clean(path: Path) -> None:
    """Remove what killed processes left of writing this file."""
    for left in path.parent.glob(f"{path.name}.*{_FRESH}"):
        try:
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                left.unlink()
        except OSError:  # its writer has just finished, or another has removed it
            continue


def load(path: Path) -> dict[str, Array] | None:
    """The arrays of the file, mapped and read-only; None where there is none that can be read."""
    try:
        mapped = np.memmap(path, dtype=np.uint8, mode="r")
        if bytes(mapped[:8]) != _MAGIC:
            return None
        end = 16 + int.from_bytes(bytes(mapped[8:16]), "little")
        head = json.loads(bytes(mapped[16:end]))
        base = -(-end // _ALIGNED) * _ALIGNED
        return {name: np.frombuffer(mapped, dtype, count, base + start) for name, dtype, start, count in head}
    except (OSError, ValueError, TypeError):
        return None


def pack_strings(name: str, values: Iterable[str]) -> dict[str, Array]:
    """The strings as two arrays called after `name`, for `Strings`."""
    encoded = [value.encode("utf-8", "replace") for value in values]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    return {f"{name}_text": np.frombuffer(b"".join(encoded), np.uint8), f"{name}_ends": ends}


class Strings:
    """Strings that lie in two arrays; each is made only when it is asked for."""

    def __init__(self, arrays: Arrays, name: str) -> None:
        self._text, self._ends = arrays[f"{name}_text"], arrays[f"{name}_ends"]

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, place: int) -> str:
        return bytes(self._text[self._ends[place] : self._ends[place + 1]]).decode("utf-8")


class Watched(Generic[T]):
    """What `make` gives of a file of arrays, anew when the file was replaced; None as long as there is none."""

    def __init__(self, path: Path, make: Callable[[Arrays], T]) -> None:
        self.path = path
        self._make = make
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._known: tuple[int, int] | None = None
        self._made: T | None = None

    def get(self) -> T | None:
        """The newest, at most a second old."""
        now = time.monotonic()
        if now - self._looked > _LOOK_SECONDS:
            with self._lock:
                self._looked = now
                self._look()
        return self._made

    def forget(self) -> None:
        """Look at the file at the next call, however soon that is."""
        self._looked = float("-inf")

    def _look(self) -> None:
        try:
            stat = self.path.stat()
        except OSError:
            return
        if (stat.st_ino, stat.st_mtime_ns) != self._known:
            arrays = load(self.path)
            self._known = (stat.st_ino, stat.st_mtime_ns)
            try:
                self._made = None if arrays is None else self._make(arrays)
            except KeyError:  # of another version of the program: it is soon written anew
                self._made = None
