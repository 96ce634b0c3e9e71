"""Pages, feeds, styles and scripts, packed (gzip) for readers who take them so: a page is a fifth or a quarter then.

What may hold a secret is not packed: the length of a page that repeats a stranger's words would tell of the secret
beside them (BREACH). So nobody with a session gets packed pages, only packed styles and scripts.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, request

from opendata.web.identity import session_secret

PAGES = frozenset({"text/html", "application/atom+xml"})
ASSETS = frozenset({"text/css", "text/javascript", "image/svg+xml"})
SMALL = 500
"""Bytes that are not worth packing."""
LEVEL = 4
"""Pages, each time they are sent: twice as fast as 6, and hardly larger."""


def packed(response: Response) -> Response:
    """`response`, packed where its reader takes it so and it is whole, public and worth it."""
    is_asset = request.endpoint == "static" and response.mimetype in ASSETS
    if not is_asset and response.mimetype not in PAGES:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code != 200 or response.content_encoding or request.accept_encodings["gzip"] <= 0:
        return response
    if is_asset:
        return _with(response, _packed_asset(path := _asset_path(), path.stat().st_mtime_ns))
    if response.is_streamed or _is_file(response) or session_secret() or len(response.get_data()) < SMALL:
        return response
    return _with(response, gzip.compress(response.get_data(), LEVEL, mtime=0))


def _is_file(response: Response) -> bool:
    """Whether it is somebody's file, which is sent byte for byte, or in parts."""
    return "Content-Disposition" in response.headers


def _with(response: Response, body: bytes) -> Response:
    if response.direct_passthrough:  # the file that would have been sent is open
        response.close()
        response.direct_passthrough = False
    response.set_data(body)
    response.content_encoding = "gzip"
    tag, _ = response.get_etag()
    if tag:  # the same to its reader, but not byte for byte (RFC 9110, 8.8.1)
        response.set_etag(tag, weak=True)
    return response


def _asset_path() -> Path:
    return Path(str(current_app.static_folder), str((request.view_args or {})["filename"]))


@lru_cache(maxsize=64)
def _packed_asset(path: Path, _modified: int) -> bytes:
    return gzip.compress(path.read_bytes(), 9, mtime=0)


def install(app: Flask) -> None:
    """Pack the answers of `app`, after all else is done to them that is installed later."""
    app.after_request(packed)
