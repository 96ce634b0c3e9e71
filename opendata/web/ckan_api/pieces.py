"""Packages as they were written for the public before, to be put into an answer as they are.

A page of results is mostly the work of loading and writing its packages; other pages hold the same ones. They are kept
as long as nothing that the public sees has changed (services.versions), and packed, since there are many.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from uuid import UUID

from opendata.services.versions import Kept
from opendata.web.ckan_api.registry import Json

KEPT_BYTES = 16 * 1024**2
"""What the packages kept by one process may take."""
KIND = "packages"


class Pieces:
    """Packages of one process, all of one version of the site. Safe for threads."""

    def __init__(self) -> None:
        self._held: Kept[bytes] = Kept(KEPT_BYTES, len)

    def listed(self, version: str, ids: Sequence[UUID], make: Callable[[Sequence[UUID]], Mapping[UUID, Json]]) -> str:
        """The packages of `ids` as a JSON list. `make` gives those that are not held; it may leave some out."""
        found = {key: held for key in ids if (held := self._held.held(version, key)) is not None}
        missing = [key for key in ids if key not in found]
        for key, package in (make(missing) if missing else {}).items():
            found[key] = self._held.get(version, key, partial(_packed, package))
        return "[" + ", ".join(zlib.decompress(found[key]).decode() for key in ids if key in found) + "]"


def _packed(package: Json) -> bytes:
    return zlib.compress(json.dumps(package, ensure_ascii=False).encode(), 1)
