"""Zip-based documents are looked at before a library unpacks them: size, ratio, number of parts, encryption."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

from opendata.reading.contract import Limits
from opendata.reading.outcome import failed, too_large
from opendata.reading.zips import UNKNOWN_COMPRESSION

MOST_PARTS = 20_000
MOST_UNPACKED = 1024**3
"""Bytes of all parts together; also never more than half the memory limit."""
FREE_UNPACKED = 32 * 1024**2
"""Bytes below which no ratio is looked at: sheets of zeros pack a thousand to one, harmlessly."""
HIGHEST_RATIO = 200
_CHUNK = 1024**2


def check(path: Path, limits: Limits) -> None:
    """Stop (too large, encrypted or broken) unless the package at `path` may be handed to a library."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_parts(archive, path.stat().st_size, limits)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, UNKNOWN_COMPRESSION, LookupError) as error:
        raise failed(f"broken: the zip package cannot be read ({error})") from error
    except RuntimeError as error:
        raise failed("encrypted: parts of it need a password") from error


def _check_parts(archive: zipfile.ZipFile, packed: int, limits: Limits) -> None:
    parts = archive.infolist()
    if len(parts) > MOST_PARTS:
        raise too_large(f"it has {len(parts)} parts, the limit is {MOST_PARTS}")
    if any(part.flag_bits & 1 for part in parts):
        raise failed("encrypted: parts of it need a password")
    most = min(MOST_UNPACKED, limits.memory_bytes // 2)
    unpacked = sum(part.file_size for part in parts)
    _refuse(unpacked, packed, most)
    _check_declared_sizes(archive, parts, packed, most)
    if any(part.filename == "META-INF/manifest.xml" and _is_encrypted(archive, part) for part in parts):
        raise failed("encrypted: it needs a password")


def _refuse(unpacked: int, packed: int, most: int) -> None:
    if unpacked > most:
        raise too_large(f"it unpacks to more than {most // 1024**2} MB")
    if unpacked > FREE_UNPACKED and unpacked > packed * HIGHEST_RATIO:
        raise too_large(f"it unpacks to more than {HIGHEST_RATIO} times its size")


def _check_declared_sizes(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo], packed: int, most: int) -> None:
    """Unpack for counting what claims to be smaller than its packed bytes, since its directory entry lies."""
    total = 0
    for part in parts:
        if part.compress_type == zipfile.ZIP_DEFLATED and part.compress_size > part.file_size + 1024:
            part.file_size = most + 1  # zipfile stops at the declared size; the true one is wanted.
            with archive.open(part) as stream:
                while chunk := stream.read(_CHUNK):
                    total += len(chunk)
                    _refuse(total, packed, most)


def _is_encrypted(archive: zipfile.ZipFile, manifest: zipfile.ZipInfo) -> bool:
    if manifest.file_size > _CHUNK:
        return False
    with archive.open(manifest) as stream:
        return b"encryption-data" in stream.read(_CHUNK)
