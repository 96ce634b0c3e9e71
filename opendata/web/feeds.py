"""Atom feeds: of any search, an agency, a topic, of all. Their entries are the same in every feed and language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from opendata.catalog import vocabularies
from opendata.catalog.licenses import get as license_of
from opendata.catalog.records import StudyRecord
from opendata.catalog.values import Localized
from opendata.errors import Invalid, NotFound, Problem
from opendata.export import atom
from opendata.search.query import SearchQuery
from opendata.services import following
from opendata.services.following import FeedEntry, FeedPage
from opendata.services.results import ActiveFilter, FileLine
from opendata.web.i18n import in_this_language, page_language, unprefixed_root
from opendata.web.identity import the_catalogue
from opendata.web.labels import label
from opendata.web.limits import limited
from opendata.web.listing import query_url
from opendata.web.rendering import absolute, plain_excerpt, shown
from opendata.web.revalidating import tag_of, unless_known
from opendata.web.sharing import shared

blueprint = Blueprint("feeds", __name__, url_prefix="/feeds")

SUMMARY_CHARACTERS = 1_000
FRESH_SECONDS = 300
"""How long a feed may be kept without asking again."""


@blueprint.get("/search.atom")
@limited("searches")
def search() -> Response:
    """What is new in a search; it takes the arguments of the search pages. `sort` changes nothing."""
    query = SearchQuery.from_args(request.args, following.FEED_SIZE)
    return _answer("feeds.search", replace(query, sort=""))


@blueprint.get("/all.atom")
@limited("searches")
def everything() -> Response:
    """What is new in the whole catalogue."""
    return _answer("feeds.everything", SearchQuery(page=_page()))


@blueprint.get("/organization/<slug>.atom")
@limited("searches")
def organization(slug: str) -> Response:
    """What is new of an agency and of those below it."""
    agency = following.agency(the_catalogue(), slug)
    query = SearchQuery(filters={"organization": (agency.slug,)}, page=_page())
    return _answer("feeds.organization", query, shown(agency.title).value, slug=agency.slug)


@blueprint.get("/<any(theme,subject):by>/<code>.atom")
@limited("searches")
def topic(by: str, code: str) -> Response:
    """What is new of a theme, or of a field of research (GRNTI) and those within it."""
    if code not in vocabularies.codes("theme" if by == "theme" else "grnti"):
        raise NotFound(f"There is no {by} {code!r}.")
    name = shown(vocabularies.text_of("theme" if by == "theme" else "grnti", code)).value
    return _answer("feeds.topic", SearchQuery(filters={by: (code,)}, page=_page()), name, by=by, code=code)


@blueprint.get("/dataset.atom")
@blueprint.get("/custom.atom")
def as_search() -> ResponseReturnValue:
    """Where CKAN has its feeds of all datasets and of a search: on to ours. Its filters have other names here."""
    pairs = [(_CKAN_FILTERS.get(name, name), value) for name, value in request.args.items(multi=True)]
    return _moved("feeds.search", [("kind", "dataset"), *(pair for pair in pairs if pair[0] not in ("kind", "sort"))])


@blueprint.get("/<any(group,tag):by>/<path:code>.atom")
def as_topic(by: str, code: str) -> ResponseReturnValue:
    """Where CKAN has its feeds of groups and tags: on to those of themes and keywords."""
    pairs = [(name, value) for name, value in request.args.items(multi=True) if name == "page"]
    if by == "tag":
        return _moved("feeds.search", [("keyword", code), ("kind", "dataset"), *pairs])
    return _moved("feeds.topic", pairs, by="theme", code=code)


_CKAN_FILTERS = {"tags": "keyword", "groups": "theme", "res_format": "format"}


def _moved(endpoint: str, pairs: list[tuple[str, str]], **address: str) -> ResponseReturnValue:
    """Invalid for a page that is none, as CKAN has it."""
    for name, value in pairs:
        if name == "page" and not (value.isascii() and value.isdecimal() and int(value[:9]) > 0):
            raise Invalid("", [Problem("page", '"page" parameter must be a positive integer', "page")])
    target = in_this_language(url_for(endpoint, **address))  # type: ignore[arg-type]
    return redirect(target + (f"?{urlencode(pairs)}" if pairs else ""), 301)


def _page() -> int:
    given = [("page", request.args.get("page", ""))]
    return SearchQuery.from_args(given, following.FEED_SIZE).page


def in_words(query: SearchQuery, active: Sequence[ActiveFilter]) -> str:
    """The search in a line: its words, then its filters, as people call them."""
    chosen: dict[str, list[str]] = {}
    for one in active:
        chosen.setdefault(one.name, []).append(shown(one.label).value)
    filters = (f"{label('facet', name)}: {', '.join(values)}" for name, values in sorted(chosen.items()))
    return " · ".join(filter(None, (query.q, *filters)))


def _answer(endpoint: str, query: SearchQuery, name: str = "", **address: str) -> Response:
    found = following.feed(the_catalogue(), query)
    name = name or in_words(query, found.active) or _("All records")
    feed = _feed(endpoint, found, name, address)
    body = atom.write(feed)
    response = Response(body, mimetype=atom.MEDIA_TYPE)
    response.content_language.add(page_language())
    response.vary.update(("Accept-Language", "Cookie"))
    response.cache_control.public = True
    response.cache_control.max_age = FRESH_SECONDS
    response.set_etag(tag_of(body))
    response.last_modified = feed.updated
    return unless_known(shared(response))


def _here(url: str) -> str:
    """The full address of a page of ours in the language of this answer."""
    return absolute(in_this_language(url))


def _feed(endpoint: str, found: FeedPage, name: str, address: dict[str, str]) -> atom.Feed:
    site = the_catalogue().config.site

    own = [] if endpoint != "feeds.search" else found.query.sorted_by("").to_pairs()

    def at(page: int) -> str:
        pairs = own + ([("page", str(page))] if page > 1 else [])
        return _here(url_for(endpoint, **address) + (f"?{urlencode(pairs)}" if pairs else ""))  # type: ignore[arg-type]

    here = found.query.page
    links = [
        atom.Link("self", at(here), atom.MEDIA_TYPE),
        atom.Link("alternate", _here(query_url("discovery.everything", found.query.sorted_by(""))), "text/html"),
        atom.Link("first", at(1), atom.MEDIA_TYPE),
        atom.Link("last", at(found.pages), atom.MEDIA_TYPE),
    ]
    links += [atom.Link("previous", at(min(here - 1, found.pages)), atom.MEDIA_TYPE)] if here > 1 else []
    links += [atom.Link("next", at(here + 1), atom.MEDIA_TYPE)] if here < found.pages else []
    return atom.Feed(
        id=at(1),
        title=f"{name} · {site.title}",
        author=site.title,
        language=page_language(),
        links=tuple(links),
        entries=tuple(_entry(entry) for entry in found.entries),
    )


def _entry(found: FeedEntry) -> atom.Entry:
    record = found.record
    kind = ("kind", "study") if isinstance(record, StudyRecord) else ("dataset_type", str(record.type))
    page = url_for("studies.page" if kind[1] == "study" else "datasets.page", slug=record.slug)
    summary = plain_excerpt(record.description, SUMMARY_CHARACTERS)
    return atom.Entry(
        id=absolute(f"{unprefixed_root()}/id/{record.id}"),
        title=shown(record.title),
        updated=record.metadata_modified or record.metadata_created or atom.BEFORE_ALL,
        published=record.metadata_created,
        summary=Localized(summary, shown(record.description).language),
        author=shown(record.organization.title) if record.organization else Localized("", ""),
        rights=_rights(found),
        categories=((kind[1], label(*kind)), *((code, label("theme", code)) for code in record.themes)),
        links=(
            atom.Link("alternate", _here(page), "text/html", hreflang=page_language()),
            *_license_link(found),
            *(_enclosure(record.slug, line) for line in found.files),
        ),
    )


def _license_id(found: FeedEntry) -> str:
    return "" if isinstance(found.record, StudyRecord) else found.record.license_id


def _rights(found: FeedEntry) -> Localized:
    known = license_of(_license_id(found))
    return shown(known.title) if known else Localized("", "")


def _license_link(found: FeedEntry) -> tuple[atom.Link, ...]:
    known = license_of(_license_id(found))
    return (atom.Link("license", known.url),) if known and known.url else ()


def _enclosure(slug: str, line: FileLine) -> atom.Link:
    """The file at our address, also where we only lead on to it: no address of others needs to be trusted."""
    file = line.resource
    url = url_for("downloads.download", slug=slug, resource_id=file.id, filename=file.filename or None)
    return atom.Link(
        "enclosure",
        absolute(f"{unprefixed_root()}{url.removeprefix(request.script_root)}"),
        file.media_type,
        shown(file.name).value or file.filename,
        length=file.byte_size,
    )
