"""Compares a text, or a record, with the catalogue: whether a question was studied already.

What a record says is taken from the store and from the files that the public may read at this moment; the index only
proposes which records to look at, so that nothing of what it may still hold of others shows.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from opendata.errors import Invalid, NotFound, Problem
from opendata.search.index import Hit
from opendata.search.resemblance import Given
from opendata.search.wordstream import reader_of
from opendata.services import datasets, discovery, register, similar_texts
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.indexing import area_of
from opendata.services.similar_candidates import TELLING, candidates, rarity
from opendata.services.similar_ranking import Candidate, Ranking
from opendata.services.similar_results import CLOSE, Place, Record, Similar, Similarity
from opendata.services.similar_texts import Pages
from opendata.store import queries

__all__ = ["CLOSE", "MOST_CHARACTERS", "of_record", "of_text"]

MOST_CHARACTERS = 1_000_000
"""Of a text; its end beyond that is left out."""
SECONDS = 3.0
"""Processor time that records are read and compared; those left then are not. Not the time of the clock: what is found
must not depend on how busy the machine is."""
FIRST = 10
"""Records that are compared however long it takes."""


def of_text(
    catalogue: Catalogue,
    actor: Actor,
    text: str | Sequence[str],
    *,
    language: str = "en",
    paged: bool = True,
) -> Similarity:
    """What resembles `text`, which is one text or several in a row (its pages, if it is `paged`).

    Invalid where it has no words. The public's records and files are compared, whoever asks.
    """
    del actor
    texts = (text,) if isinstance(text, str) else tuple(text)
    numbered = paged and not isinstance(text, str)
    places = [Place(page=number if numbered else 0) for number in range(1, len(texts) + 1)]
    given = similar_texts.bounded(texts, places, MOST_CHARACTERS)
    found = _compare(catalogue, given, language, ())
    if not found.words:
        message = "There are no words in the text that could be compared."
        raise Invalid(message, [Problem("no_words", message, field="text")])
    return found


def of_record(catalogue: Catalogue, actor: Actor, slug: str, *, kind: str = "", language: str = "en") -> Similarity:
    """What resembles the record `slug` (a dataset or a study; of both by that name the dataset, unless `kind` says).

    Errors as those of its page. Only what the public may read of it is compared.
    """
    record = _record(catalogue, actor, slug, kind)
    given = similar_texts.of_record(catalogue, record, catalogue.today())
    bound = similar_texts.bounded(given.texts, given.places, MOST_CHARACTERS)
    found = _compare(catalogue, bound, language, () if record.id is None else (record.id,))
    return replace(found, record=record, cut=found.cut or given.cut)


def _record(catalogue: Catalogue, actor: Actor, slug: str, kind: str) -> Record:
    if kind == "study":
        return register.page(catalogue, actor, slug).record
    try:
        return datasets.record(catalogue, actor, slug)
    except NotFound:
        if kind:
            raise
    return register.page(catalogue, actor, slug).record


def _compare(catalogue: Catalogue, given: Pages, language: str, without: Collection[UUID]) -> Similarity:
    """The given pages beside the likeliest records."""
    with catalogue.comparisons:
        return _compared(catalogue, given, language, without)


def _compared(catalogue: Catalogue, given: Pages, language: str, without: Collection[UUID]) -> Similarity:
    clock = _Clock()
    reader = reader_of(catalogue.index.analyser())
    words = reader.read(given.texts)
    if not len(words):
        return Similarity(0, 0, cut=given.cut)
    clock.note("words")
    with catalogue.searches:
        rare = rarity(catalogue.index, reader, words)
        clock.note("rarity")
        hits = candidates(catalogue.index, words, rare, without)
    clock.note("candidates")
    mine = Given(words, rare.weights(words))
    found, finished = _candidates(catalogue, mine, hits)
    clock.note("comparing")
    ranking = Ranking(reader, given, mine, rare.telling(words.numbers, TELLING))
    same_words, same_subject = ranking.ranked(found)
    clock.note("passages")
    return Similarity(
        words=len(words),
        compared=len(found),
        same_words=_with_cards(catalogue, same_words, language),
        same_subject=_with_cards(catalogue, same_subject, language),
        cut=given.cut,
        unfinished=not finished,
        candidates=tuple(hit.id for hit in hits),
        seconds=clock.steps,
    )


class _Clock:
    def __init__(self) -> None:
        self.steps: dict[str, float] = {}
        self._last = time.perf_counter()

    def note(self, step: str) -> None:
        now = time.perf_counter()
        self.steps[step], self._last = now - self._last, now


def _candidates(catalogue: Catalogue, given: Given, hits: Sequence[Hit]) -> tuple[list[Candidate], bool]:
    """The records of the hits that are public, compared; and whether there was time for all of them, in full."""
    reader, today = reader_of(catalogue.index.analyser()), catalogue.today()
    until = time.thread_time() + SECONDS
    found: list[Candidate] = []
    finished = True
    for record in _records(catalogue, hits):
        if len(found) >= FIRST and time.thread_time() > until:
            return found, False
        pages = similar_texts.of_record(catalogue, record, today)
        finished = finished and not pages.cut
        found.append(Candidate(record, pages, given.compare(reader.read(pages.texts))))
    return found, finished


def _records(catalogue: Catalogue, hits: Sequence[Hit]) -> list[Record]:
    """The records of the hits, in their order, as far as they are public now."""
    with catalogue.sessions.read() as session:
        read: list[Record] = [
            *queries.cards(session, [hit.id for hit in hits if hit.kind == "dataset"]),
            *queries.study_cards(session, [hit.id for hit in hits if hit.kind == "study"]),
        ]
    by_id = {record.id: record for record in read if area_of(record) == "public"}
    return [by_id[hit.id] for hit in hits if hit.id in by_id]


def _with_cards(catalogue: Catalogue, found: Sequence[Similar], language: str) -> tuple[Similar, ...]:
    """The records as lists show them."""
    cards = discovery.cards(catalogue, [one.card.record for one in found], language)
    return tuple(replace(one, card=card) for one, card in zip(found, cards, strict=True))
