"""What an e-mail address may be here: one receiver, and nothing that a header or a page would take for more."""

from __future__ import annotations

import re

from opendata.store.accounts import EMAIL_LENGTH

_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\\\"]{1,64}@[^\s@,;:<>()\[\]\\\"/]+")
"""RFC 5321 §4.1.2 without quoted names and addresses of machines; letters of any alphabet as in RFC 6531."""


def folded(given: str) -> str:
    """The address as accounts keep it."""
    return given.strip().casefold()


def is_email(address: str) -> bool:
    """Whether it is the address of one receiver."""
    return len(address) <= EMAIL_LENGTH and address.isprintable() and _ADDRESS.fullmatch(address) is not None
