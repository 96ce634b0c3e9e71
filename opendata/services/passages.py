"""Where in its files a record was found: the best passages with file and page, and how many pages and files hold it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from opendata.catalog.records import DatasetRecord, ResourceRecord, StudyRecord
from opendata.errors import NotFound
from opendata.search.choosing import Held, Place, held_by_keys, held_by_text, pages_with_most, places
from opendata.search.marking import PASSAGE_SPANS, WHOLE_CHARACTERS, Marker, Match
from opendata.search.passages import Cut, cut
from opendata.services import pagekeys
from opendata.services.catalogue import Catalogue
from opendata.services.indexing import SEARCHED
from opendata.services.reading import READER_VERSION
from opendata.services.results import Inside, Passage

PASSAGES = 5
"""Most passages of one hit. Tables and forms repeat themselves: of three, one in eighteen misses the right page."""
PAGES_READ = 3
"""Pages of a hit that are read, where page keys say on which of them the words stand closest together."""
FIRST_HITS, PAGES_OF_FIRST = 5, 16
"""The first hits are looked at closely: of pages that are alike to page keys, the text tells which is best."""
PAGES_PROVED = 40
"""Pages of a hit that are read where a phrase must be proved, or where nothing but the text says what they hold."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page that was read: where it is, its best stretch, and all that stands on it."""

    place: Place
    best: Cut
    groups: frozenset[int]


@dataclass(slots=True)
class _Hit:
    """What is known of a record while its passages are chosen; `wanted` are the pages that are read for that."""

    resources: list[ResourceRecord]
    files: list[Held]
    wanted: list[Place]
    more: bool
    """Whether other pages may hold something too."""


def is_readable(resource: ResourceRecord, today: dt.date) -> bool:
    """Whether the public may read the text of this file, and there is any."""
    return resource.stored and resource.text.status in SEARCHED and resource.disclosure.is_open(today)


def of_records(
    catalogue: Catalogue, records: Iterable[DatasetRecord | StudyRecord], marker: Marker
) -> list[Inside | None]:
    """For each record where it was found inside the files that the public may read today; None where it was not."""
    today = catalogue.today()
    readable = [
        [file for file in record.resources if is_readable(file, today)] if isinstance(record, DatasetRecord) else []
        for record in records
    ]
    held = hold(catalogue, marker, dict.fromkeys(file.checksum for files in readable for file in files))
    hits = [
        _hit(marker, files, held, PAGES_OF_FIRST if place < FIRST_HITS else PAGES_READ)
        for place, files in enumerate(readable)
    ]
    wanted = [(hit.files[place.file].checksum, place.page) for hit in hits for place in hit.wanted]
    texts = catalogue.page_texts.some(READER_VERSION, wanted)
    return [_inside(marker, hit, list(read(marker, hit.files, hit.wanted, texts))) for hit in hits]


def hold(catalogue: Catalogue, marker: Marker, checksums: Collection[str]) -> dict[str, Held]:
    """What the pages of these files hold, by checksum: by page keys, else by the beginnings of words in the text."""
    if not marker:
        return {}
    keys = pagekeys.of_files(catalogue, checksums)
    found: dict[str, Held] = {}
    for checksum in checksums:
        texts = partial(all_pages, catalogue, checksum)
        known = keys.get(checksum)
        if known:
            found[checksum] = held_by_keys(checksum, marker, known, texts)
        else:
            found[checksum] = held_by_text(checksum, marker, texts())
    return found


def all_pages(catalogue: Catalogue, checksum: str) -> tuple[str, ...]:
    """The text of a file; none where it is not read yet."""
    try:
        return catalogue.page_texts.pages(checksum, READER_VERSION)
    except NotFound:
        return ()


def read(
    marker: Marker, files: Sequence[Held], wanted: Iterable[Place], texts: Mapping[tuple[str, int], str]
) -> Iterator[Found]:
    """Those of the pages that hold something indeed."""
    for place in wanted:
        file = files[place.file]
        text = texts.get((file.checksum, place.page), "")
        matches = _matches(marker, text, file, place)
        best = cut(marker, text, matches)
        if best:
            yield Found(place, best, frozenset(marker.groups[match.what] for match in matches))


def _matches(marker: Marker, text: str, file: Held, place: Place) -> list[Match]:
    """Where the words stand on a page; what page keys say of it must be found."""
    if not file.exact and len(text) <= WHOLE_CHARACTERS:
        return marker.matches(text)
    return marker.matches_near(text, place.things - marker.unsure, PASSAGE_SPANS)


def _hit(marker: Marker, readable: Sequence[ResourceRecord], held: Mapping[str, Held], pages: int) -> _Hit:
    # A file that a record has twice is one file.
    resources = list({resource.checksum: resource for resource in reversed(readable)}.values())[::-1]
    files = [held[resource.checksum] for resource in resources if resource.checksum in held]
    in_order = places(marker, files)
    exact = all(file.exact for file in files)
    wanted = list(islice(in_order, pages if exact and not marker.unsure else PAGES_PROVED))
    return _Hit(resources, files, wanted, more=next(in_order, None) is not None)


def _inside(marker: Marker, hit: _Hit, found: Sequence[Found]) -> Inside | None:
    if not found:
        return None
    if marker.unsure or not all(file.exact for file in hit.files):
        most = marker.size if any(len(one.groups) == marker.size for one in found) else 1
        pages = [(one.place.file, one.place.page) for one in found if len(one.groups) >= most]
        everything, at_least = most == marker.size, hit.more
    else:
        (pages, everything), at_least = pages_with_most(marker, hit.files), False
    return Inside(
        passages=tuple(passage(hit.resources[one.place.file], one) for one in _chosen(marker, found)),
        files=len({file for file, _page in pages}),
        pages=len(pages),
        everything=everything,
        at_least=at_least,
    )


def _chosen(marker: Marker, found: Sequence[Found]) -> Iterator[Found]:
    """The best passages: each from another page, saying something new where it can, none that says little beside it."""
    left, shown, texts = list(found), set[int](), set[str]()
    least = 0
    for _ in range(PASSAGES):
        left = [one for one in left if one.best.text not in texts and len(one.groups) >= least]
        if not left:
            return
        best = max(left, key=lambda one: (len(one.groups), len(one.groups - shown), *one.best.rank))
        least = least or min(len(best.groups), (marker.size + 1) // 2)
        shown |= best.groups
        texts.add(best.best.text)
        yield best


def passage(resource: ResourceRecord, found: Found) -> Passage:
    """The passage as it is shown. `page` is 0 where the format has none."""
    assert resource.id is not None
    return Passage(
        resource_id=resource.id,
        resource_name=resource.name,
        filename=resource.filename,
        format=resource.format,
        page=found.place.page if resource.text.pages_total > 0 else 0,
        pieces=found.best.pieces,
        viewable=resource.stored and resource.media_type == "application/pdf",
    )
