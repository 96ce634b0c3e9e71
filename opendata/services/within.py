"""Search within one document: every page of its files that holds the words, with a passage of each, leaf by leaf."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from opendata.catalog.records import ResourceRecord
from opendata.errors import NotFound
from opendata.search.choosing import Held, pages_with_most, place_of, places
from opendata.search.marking import Marker
from opendata.search.query import SearchQuery
from opendata.services import datasets, passages
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.markers import marker_of
from opendata.services.reading import READER_VERSION
from opendata.services.results import InsidePage, Within

LEAF = 20
"""Pages with hits that are listed at once."""
PAGES_PROVED = 200
"""Pages that are read where page keys cannot say what stands on them; beyond, the answer says "at least"."""


def inside_page(catalogue: Catalogue, actor: Actor, dataset_name: str, words: SearchQuery, leaf: int = 1) -> InsidePage:
    """Where the words of a search stand in all files of a dataset that the actor may have. NotFound for no such leaf.

    Its filters and order say nothing here.
    """
    dataset = datasets.record(catalogue, actor, dataset_name)
    today = catalogue.today()
    lines = (datasets.file_line(resource, dataset, actor, today) for resource in dataset.resources)
    resources = [line.resource for line in lines if line.available and line.resource.stored]
    return InsidePage(dataset, words, find(catalogue, resources, marker_of(catalogue, words), leaf))


def find(catalogue: Catalogue, resources: Sequence[ResourceRecord], marker: Marker, leaf: int = 1) -> Within:
    """The pages of these files that hold all the words, else those with any, in the order of reading."""
    files_of = list({resource.checksum: resource for resource in reversed(resources)}.values())[::-1]
    held = passages.hold(catalogue, marker, [resource.checksum for resource in files_of])
    files = [held[resource.checksum] for resource in files_of if resource.checksum in held]
    if marker.unsure or not all(file.exact for file in files):
        pages, everything, at_least = _proved(catalogue, marker, files)
    else:
        (pages, everything), at_least = pages_with_most(marker, files), False
    leaves = max(1, -(-len(pages) // LEAF))
    if not 1 <= leaf <= leaves:
        raise NotFound(f"There are {leaves} lists of pages; there is no list {leaf}.")
    listed = pages[(leaf - 1) * LEAF : leaf * LEAF]
    wanted = [place_of(marker, files, file, page) for file, page in listed]
    texts = catalogue.page_texts.some(READER_VERSION, [(files[one.file].checksum, one.page) for one in wanted])
    found = passages.read(marker, files, wanted, texts)
    numbers: dict[str, tuple[int, ...]] = {}
    for file, page in pages:
        numbers[files[file].checksum] = (*numbers.get(files[file].checksum, ()), page)
    return Within(
        passages=tuple(passages.passage(files_of[one.place.file], one) for one in found),
        numbers=numbers,
        leaf=leaf,
        leaves=leaves,
        everything=everything,
        at_least=at_least,
    )


def _proved(catalogue: Catalogue, marker: Marker, files: Sequence[Held]) -> tuple[list[tuple[int, int]], bool, bool]:
    """(place of the file, page) of those that hold it indeed; whether all words; whether some were not read."""
    in_order = places(marker, files)
    wanted = list(islice(in_order, PAGES_PROVED))
    texts = catalogue.page_texts.some(READER_VERSION, [(files[one.file].checksum, one.page) for one in wanted])
    found = list(passages.read(marker, files, wanted, texts))
    everything = any(len(one.groups) == marker.size for one in found)
    least = marker.size if everything else 1
    pages = sorted((one.place.file, one.place.page) for one in found if len(one.groups) >= least)
    return pages, everything, next(in_order, None) is not None
