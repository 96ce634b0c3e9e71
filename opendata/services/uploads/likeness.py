"""How like the text of a row is to what the catalogue has, within bounds: comparing texts is slow."""

from __future__ import annotations

import logging
import time

from opendata.catalog.records import DatasetRecord
from opendata.errors import Invalid, Unavailable
from opendata.services import similar
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.services.similar_results import LEAST_WORDS, Similar

logger = logging.getLogger(__name__)

MOST_COMPARED = 500
"""Records whose title and abstract are compared with the catalogue, in one upload."""
SECONDS = 30.0
"""Processor time for all of them, a quarter of a second each in a catalogue of 100,000 records."""
MOST_CHARACTERS = 20_000


class Likeness:
    """The comparisons of one upload."""

    def __init__(self, catalogue: Catalogue, *, most: int = MOST_COMPARED, seconds: float = SECONDS) -> None:
        self._catalogue = catalogue
        self._left, self._seconds = most, seconds

    @property
    def is_over(self) -> bool:
        """Whether nothing is compared any more."""
        return self._left <= 0 or self._seconds <= 0

    def of(self, record: DatasetRecord) -> tuple[Similar, ...]:
        """The public records that a warning is due for; none where the bounds are reached, or the index is away."""
        said = _said(record)
        if self.is_over or not is_long_enough(record):
            return ()
        self._left -= 1
        started = time.thread_time()
        try:
            return similar.of_text(self._catalogue, PUBLIC, said, paged=False).close
        except Invalid:  # no words
            return ()
        except Unavailable as error:
            logger.warning("rows are not compared with the catalogue: %s", error.message)
            self._left = 0
            return ()
        finally:
            self._seconds -= time.thread_time() - started


def is_long_enough(record: DatasetRecord) -> bool:
    """Whether its text can be like another at all, and not only its title."""
    return sum(len(text.split()) for text in _said(record)) >= LEAST_WORDS


def _said(record: DatasetRecord) -> list[str]:
    return [text.value[:MOST_CHARACTERS] for whole in (record.title, record.description) for text in whole.values()]
