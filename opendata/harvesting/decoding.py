"""Undoes Content-Encoding in bounded steps, so that a small answer cannot swell past the size cap (gzip bombs)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

_STEP = 256 * 1024
"""The most bytes that one step puts out: how far past its cap a reader can be taken."""


class BadEncoding(Exception):
    """The bytes are not what Content-Encoding says, end too early, or the encoding is unknown."""


def decoded(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """`chunks` without their Content-Encoding: "", identity, gzip, x-gzip, deflate. BadEncoding for all else."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return iter(chunks)
    if name in ("gzip", "x-gzip"):
        return _inflate(chunks, 16 + zlib.MAX_WBITS)
    if name == "deflate":
        return _inflate(chunks, None)
    raise BadEncoding(f"Content-Encoding {encoding!r} was not asked for")


def _inflate(chunks: Iterable[bytes], wbits: int | None) -> Iterator[bytes]:
    """Inflate members one after another; `wbits` None finds out whether deflate came with its zlib header."""
    engine = None
    begun = False
    for chunk in chunks:
        data = chunk
        while data:
            if engine is None:
                if begun and not data.strip(b"\0"):
                    break  # Zero padding after the last member is allowed (RFC 1952 leaves it to the reader).
                engine = zlib.decompressobj(wbits if wbits is not None else _deflate_bits(data))
                begun = True
            piece, data = _step(engine, data)
            yield piece
            if engine.eof:
                data, engine = engine.unused_data, None
            elif not piece and not data:
                break
    if engine is not None:
        raise BadEncoding("the compressed answer ends in the middle")


def _step(engine: zlib._Decompress, data: bytes) -> tuple[bytes, bytes]:
    try:
        piece = engine.decompress(data, _STEP)
    except zlib.error as error:
        raise BadEncoding(f"the compressed answer is broken: {error}") from error
    return piece, engine.unconsumed_tail


def _deflate_bits(data: bytes) -> int:
    """Servers send "deflate" with and without the zlib header that RFC 9110 §8.4.1.2 demands."""
    return zlib.MAX_WBITS if data[0] & 0x0F == 8 and len(data) > 1 and (data[0] * 256 + data[1]) % 31 == 0 else -15
