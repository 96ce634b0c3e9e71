"""Notes that a browser keeps for us between two steps: nobody reads them, changes them, or uses them late or elsewhere.

They are sealed with a key made of the site's own secret and of what they are for, so that the note of one step is
nothing in another.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from opendata.keys import site_key
from opendata.services.catalogue import Catalogue

_PURPOSE = "opendata: note for a browser, version 1: "
LONGEST = 3800
"""Characters of a note: browsers keep 4096 of a cookie with its name."""


def write(catalogue: Catalogue, purpose: str, note: Mapping[str, str]) -> str:
    """`note` as text for a cookie or a hidden field."""
    content = json.dumps(dict(note), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return _box(catalogue, purpose).encrypt_at_time(content, int(catalogue.now().timestamp())).decode("ascii")


def read(catalogue: Catalogue, purpose: str, text: str, seconds: int) -> dict[str, str] | None:
    """What was written for `purpose` in the last `seconds`; None for anything else."""
    if not text.isascii() or len(text) > LONGEST:
        return None
    try:
        now = int(catalogue.now().timestamp())
        found = json.loads(_box(catalogue, purpose).decrypt_at_time(text.encode("ascii"), seconds, now))
    except (InvalidToken, ValueError):
        return None
    return {str(key): str(value) for key, value in found.items()}


def _box(catalogue: Catalogue, purpose: str) -> Fernet:
    info = (_PURPOSE + purpose).encode("ascii")
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(site_key(catalogue.config.home))
    return Fernet(base64.urlsafe_b64encode(key))
