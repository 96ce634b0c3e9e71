"""Documents by path over real HTTP, with ETag and 304 where one is given, each able to answer by what is accepted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.servers.local import Asked, LocalServer, Reply, serve


@dataclass(frozen=True)
class Document:
    """What an address answers. `negotiated` holds other forms of it by media type."""

    content: bytes | str
    media_type: str = "text/turtle"
    headers: dict[str, str] = field(default_factory=dict)
    negotiated: Mapping[str, bytes | str] = field(default_factory=dict)
    status: int = 200
    marked: bool = True


@contextmanager
def document_server(documents: dict[str, Document]) -> Iterator[LocalServer]:
    """`documents` by path and query ("/data?page=2") until the end of the block; {base} in them is the server's own.

    `documents` may be changed while the server runs.
    """

    def answer(asked: Asked) -> Reply:
        query = "&".join(f"{name}={value}" for name, value in asked.query.items())
        document = documents.get(f"{asked.path}?{query}" if query else asked.path)
        if document is None:
            return Reply(status=404)
        content, media_type = document.content, document.media_type
        for kind, other in document.negotiated.items():
            if asked.headers.get("accept", "").startswith(kind):
                content, media_type = other, kind
        body = content if isinstance(content, bytes) else content.replace("{base}", server.url).encode()
        headers = {name: value.replace("{base}", server.url) for name, value in document.headers.items()}
        if document.marked and document.status == 200:
            headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:12]}"'
            if asked.headers.get("if-none-match") == headers["ETag"]:
                return Reply(status=304, headers={"ETag": headers["ETag"]})
        return Reply(body, document.status, media_type, headers)

    with serve(answer) as server:
        yield server
