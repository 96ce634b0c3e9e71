"""Bytes as a word for addresses (RFC 4648 §5), without the signs that fill it up."""

from __future__ import annotations

import base64


def encoded(data: bytes) -> str:
    """The word."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decoded(word: str) -> bytes:
    """The bytes. ValueError for what is no such word."""
    return base64.b64decode(word.encode("ascii") + b"=" * (-len(word) % 4), altchars=b"-_", validate=True)
