"""Makes the lists that help to search, from what is public now: by a job that follows the index, but not too often."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from uuid import UUID

from opendata.catalog import vocabularies
from opendata.catalog.values import Text
from opendata.search import completion, pairs, spelling
from opendata.search.completion import Entry
from opendata.search.pairs import Word
from opendata.services.catalogue import Catalogue
from opendata.services.queue import Lane
from opendata.store import queries
from opendata.store.datasets import Dataset
from opendata.store.queries import Named
from opendata.store.queue import enqueue
from opendata.store.register import Study

logger = logging.getLogger(__name__)

PAGE = 1_000
"""Records read from the store at once."""
REST = 20
"""The lists are made again after this many times the seconds that making them took, and not before LEAST_REST."""
LEAST_REST = 2.0
SECONDS_A_RECORD = 2e-4
"""How long a record takes on a slow machine; before the first time nobody knows better."""

JOB = "words"
PLAIN_COLUMNS = ("person", "performer", "keyword")
"""Columns of the index whose values are shown as they are."""


@dataclass(frozen=True, slots=True)
class Made:
    """How many things completion offers, words spelling knows, pairs of keywords there are; and the seconds it took."""

    entries: int
    words: int
    pairs: int
    seconds: float


def queue_refresh(catalogue: Catalogue) -> None:
    """Queue the making of the lists, unless it is queued: at once where there are none, else after a rest."""
    age = catalogue.words.age()
    now = catalogue.now()
    rest = max(LEAST_REST, REST * SECONDS_A_RECORD * catalogue.index.status().documents)
    not_before = None if age is None else now + dt.timedelta(seconds=max(0.0, rest - age))
    with catalogue.sessions.write.begin() as session:
        enqueue(session, JOB, {}, now, lane=Lane.CARE, dedupe=JOB, not_before=not_before)


def refresh(catalogue: Catalogue) -> Made:
    """Make all lists anew from the public index and the public records, and put them in the place of the old ones."""
    started = time.monotonic()
    titles: list[Entry] = []
    keywords: list[tuple[Word, ...]] = []
    for kind, record in _records(catalogue):
        titles += _titles(kind, record)
        if len(listed := _keywords(record)) > 1:
            keywords.append(listed)
    found = pairs.mine(keywords)
    completing = completion.collect((*titles, *_values(catalogue)))
    words = spelling.collect(catalogue.index.vocabulary())
    catalogue.words.save(completion=completing, spelling=words, pairs=pairs.collect(found, catalogue.index.analyser()))
    made = Made(len(completing["groups"]), len(words["records"]), len(found), time.monotonic() - started)
    logger.info("word lists made entries=%d words=%d pairs=%d seconds=%.1f", *astuple(made))
    return made


def _records(catalogue: Catalogue) -> Iterator[tuple[str, Named]]:
    for kind, table in (("dataset", Dataset), ("study", Study)):
        after: UUID | None = None
        while True:
            with catalogue.sessions.read() as session:
                page = queries.named_after(session, table, after, PAGE)
            if not page:
                break
            yield from ((kind, record) for record in page)
            after = page[-1].id


def _titles(kind: str, record: Named) -> Iterator[Entry]:
    """Its title in each language; the newest records come first where many titles begin alike."""
    for title in record.title.values():
        yield Entry("title", f"{kind}:{record.id.hex}", title.value, title.language, record.newest // 86_400)


def _keywords(record: Named) -> tuple[Word, ...]:
    return tuple(Word(word.text, word.language) for word in record.keywords if word.language in pairs.LANGUAGES)


def _values(catalogue: Catalogue) -> Iterator[Entry]:
    """What public records have of agencies, subjects, people, performers and keywords."""
    index = catalogue.index
    agencies = {one.value: one.count for one in index.values("organization")}
    with catalogue.sessions.read() as session:
        names = queries.organization_titles(session, agencies)
    yield from _named("organization", ((slug, name, agencies[slug]) for slug, name in names.items()))
    subjects = (
        (one.value, vocabularies.subject_label("grnti", one.value), one.count) for one in index.values("subject")
    )
    yield from _named("subject", (one for one in subjects if one[0].count(".") < 2))
    for column in PLAIN_COLUMNS:
        yield from (Entry(column, one.value, one.value, weight=one.count) for one in index.values(column))


def _named(group: str, named: Iterable[tuple[str, Text, int]]) -> Iterator[Entry]:
    for value, name, count in named:
        yield from (Entry(group, value, one.value, one.language, count) for one in name.values())
