"""X-HTTP-Method-Override for the tus protocol: some clients and proxies can send nothing but POST."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

METHODS = frozenset({"HEAD", "PATCH", "DELETE", "OPTIONS", "POST"})


class MethodOverride:
    """WSGI middleware: a POST below `prefix` is what its header says, before anything looks at the method.

    Only a POST: whoever may send one may send a PATCH, while a GET may come from any link (tus 1.0.0 would have every
    method replaced).
    """

    def __init__(self, app: WSGIApplication, prefix: str) -> None:
        self.app, self.prefix = app, prefix

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer by the application."""
        asked = environ.get("HTTP_X_HTTP_METHOD_OVERRIDE", "").strip().upper()
        if (
            asked in METHODS
            and environ.get("REQUEST_METHOD") == "POST"
            and environ.get("PATH_INFO", "").startswith(self.prefix)
        ):
            environ["REQUEST_METHOD"] = asked
        return self.app(environ, start_response)
