"""A file that came with a form: in pieces before it (static/js/upload.js), or in the form itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast
from uuid import UUID

from flask import request

from opendata.errors import Invalid, NotFound, Problem, TooLarge
from opendata.services.uploads import partial
from opendata.web.identity import actor, the_catalogue
from opendata.web.wording import in_words


@contextmanager
def sent() -> Iterator[tuple[BinaryIO, str]]:
    """The file of the form: what came in pieces before, else what came with it. Invalid without one."""
    given = request.files.get("file")
    if upload := request.form.get("upload", ""):
        with partial.whole(the_catalogue(), actor(), _id(upload)) as whole:
            yield whole
    elif given is None or not given.filename:
        raise Invalid("Choose a file.", [Problem("no_file", "Choose a file.", "file")])
    else:
        yield cast("BinaryIO", given.stream), given.filename


def _id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise NotFound("There is nothing of that id.") from None


def refused(error: Invalid | TooLarge) -> tuple[Problem, ...]:
    """Why it was not taken, in the page's words."""
    if isinstance(error, Invalid) and error.problems:
        return in_words(error.problems)
    code = "file_too_large" if isinstance(error, TooLarge) else "file_refused"
    return in_words([Problem(code, error.message, "file")])
