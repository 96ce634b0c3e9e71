"""Passwords and secrets of accounts: Argon2id for what people choose, SHA-256 for what we draw at random."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from opendata.errors import Invalid, Problem
from opendata.services.common_passwords import is_common

MIN_CHARACTERS = 10
MAX_CHARACTERS = 200
TOKEN_PREFIX = "odk_"  # noqa: S105 - marks our tokens where they leak into logs and repositories

COMMON = (
    "This password is among the first that are guessed. Take four words that have nothing to do with each other or "
    "with you, or have a password manager draw one."
)

_hasher = PasswordHasher()  # RFC 9106 §4, the low-memory profile, is the library's default


@cache
def _decoy() -> str:
    # Made when it is first needed: it costs every process at its start a tenth of a second and 64 MiB.
    return _hasher.hash(secrets.token_urlsafe())


def hash_password(password: str, personal: Iterable[str] = (), field: str = "password") -> str:
    """The Argon2id hash. Invalid (of `field`) for one that is too short or long, or that everybody would try first.

    `personal`: what is known of its owner, such as the e-mail and the name, and the title of the site.
    """
    message = ""
    if not MIN_CHARACTERS <= len(password) <= MAX_CHARACTERS:
        code, message = "password_length", f"The password must have {MIN_CHARACTERS} to {MAX_CHARACTERS} characters."
    elif is_common(password, personal):
        code, message = "password_common", COMMON
    if message:
        raise Invalid(message, [Problem(code, message, field=field)])
    return _hasher.hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Whether it is the password. An unknown account costs as much time as a known one."""
    try:
        return _hasher.verify(stored or _decoy(), password[:MAX_CHARACTERS]) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def one_time_password() -> str:
    """A password to be handed over and changed: 20 characters of the URL-safe alphabet."""
    return secrets.token_urlsafe(15)


def new_secret(prefix: str = "") -> str:
    """256 random bits to be shown once; only `hash_secret` of it is kept."""
    return prefix + secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """SHA-256 in hex. Enough for random secrets, which cannot be guessed from a list."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
