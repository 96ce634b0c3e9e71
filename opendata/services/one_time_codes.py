"""Codes that an app on somebody's telephone makes of a shared secret and the time (RFC 6238), and those on paper."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import secrets
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

SECRET_BYTES = 20
"""RFC 4226 §4: at least 16; 20 is what SHA-1 gives, and what every app takes."""
DIGITS, STEP_SECONDS = 6, 30
SKEW = 1
"""Steps of time by which a telephone's clock may be early or late."""

RECOVERY_CODES = 10
RECOVERY_LENGTH, RECOVERY_GROUP = 16, 4
RECOVERY_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without i, l, o, 0 and 1, which look alike on paper. 16 of them are 79 random bits: nobody tries them all."""


def new_secret() -> bytes:
    """A fresh shared secret."""
    return secrets.token_bytes(SECRET_BYTES)


def as_words(secret: bytes) -> str:
    """The secret as apps take it from the keyboard: base32 in groups of four."""
    text = base64.b32encode(secret).decode("ascii").rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def address(secret: bytes, account: str, site: str) -> str:
    """The otpauth:// address of the QR code. `account` and `site` are what the app shows."""
    # Made here: urlencode writes a blank as "+", which some apps show as it is.
    issuer = " ".join(site.replace(":", " ").split())[:60]
    label = f"{issuer}:{account}" if issuer else account
    words = {"secret": base64.b32encode(secret).decode("ascii").rstrip("="), "issuer": issuer}
    words |= {"algorithm": "SHA1", "digits": str(DIGITS), "period": str(STEP_SECONDS)}
    return f"otpauth://totp/{quote(label, safe='@:')}?" + urlencode(words, quote_via=quote)


def step_of(secret: bytes, code: str, now: dt.datetime, after: int) -> int | None:
    """The step of time that `code` belongs to, one step early or late allowed; None for a wrong code.

    Steps up to `after` are over: a code works once.
    """
    given, current, found = code.encode("utf-8", "replace"), int(now.timestamp()) // STEP_SECONDS, None
    maker = _maker(secret)
    for step in range(current - SKEW, current + SKEW + 1):
        # All are compared, so that the time taken does not say which one it was.
        if hmac.compare_digest(maker.generate(step * STEP_SECONDS), given) and step > after:
            found = step
    return found


def digits_of(given: str) -> str:
    """What was typed, without the blanks that apps show in the middle; "" where it is no code of an app."""
    code = "".join(given.split())
    return code if len(code) == DIGITS and code.isascii() and code.isdecimal() else ""


def new_recovery_code() -> str:
    """A code for paper, in groups of four."""
    drawn = "".join(secrets.choice(RECOVERY_ALPHABET) for _ in range(RECOVERY_LENGTH))
    return "-".join(drawn[start : start + RECOVERY_GROUP] for start in range(0, RECOVERY_LENGTH, RECOVERY_GROUP))


def recovery_code_of(given: str) -> str:
    """The recovery code as it was made, however it was typed; "" where it is none."""
    letters = "".join(sign for sign in given.casefold() if not sign.isspace() and sign != "-")
    if len(letters) != RECOVERY_LENGTH or any(sign not in RECOVERY_ALPHABET for sign in letters):
        return ""
    return "-".join(letters[start : start + RECOVERY_GROUP] for start in range(0, RECOVERY_LENGTH, RECOVERY_GROUP))


def _maker(secret: bytes) -> TOTP:
    # SHA-1, because no app is sure to take another; as an HMAC it is sound (RFC 6238 §1.2).
    return TOTP(secret, DIGITS, SHA1(), STEP_SECONDS, enforce_key_length=False)  # noqa: S303
