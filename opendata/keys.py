"""The site's own secret: made at the first start in OPENDATA_HOME/secret.key, readable by its owner only."""

from __future__ import annotations

import base64
import os
import pwd
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from opendata.errors import ConfigError

FILE_NAME = "secret.key"


def site_key(home: Path) -> bytes:
    """32 secret bytes, the same for every process of the site. Two first starts at once agree on one key."""
    path = home / FILE_NAME
    if not path.exists():
        try:
            _make(path)
        except OSError as error:
            raise ConfigError(
                f"{path}: the site's key cannot be made: {error.strerror}. {home} must belong to the user that runs "
                f"the site (here {_user()}), and have room."
            ) from None
    return _read(path)


def _make(path: Path) -> None:
    fresh = path.with_name(f".{FILE_NAME}.{token_hex(8)}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(base64.urlsafe_b64encode(os.urandom(32)) + b"\n")
        with suppress(FileExistsError):  # another process was first, and its key is the key
            os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _read(path: Path) -> bytes:
    try:
        key = base64.urlsafe_b64decode(path.read_bytes().strip())
    except PermissionError:
        raise ConfigError(
            f"{path}: {_user()} may not read the site's key. Run this as the user to whom the data folder belongs."
        ) from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: the site's key cannot be read: {error}. Restore it from a backup.") from None
    if len(key) != 32:
        raise ConfigError(
            f"{path}: the site's key is damaged ({len(key)} bytes instead of 32). Restore it from a backup."
        )
    return key
