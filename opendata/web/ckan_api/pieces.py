"""Packages as they were written for the public before, to be put into an answer as they are.

A page of results is mostly the work of loading and writing its packages; other pages hold the same ones. Each is kept
until something happens that may show in it (services.changes), and packed, since there are many.
"""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from opendata.search.lru import Lru
from opendata.services.changes import Changes, Point
from opendata.web.ckan_api.registry import Json

KEPT_BYTES = 16 * 1024**2
"""What the packages kept by one process may take."""

KIND = "packages"

Look = Callable[[Point | None], Changes]


class Pieces:
    """Packages of one process. Safe for threads."""

    def __init__(self) -> None:
        self._held: Lru[bytes] = Lru(KEPT_BYTES, len)
        self._lock = threading.Lock()
        self._point: Point | None = None
        self._version = ""
        self._looks = 0

    def listed(
        self, version: str, look: Look, ids: Sequence[UUID], make: Callable[[Sequence[UUID]], Mapping[UUID, Json]]
    ) -> str:
        """The packages of `ids` as a JSON list. `make` gives those that are not held; it may leave some out.

        `version` is that of the site before `ids` were known; `look` says what has changed since a point.
        """
        looks = self._turn(version, look)
        found = {key: held for key in ids if (held := self._held.held((KIND, key))) is not None}
        missing = [key for key in ids if key not in found]
        for key, package in (make(missing) if missing else {}).items():
            found[key] = _packed(package)
            self._keep(looks, key, found[key])
        return "[" + ", ".join(zlib.decompress(found[key]).decode() for key in ids if key in found) + "]"

    def _turn(self, version: str, look: Look) -> int:
        """Drop what has changed where the version is another one; how many looks there were by then."""
        with self._lock:
            if version != self._version:
                self._looks += 1  # what is being made at this moment may be older than what is seen now
                changes = look(self._point)
                if changes.datasets is None or self._point is None:
                    self._held.keep_only(())
                else:
                    self._held.drop((KIND, key) for key in changes.datasets)
                self._version, self._point = version, changes.point
            return self._looks

    def _keep(self, looks: int, key: UUID, packed: bytes) -> None:
        """Keep it for others, unless somebody has looked for changes since it was begun."""
        with self._lock:
            if looks == self._looks:
                self._held.get((KIND, key), lambda: packed)


def _packed(package: Json) -> bytes:
    return zlib.compress(json.dumps(package, ensure_ascii=False).encode(), 1)
