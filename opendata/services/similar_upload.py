"""Compares a file that somebody hands in. It is read by the child process with limits, and kept nowhere."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import IO

from opendata.catalog.records import TextStatus
from opendata.errors import Invalid, Problem
from opendata.reading.contract import Extracted, Limits
from opendata.reading.extract import Reader
from opendata.services import similar
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.similar_results import Similarity

READ_SECONDS = 20.0
READ_PAGES = 2_000
MOST_MEMORY = 1024**3

_REFUSED = {
    TextStatus.SCANNED: ("scan", "The file holds pictures of pages and no text."),
    TextStatus.GARBLED: (
        "garbled",
        "The text of the file cannot be made out: its letters are not what they look like.",
    ),
    TextStatus.NO_TEXT: ("no_words", "There are no words in the file that could be compared."),
}


def of_file(
    catalogue: Catalogue, actor: Actor, stream: IO[bytes], filename: str, *, language: str = "en"
) -> Similarity:
    """What resembles the text of the file in `stream`. Invalid, with the reason, where no text can be read from it."""
    with tempfile.TemporaryDirectory(prefix="opendata-similar-") as folder:
        path = Path(folder) / "file"
        with path.open("wb") as target:
            shutil.copyfileobj(stream, target)
        with catalogue.comparisons, Reader() as reader:
            extracted = reader.read(path, filename[-200:], _limits(catalogue))
    pages = _pages(extracted)
    return similar.of_text(catalogue, actor, pages, language=language, paged=extracted.pages_total > 1)


def _limits(catalogue: Catalogue) -> Limits:
    settings = catalogue.config.jobs
    return Limits(
        seconds=min(READ_SECONDS, settings.read_seconds),
        memory_bytes=min(MOST_MEMORY, settings.read_memory_bytes),
        pages=min(READ_PAGES, settings.read_pages),
        # A little more, so that a longer text is seen to be longer.
        characters=similar.MOST_CHARACTERS + 10_000,
        input_bytes=catalogue.config.upload.max_bytes,
    )


def _pages(extracted: Extracted) -> tuple[str, ...]:
    """The pages that were read; of a file that is too large, those before the limit."""
    readable = extracted.status is TextStatus.TEXT or (extracted.truncated and any(extracted.pages))
    if readable:
        return extracted.pages
    code, message = _REFUSED.get(extracted.status, ("unreadable", f"The file could not be read: {extracted.reason}"))
    raise Invalid(message, [Problem(code, message, field="file")])
