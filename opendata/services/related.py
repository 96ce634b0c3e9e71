"""Records on the same subject as another: those that share its rarest words of title, keywords and subjects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from opendata.catalog import vocabularies
from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.catalog.values import Text
from opendata.errors import SearchUnavailable
from opendata.search.analysis import Analyser
from opendata.search.analysis.common import COMMON
from opendata.services.catalogue import Catalogue
from opendata.store import queries

OFFERED = 5
MOST_KEYS = 40
LEAST_SHARE = 0.3
"""What a record must hold of the keys, of what the one holds that has most of them: this one itself."""

_TITLE, _KEYWORD, _SUBJECT = 1.0, 1.5, 0.5
_CONSIDERED = 20
"""Records looked at, since those of the same study are left out."""
_POSTINGS = 40_000
"""What each page of a record adds up at most, however many records there are."""


@dataclass(frozen=True, slots=True)
class Alike:
    """A record on the same subject. `type` and `year` ("" and 0 for none) are those of a dataset."""

    kind: str
    slug: str
    title: Text
    type: str = ""
    year: int = 0


def records_like(catalogue: Catalogue, record: DatasetRecord | StudyRecord) -> tuple[Alike, ...]:
    """At most OFFERED public records on the same subject, the nearest first; none while the index cannot answer.

    The other records of its own study are left out: the study's page lists them, and they would be all there is.
    Two SELECTs at most.
    """
    try:
        weights = weigh(record, catalogue.index.analyser())
        hits = catalogue.index.like(weights, limit=_CONSIDERED, postings=_POSTINGS, share=LEAST_SHARE)
    except SearchUnavailable:
        return ()
    near = [hit for hit in hits if hit.id != record.id]
    with catalogue.sessions.read() as session:
        found = queries.briefs(
            session, *([hit.id for hit in near if hit.kind == kind] for kind in ("dataset", "study"))
        )
    study = _study_of(record)
    briefs = (found[hit.id] for hit in near if hit.id in found)
    others = [one for one in briefs if study is None or study not in (one.id, one.study_id)]
    return tuple(Alike(one.kind, one.slug, one.title, one.type, one.year) for one in others[:OFFERED])


def _study_of(record: DatasetRecord | StudyRecord) -> UUID | None:
    if isinstance(record, StudyRecord):
        return record.id
    return record.study.id if record.study else None


def weigh(record: DatasetRecord | StudyRecord, analyser: Analyser) -> dict[str, float]:
    """The keys of what the record says it is about, with what each counts; at most MOST_KEYS, the weightiest."""
    weights: dict[str, float] = {}
    for text, language, weight in _about(record):
        for key, share in _keys(analyser, text, language):
            weights[key] = max(weights.get(key, 0.0), weight * share)
    heaviest = sorted(weights, key=lambda key: -weights[key])[:MOST_KEYS]
    return {key: weights[key] for key in heaviest}


def _about(record: DatasetRecord | StudyRecord) -> Iterator[tuple[str, str, float]]:
    """Texts with their languages and weights."""
    for title in record.title.values():
        yield title.value, title.language, _TITLE
    for keyword in record.keywords:
        yield keyword.text, keyword.language, _KEYWORD
    for subject in record.subjects:
        name = vocabularies.subject_label(subject.scheme, subject.code) or subject.label
        yield from ((each.value, each.language, _SUBJECT) for each in name.values())


def _keys(analyser: Analyser, text: str, language: str) -> Iterator[tuple[str, float]]:
    """The stems of each word, which share its weight; a word without stems (a name, a code) as it stands."""
    for token in analyser.index_keys(text, language):
        stems = [key for key in token.keys if not key.startswith("X:")]
        plain = [key for key in token.keys if len(key) > 4 and key[2:] not in COMMON]
        keys = stems or plain
        yield from ((key, 1 / len(keys)) for key in keys)
