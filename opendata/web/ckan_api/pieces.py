"""Packages as they were written for the public before, to be put into an answer as they are.

A page of results is mostly the work of loading and writing its packages; other pages hold the same ones. Each is kept
until something happens that may show in it (services.changes), and packed, since there are many. Those that the worker
has written ahead (services.kept_packages) need not even be made once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from uuid import UUID

from flask import current_app

from opendata.search.lru import Lru
from opendata.services import changes
from opendata.services.changes import Point
from opendata.services.kept_packages import Look, Packing, Shelf, open_file
from opendata.web.ckan_api.registry import Call, Json

KEPT_BYTES = 16 * 1024**2
"""What the packages kept by one process may take."""

KIND = "packages"

Make = Callable[[Sequence[UUID]], Mapping[UUID, Json]]


class Pieces:
    """Packages of one process, and those of `shelf`. Safe for threads."""

    def __init__(self, packing: Packing, shelf: Shelf | None = None) -> None:
        self._packing = packing
        self._held: Lru[bytes] = Lru(KEPT_BYTES, len)
        self._shelf = shelf
        self._lock = threading.Lock()
        self._point: Point | None = None
        self._version = ""
        self._looks = 0

    def listed(self, version: str, look: Look, ids: Sequence[UUID], make: Make) -> bytes:
        """The packages of `ids` as a JSON list. `make` gives those that are not held; it may leave some out.

        `version` is that of the site before `ids` were known; `look` says what has changed since a point.
        """
        return as_list(self.some(version, look, ids, make))

    def some(self, version: str, look: Look, ids: Sequence[UUID], make: Make) -> list[bytes]:
        """The same, each for itself."""
        looks = self._turn(version, look)
        found = {key: held for key in ids if (held := self._held.held((KIND, key))) is not None}
        missing = [key for key in ids if key not in found]
        if missing and self._shelf:
            found.update(self._shelf.some(missing))
            missing = [key for key in missing if key not in found]
        for key, package in (make(missing) if missing else {}).items():
            found[key] = self._packing.packed(package)
            self._keep(looks, key, found[key])
        return [self._packing.unpacked(found[key]) for key in ids if key in found]

    def _turn(self, version: str, look: Look) -> int:
        """Drop what has changed where the version is another one; how many looks there were by then."""
        with self._lock:
            if version != self._version:
                self._looks += 1  # what is being made at this moment may be older than what is seen now
                seen = look(self._point)
                if seen.datasets is None or self._point is None:
                    self._held.keep_only(())
                else:
                    self._held.drop((KIND, key) for key in seen.datasets)
                if self._shelf:
                    self._shelf.turn(look, seen.point)
                self._version, self._point = version, seen.point
            return self._looks

    def _keep(self, looks: int, key: UUID, body: bytes) -> None:
        """Keep it for others, unless somebody has looked for changes since it was begun."""
        with self._lock:
            if looks == self._looks:
                self._held.get((KIND, key), lambda: body)


def as_list(pieces: Iterable[bytes]) -> bytes:
    """The JSON of a list of what is JSON already."""
    return b"[" + b", ".join(pieces) + b"]"


def for_call(call: Call, ids: Sequence[UUID], make: Make) -> list[bytes]:
    """The packages of `ids` as JSON, for a call whose answer is kept."""
    pieces: Pieces | None = current_app.extensions.get("ckan_pieces")
    if pieces is None:
        pieces = Pieces(Packing(call.site), Shelf(open_file(call.catalogue), call.site))
        current_app.extensions["ckan_pieces"] = pieces
    return pieces.some(call.version, partial(changes.since, call.catalogue), ids, make)
