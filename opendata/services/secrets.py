"""What must be kept to be used again, and never be read by anybody: sealed with a key made of the site's own secret.

Credentials of sources and the signing keys of webhooks stand in the store as these sealed bytes alone. Who has the
store and not OPENDATA_HOME/secret.key has nothing.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from opendata.errors import ConfigError
from opendata.keys import FILE_NAME, site_key
from opendata.services.catalogue import Catalogue

_PURPOSE = b"opendata: sealed credentials, version 1"
"""Sets this key apart from others made of the same secret (RFC 5869 §3.2)."""


def seal(catalogue: Catalogue, secret: Mapping[str, str]) -> bytes:
    """`secret` as only this site can read it. Two seals of the same are never equal."""
    return _box(catalogue).encrypt(json.dumps(dict(secret), ensure_ascii=False).encode("utf-8"))


def unseal(catalogue: Catalogue, sealed: bytes) -> dict[str, str]:
    """What `seal` was given. ConfigError where it was sealed with another key, or is damaged."""
    try:
        opened = json.loads(_box(catalogue).decrypt(bytes(sealed)))
    except (InvalidToken, ValueError):
        raise ConfigError(
            f"Stored credentials cannot be opened with this site's {FILE_NAME}. Restore that file from a backup, or "
            "give the credentials again."
        ) from None
    return {str(key): str(value) for key, value in opened.items()}


def _box(catalogue: Catalogue) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(site_key(catalogue.config.home))
    return Fernet(base64.urlsafe_b64encode(key))
