"""Whether the parts that an answer needs do answer."""

from __future__ import annotations

from collections.abc import Callable

from opendata.errors import CatalogueError
from opendata.services import jobs
from opendata.services.catalogue import Catalogue
from opendata.services.queue import Lane
from opendata.store import base

OK = "ok"


def ready(catalogue: Catalogue) -> dict[str, str]:
    """ "ok", or what is wrong, for store, index, files and queue."""
    return {
        "store": _tried(lambda: base.check(catalogue.engine)),
        "index": _tried(catalogue.index.check),
        "files": _tried(catalogue.files.check),
        "queue": _tried(lambda: jobs.claimable(catalogue, Lane.CARE)),
    }


def _tried(check: Callable[[], object]) -> str:
    try:
        check()
    except CatalogueError as error:
        return error.message
    except Exception as error:  # a probe reports whatever breaks, and must not break itself
        return f"{type(error).__name__}: {error}"
    return OK
