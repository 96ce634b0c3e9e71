"""Telling that a listing goes round in circles: a token, cursor or page that was there before."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field

LOOP = "The source repeats itself: the listing came back to {what} that was there before. It was ended there."
"""What Incomplete says, with `what` filled in: "a page", "a token"."""


@dataclass
class Loop:
    """Remembers the last `most` tokens or page bodies, as hashes of 8 bytes: bounded memory at any length."""

    most: int = 100_000
    _seen: OrderedDict[bytes, None] = field(default_factory=OrderedDict)

    def seen(self, token: str | bytes) -> bool:
        """Whether `token` (a token, cursor, address, or the body of a page) was given before; it is from now on."""
        data = token.encode("utf-8", "surrogatepass") if isinstance(token, str) else token
        mark = hashlib.blake2b(data, digest_size=8).digest()
        if mark in self._seen:
            return True
        self._seen[mark] = None
        if len(self._seen) > self.most:
            self._seen.popitem(last=False)
        return False
