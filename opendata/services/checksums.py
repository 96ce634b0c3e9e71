"""The checksum that a source states of a file, and whether what arrived has it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from opendata.catalog.records import ResourceRecord
from opendata.catalog.run_words import sentence

_BY_LENGTH = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
_KEYS = ("hash", "checksum", "checksum_value", "md5", "sha1", "sha256", "sha512")
"""Fields of a resource in which sources state it, beside the SHA-256 that a record has a place for."""
_STATED = re.compile(r"(?:(?:md|sha)-?\d+\s*[:=]\s*)?([0-9a-f]{32,128})\Z", re.IGNORECASE | re.ASCII)


def stated(resource: ResourceRecord) -> tuple[str, str]:
    """Algorithm and value in lower-case hex of what the source says of the bytes; "" twice where it says nothing that
    can be compared. Of a file that is stored, the checksum of the record is ours.
    """
    if resource.checksum and not resource.stored:
        return "sha256", resource.checksum.lower()
    for extra in resource.extras:
        found = _STATED.match(extra.value.strip()) if extra.key.casefold() in _KEYS else None
        if found and len(found.group(1)) in _BY_LENGTH:
            return _BY_LENGTH[len(found.group(1))], found.group(1).lower()
    return "", ""


def mismatch(resource: ResourceRecord, path: Path) -> str:
    """What is wrong with the bytes at `path`, in words for the public; "" where nothing is known to be."""
    algorithm, wanted = stated(resource)
    if not algorithm:
        return ""
    with path.open("rb") as stream:
        # Nobody's safety hangs on it: it tells whether the bytes are those that the source meant.
        arrived = hashlib.file_digest(stream, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
    if arrived == wanted:
        return ""
    return sentence("checksum", word=algorithm.upper(), wanted=wanted, arrived=arrived)
