"""Keeps which pages hold which words, as the index hands it over, and reads it for the files of many hits at once."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from opendata.search.document import FileText
from opendata.search.pagekeys import PageKeys, analysis_id, analysis_of
from opendata.services.catalogue import Catalogue
from opendata.services.reading import READER_VERSION

logger = logging.getLogger(__name__)

MOST_BYTES = 8_000_000
"""Packed keys held in memory before they are written."""

Keep = Callable[[FileText, bytes], None]


@contextmanager
def keeping(catalogue: Catalogue) -> Iterator[Keep]:
    """What to hand to the index's `keep`. The keys are written in batches, and all of them at the end of the block.

    When the block fails nothing more is written; what was written already is right for its text and analysis.
    """
    waiting: defaultdict[str, dict[str, bytes]] = defaultdict(dict)
    size = 0

    def keep(file: FileText, packed: bytes) -> None:
        nonlocal size
        if not packed:
            return
        waiting[analysis_of(packed)][file.checksum] = packed
        size += len(packed)
        if size >= MOST_BYTES:
            _write(catalogue, waiting)
            size = 0

    yield keep
    _write(catalogue, waiting)


def drop_stale(catalogue: Catalogue) -> None:
    """Forget the keys of every analysis but that of the live index; to be called when a rebuild has taken its place."""
    gone = catalogue.page_texts.keys.keep_only([_live(catalogue)])
    logger.info("forgot the page keys of %d files, made by another analysis", gone)


def of_files(catalogue: Catalogue, checksums: Iterable[str]) -> dict[str, PageKeys]:
    """The page keys of those of the files that have them, made by the analysis of the live index, by checksum."""
    found = {}
    packed = catalogue.page_texts.keys.get(READER_VERSION, _live(catalogue), checksums)
    for checksum, keys in packed.items():
        try:
            found[checksum] = PageKeys.unpack(keys)
        except ValueError:
            logger.warning("the page keys of %s cannot be read; a rebuild of the index makes them anew", checksum)
    return found


def _write(catalogue: Catalogue, waiting: defaultdict[str, dict[str, bytes]]) -> None:
    for analysis, packed in waiting.items():
        catalogue.page_texts.keys.put(READER_VERSION, analysis, packed)
    waiting.clear()


def _live(catalogue: Catalogue) -> str:
    return analysis_id(catalogue.index.analyser().version)
