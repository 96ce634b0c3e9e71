"""Logging: one event a line on stderr, with the id of the request, job or source that it belongs to."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_bound: ContextVar[str] = ContextVar("log_context", default="")


class _Context(logging.Filter):
    """Adds the bound ids to every line, and keeps it one line whatever a source sent."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.context = _bound.get()
        return True


class _OneLine(logging.Formatter):
    """Line breaks inside a message are shown, not obeyed; a traceback keeps its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the standard library's name
        return super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")


def set_up(level: str) -> None:
    """Log to stderr from `level` on. Calling it again replaces the set-up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_Context())
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(name)s %(message)s%(context)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "botocore", "alembic", "pymorphy3", "whoosh"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


@contextmanager
def bound(**ids: object) -> Iterator[None]:
    """Every line logged inside carries these ids, e.g. bound(job=81, source="usgs")."""
    extra = "".join(f" {key}={value}" for key, value in ids.items())
    token = _bound.set(_bound.get() + extra)
    try:
        yield
    finally:
        _bound.reset(token)
