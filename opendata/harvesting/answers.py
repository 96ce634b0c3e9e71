"""Reads the body of an answer within its bounds, and makes the Response that harvesters see."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx

from opendata.errors import TooLarge
from opendata.harvesting.contract import Response
from opendata.harvesting.credentials import Bound
from opendata.harvesting.decoding import decoded

Take = Callable[[httpx.Response, Bound], Response]
"""Makes a Response of an answer whose body is not read yet."""


def whole(cap: int) -> Take:
    """Takes the whole body; TooLarge over `cap` bytes, announced, sent or unpacked."""

    def take(answer: httpx.Response, bound: Bound) -> Response:
        return response(answer, b"".join(body(answer, cap)), bound)

    return take


def beginning(size: int) -> Take:
    """Takes the first `size` bytes at most, whatever else comes."""

    def take(answer: httpx.Response, bound: Bound) -> Response:
        content = bytearray()
        for piece in decoded(answer.iter_raw(), answer.headers.get("content-encoding", "")):
            content += piece
            if len(content) >= size:
                break
        return response(answer, bytes(content[:size]), bound)

    return take


def nothing(answer: httpx.Response, bound: Bound) -> Response:
    """Takes status and headers."""
    return response(answer, b"", bound)


def body(answer: httpx.Response, cap: int) -> Iterator[bytes]:
    """The decoded body; TooLarge as soon as more than `cap` bytes arrived or were unpacked."""
    declared = answer.headers.get("content-length", "")
    if declared.isascii() and declared.isdecimal() and (len(declared) > 18 or int(declared) > cap):
        raise TooLarge(f"{_address(answer)} announces {declared[:20]} bytes; the cap is {cap}")
    size = 0
    for piece in decoded(_wire(answer, cap), answer.headers.get("content-encoding", "")):
        size += len(piece)
        if size > cap:
            raise TooLarge(f"{_address(answer)} is larger than the cap of {cap} bytes")
        yield piece


def response(answer: httpx.Response, content: bytes, bound: Bound) -> Response:
    """What a harvester sees: no secret in address, headers or content."""
    headers = {name.lower(): bound.scrubbed(value) for name, value in answer.headers.items()}
    return Response(
        url=bound.scrubbed(str(bound.shown(answer.request.url))),
        status=answer.status_code,
        headers=headers,
        content=bound.scrubbed_bytes(content),
    )


def _wire(answer: httpx.Response, cap: int) -> Iterator[bytes]:
    size = 0
    for piece in answer.iter_raw():
        size += len(piece)
        if size > cap:
            raise TooLarge(f"{_address(answer)} sends more than the cap of {cap} bytes")
        yield piece


def _address(answer: httpx.Response) -> str:
    """Without its query, which may hold a secret."""
    return str(answer.request.url.copy_with(query=None, fragment=None, userinfo=b""))
