"""Passages as pages show them: with the addresses of the page of text and of the file opened at that page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import url_for

from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.search.query import SearchQuery
from opendata.services.results import Inside, Passage

if TYPE_CHECKING:
    from opendata.web.contexts import Pagination  # which needs these


@dataclass(frozen=True, slots=True)
class PassageView:
    """A passage. `url` is its page of text with the words marked, `original_url` the file itself at that page or "".

    `page` is 0 where the file has one page only: a table or a text has none that a reader could turn to.
    """

    passage: Passage
    url: str
    original_url: str = ""
    page: int = 0
    language: str = ""


@dataclass(frozen=True, slots=True)
class InsideView:
    """Where a record was found inside its files; `all_url` lists every page."""

    inside: Inside
    passages: tuple[PassageView, ...]
    all_url: str = ""


@dataclass(frozen=True, slots=True)
class HitList:
    """The pages that hold the words, with their passages, one leaf of them; the first is the `first`-th of `total`."""

    passages: tuple[PassageView, ...]
    total: int
    first: int
    files: int
    everything: bool
    at_least: bool
    pagination: Pagination | None


@dataclass(frozen=True, slots=True)
class InsideContext:
    """datasets/inside.html: a search within all files of a dataset; `list` is None before words are given."""

    dataset: DatasetRecord
    q: str
    dataset_url: str
    form_url: str
    list: HitList | None


def asked(words: SearchQuery) -> dict[str, Any]:
    """The words of a search as arguments of an address within one record."""
    return {"q": words.q or None, "also": list(words.also) or None, "exact": "1" if words.exact else None}


def passage_view(slug: str, passage: Passage, resources: Iterable[ResourceRecord], words: SearchQuery) -> PassageView:
    """A passage of one of the files of the dataset `slug`."""
    file = next((one for one in resources if one.id == passage.resource_id), None)
    several = file is None or file.text.pages_total != 1
    arguments = {"page": passage.page or None, **asked(words)}
    named = {"slug": slug, "resource_id": passage.resource_id}
    download = {**named, "filename": passage.filename or None, "inline": "1"}
    anchor = f"#page={passage.page}" if passage.page else ""
    return PassageView(
        passage=passage,
        url=url_for("datasets.file", _anchor=None if several else "hit-1", **named, **arguments),  # type: ignore[arg-type]
        original_url=url_for("downloads.download", **download) + anchor if passage.viewable else "",  # type: ignore[arg-type]
        page=passage.page if several else 0,
        language=(file.text.language or file.language) if file else "",
    )


def inside_view(slug: str, inside: Inside, resources: tuple[ResourceRecord, ...], words: SearchQuery) -> InsideView:
    """What a card says of the inside of its files."""
    views = tuple(passage_view(slug, one, resources, words) for one in inside.passages)
    return InsideView(inside, views, url_for("datasets.inside", slug=slug, **asked(words)) if words.q else "")
