"""Bodies as they come in: how long one is waited for, and how many at once."""

from __future__ import annotations

import io
import socket
from itertools import count

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from opendata.errors import Invalid
from opendata.web.api.bodies import LEAST_PACE, SILENCE_SECONDS, Body, whole_number


def request(content: bytes, **environ: object) -> Request:
    made = EnvironBuilder(method="PATCH", data=content).get_environ()
    return Request({**made, **environ})


def test_body_is_as_long_as_its_header_says() -> None:
    body = Body(request(b"12345"))
    assert body.size == 5
    assert (body.read(3), body.read(2)) == (b"123", b"45")


def test_request_without_length_has_no_body() -> None:
    bare = {"CONTENT_LENGTH": "", "wsgi.input": io.BytesIO(b"never read")}
    assert Body(request(b"", **bare)).size == 0
    assert Body(request(b"", **bare, HTTP_TRANSFER_ENCODING="chunked")).size is None


def test_body_that_comes_by_drops_is_given_up() -> None:
    """100 bytes every 10 seconds: below the least pace."""
    seconds = count(0, 10)
    body = Body(request(b"x" * 10_000), clock=lambda: next(seconds))

    def read_all() -> None:
        for _ in range(100):
            body.read(100)

    with pytest.raises(TimeoutError):
        read_all()


def test_slow_body_that_keeps_the_pace_is_waited_for() -> None:
    seconds = count(0, 10)
    body = Body(request(b"x" * LEAST_PACE * 100), clock=lambda: next(seconds))
    for _ in range(9):
        assert len(body.read(LEAST_PACE * 11)) == LEAST_PACE * 11


def test_silence_is_bounded_while_the_body_is_read_and_only_then() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        seen = []

        class Watched(io.BytesIO):
            def read(self, size: int | None = -1) -> bytes:
                seen.append(ours.gettimeout())
                return super().read(size)

        body = Body(request(b"", **{"gunicorn.socket": ours, "wsgi.input": Watched(b"12"), "CONTENT_LENGTH": "2"}))
        body.read(2)
        assert seen == [SILENCE_SECONDS]
        assert ours.gettimeout() is None


@pytest.mark.parametrize("given", ["", "-1", "+1", "1.0", "1e3", " 1", "٣", "9" * 19, "0x10"])
def test_number_of_bytes_is_digits_alone(given: str) -> None:
    with pytest.raises(Invalid):
        whole_number(given, "Upload-Offset")
    assert whole_number("0042", "Upload-Offset") == 42
