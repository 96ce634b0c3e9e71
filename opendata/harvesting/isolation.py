"""Keeps one bad item from ending a listing: whatever mapping it raises becomes a Failed with the reason.

The engine cannot do this: an exception inside a generator ends the generator. So this is the place "around one
harvested item" where every exception is caught, logged with its traceback, and recorded where a person will see it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from opendata.errors import CatalogueError, Invalid, Problem, Stopped
from opendata.harvesting.contract import Failed, Found, Gone

log = logging.getLogger(__name__)


def isolated(
    identifier: str, raw: bytes, raw_type: str, make: Callable[[], Found | Gone | Failed]
) -> Found | Gone | Failed:
    """What `make` gives, or a Failed for the item `identifier` that says why it gives nothing."""
    try:
        return make()
    except Stopped:
        raise  # the listing was told to end: no fault of this item
    except Invalid as error:
        problems = error.problems or (Problem("invalid", error.message),)
    except CatalogueError as error:
        problems = (Problem("unreadable", error.message),)
    except Exception as error:
        log.exception("harvested item failed identifier=%s", identifier)
        problems = (Problem("unreadable", f"the record cannot be mapped ({type(error).__name__}: {error})"),)
    return Failed(identifier=identifier, problems=problems, raw=raw, raw_type=raw_type)
