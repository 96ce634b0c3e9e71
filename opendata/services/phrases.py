"""Proves phrases in the text of files. The index knows which records hold all words of one; the pages, where in a row.

The records are looked at in the order of the query, at most CHECKED of them, and those without the phrase are left out
of hits, total and facets alike. Where there were more, the answer says so. A phrase may begin on one page and end on
the next.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from uuid import UUID

from opendata.catalog.records import DatasetRecord
from opendata.search.build import dataset_document
from opendata.search.choosing import Held, Place, page_breaks, pages_of
from opendata.search.index import Hit, Results, Wanted
from opendata.search.marking import Marker
from opendata.search.parser import Phrase, parse
from opendata.search.query import SearchQuery
from opendata.services import agency_names, passages
from opendata.services.catalogue import Catalogue
from opendata.services.indexing import SEARCHED, area_of
from opendata.services.markers import marker_of
from opendata.services.reading import READER_VERSION
from opendata.store import queries

_NUMBER_AT_END = re.compile(r"\n[ \t]*\d{1,4}\s*\Z")
_NUMBER_AT_BEGIN = re.compile(r"\A\s*\d{1,4}[ \t]*\r?\n")

CHECKED = 100
"""Records in which a phrase is looked for."""
BATCHES = (1, 3, 12, 48)
"""Pages of a record that are read at once; most records that hold the phrase hold it on the first one that may."""
BREAKS = 40
"""Ends of pages of a record that are read with the beginning of the next page, where no page holds the phrase alone."""
BREAK_CHARACTERS = 300
"""Characters on either side of a page break that are read together."""


@dataclass(slots=True)
class _Candidate:
    """A record, the groups with phrases that it must still show, and the pages that may show them."""

    id: UUID
    files: list[Held]
    left: set[int]
    pages: Iterator[Place]
    now: list[Place] = field(default_factory=list)


def search(catalogue: Catalogue, query: SearchQuery, facets: Wanted = ()) -> tuple[Results, int]:
    """The results for `query` with every phrase proved, and in how many records at most that was done: 0 for in all."""
    query = agency_names.by_slug(catalogue, query)
    tree = parse(query.q, exact=query.exact)
    if not any(isinstance(leaf, Phrase) for leaf in tree.leaves()):
        return catalogue.index.search(query, facets=facets), 0
    # Facets count what the other filters would give, so the phrase is proved before filters where that can be.
    several = replace(query, filters={}, page=1, size=CHECKED)
    wide = catalogue.index.search(several)
    if wide.total > CHECKED and query.filters:
        wide = catalogue.index.search(replace(query, page=1, size=CHECKED))
    if wide.partial or (wide.total <= CHECKED and not any(hit.unverified for hit in wide.hits)):
        return catalogue.index.search(query, facets=facets), 0
    proved = {hit.id for hit in wide.hits if not hit.unverified}
    marker = marker_of(catalogue, query, tree)
    proved |= prove(catalogue, marker, [hit for hit in wide.hits if hit.unverified])
    results = catalogue.index.search(query, facets=facets, only=proved)
    return results, CHECKED if wide.total > CHECKED else 0


def walk(catalogue: Catalogue, query: SearchQuery, facets: Wanted = ()) -> tuple[Results, int, UUID | None]:
    """As `search`, in the order BY_ID, and the id to go on behind; None at the end. A page may be empty before it: the
    records behind the last one that was looked through for a phrase come next; the total is of those looked through.
    """
    query = replace(agency_names.by_slug(catalogue, query), page=1)
    tree = parse(query.q, exact=query.exact)
    further, only, checked, last = replace(query, size=query.size + 1), None, 0, None
    if any(isinstance(leaf, Phrase) for leaf in tree.leaves()):
        wide = catalogue.index.search(replace(query, size=CHECKED + 1)).hits
        looked = wide[:CHECKED]
        if any(hit.unverified for hit in looked):
            doubtful = [hit for hit in looked if hit.unverified]
            only = {hit.id for hit in looked if not hit.unverified}
            only |= prove(catalogue, marker_of(catalogue, query, tree), doubtful)
            checked, last = (CHECKED, looked[-1].id) if len(wide) > CHECKED else (0, None)
    found = catalogue.index.search(further, facets=facets, only=only)
    hits = found.hits[: query.size]
    return replace(found, hits=hits), checked, hits[-1].id if len(found.hits) > query.size else last


def prove(catalogue: Catalogue, marker: Marker, hits: Sequence[Hit]) -> set[UUID]:
    """Those of the records that show every phrase, in what they say of themselves or on a page that is public today."""
    wanted = _in_a_row(marker)
    candidates = _candidates(catalogue, marker, wanted, [hit.id for hit in hits if hit.kind == "dataset"])
    left = [one for one in candidates if one.left]
    for size in BATCHES:
        for one in left:
            one.now = list(islice((place for place in one.pages if place.groups & one.left), size))
        _read(catalogue, marker, [one for one in left if one.now])
        left = [one for one in left if one.left]
    _read_breaks(catalogue, marker, left)
    return {one.id for one in candidates if not one.left}


def _candidates(catalogue: Catalogue, marker: Marker, wanted: set[int], ids: Sequence[UUID]) -> list[_Candidate]:
    today = catalogue.today()
    with catalogue.sessions.read() as session:
        texts = queries.public_texts(session, ids, SEARCHED, today)
        # Where several phrases are wanted, one may stand in the title and the other in a file.
        records = queries.cards(session, ids) if len(wanted) > 1 else ()
    told = {one.id: _groups(marker, _said(one, today)) for one in records if area_of(one) == "public"}
    held = passages.hold(catalogue, marker, dict.fromkeys(checksum for those in texts.values() for checksum in those))
    found = []
    for one in told if records else texts:
        assert one is not None
        files = [held[checksum] for checksum in dict.fromkeys(texts.get(one, ()))]
        left = wanted - told.get(one, frozenset())
        found.append(_Candidate(one, files, left, iter(pages_of(marker, files, wanted))))
    return found


def _read(catalogue: Catalogue, marker: Marker, candidates: Sequence[_Candidate]) -> None:
    """Look at the pages chosen, and take off what they show."""
    named = [(one.files[place.file].checksum, place.page) for one in candidates for place in one.now]
    texts = catalogue.page_texts.some(READER_VERSION, named)
    for one in candidates:
        pages = (texts.get((one.files[place.file].checksum, place.page), "") for place in one.now)
        one.left -= _groups(marker, pages)


def _read_breaks(catalogue: Catalogue, marker: Marker, candidates: Sequence[_Candidate]) -> None:
    """Look where a page ends and the next begins, and take off what stands there."""
    breaks = [
        [(file.checksum, page) for file in one.files for page in page_breaks(marker, file, one.left)][:BREAKS]
        for one in candidates
    ]
    ends = [place for those in breaks for place in those]
    texts = catalogue.page_texts.some(READER_VERSION, [*ends, *((file, page + 1) for file, page in ends)])
    for one, those in zip(candidates, breaks, strict=True):
        one.left -= _groups(marker, (_joined(texts, file, page) for file, page in those))


def _joined(texts: Mapping[tuple[str, int], str], file: str, page: int) -> str:
    """The end of a page and the beginning of the next, without the number of the page that stands there."""
    end, begin = texts.get((file, page), ""), texts.get((file, page + 1), "")
    end = _NUMBER_AT_END.sub("", end[-BREAK_CHARACTERS:])
    return f"{end.rstrip()}\n{_NUMBER_AT_BEGIN.sub('', begin[:BREAK_CHARACTERS]).lstrip()}"


def _in_a_row(marker: Marker) -> set[int]:
    """What has words that must stand in a row: phrases, and codes that may be written with blanks."""
    return {sought.group for sought in marker.sought if sought.sequence}


def _said(record: DatasetRecord, today: dt.date) -> tuple[str, ...]:
    """What a record says of itself."""
    document = dataset_document(record, (), (), today)
    texts = (*document.titles, *document.descriptions, *document.table_of_contents, *document.keywords)
    return (*texts, *document.people, *document.identifiers, *document.other_text)


def _groups(marker: Marker, texts: Iterable[str]) -> frozenset[int]:
    """What stands in the texts."""
    return frozenset(marker.groups[match.what] for text in texts for match in marker.matches_near(text, ()))
