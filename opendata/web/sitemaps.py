"""What crawlers and browsers ask for once: sitemaps of all pages in all languages, and how this site is searched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from flask import Blueprint, Response, jsonify, request, url_for

from opendata.export.sheets import gathered
from opendata.search.arguments import clean
from opendata.services import completing, sitemaps
from opendata.web.i18n import in_this_language, offered, page_language
from opendata.web.identity import the_catalogue
from opendata.web.limits import limited
from opendata.web.rendering import absolute
from opendata.web.revalidating import streamed, tag_of, tagged, unless_known
from opendata.web.this_site import the_site

blueprint = Blueprint("sitemaps", __name__)

PAGES = ("/", "/dataset/", "/study/", "/organization/", "/about", "/terms", "/privacy", "/accessibility")
"""Pages that are always there."""
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SITEMAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"
_OPENSEARCH = "http://a9.com/-/spec/opensearch/1.1/"
_SHORT = 16
"""Characters of a name in OpenSearch 1.1."""

Place = tuple[str, dt.datetime | None]
"""A path below the site without a language, and when its page was last changed."""


@blueprint.get("/sitemap.xml")
def index() -> Response:
    """Where the sitemaps are (sitemaps.org)."""
    root = the_site().url
    names = ["pages", *(f"{kind}-{n}" for kind, n in _numbered())]
    listed = "".join(f"<sitemap><loc>{escape(root)}/sitemap/{name}.xml</loc></sitemap>" for name in names)
    return _xml(f'{_HEAD}<sitemapindex xmlns="{_SITEMAPS}">{listed}</sitemapindex>\n')


def _numbered() -> Iterator[tuple[str, int]]:
    for kind, files in sitemaps.files(the_catalogue()).items():
        yield from ((kind, number) for number in range(1, files + 1))


@blueprint.get("/sitemap/pages.xml")
def pages() -> Response:
    """The pages of the site itself and of all agencies."""
    agencies = (f"/organization/{slug}" for slug in sitemaps.agencies(the_catalogue()))
    return _listed([(path, None) for path in (*PAGES, *agencies)])


@blueprint.get("/sitemap/<any(dataset,study):kind>-<int(min=1,max=100000):number>.xml")
@limited("downloads")
def records(kind: str, number: int) -> Response:
    """The pages of records; no more than sitemaps.PER_FILE of them."""
    found = sitemaps.records(the_catalogue(), kind, number)
    return _listed([(f"/{kind}/{slug}", changed) for slug, changed in found])


def _listed(places: list[Place]) -> Response:
    """The sitemap of these pages in every language, sent while it is written, unless the asker has it already."""
    root, languages = the_site().url, offered()
    response = tagged(Response(mimetype="application/xml"), tag_of(repr((root, languages, places))))
    return streamed(response, lambda: gathered(_urlset(places, root, languages)))


def _urlset(places: Iterable[Place], root: str, languages: tuple[str, ...]) -> Iterator[bytes]:
    """Each page once a language, naming all the others, as search engines want it."""
    yield f'{_HEAD}<urlset xmlns="{_SITEMAPS}" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'.encode()
    for path, changed in places:
        lastmod = f"<lastmod>{changed.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}</lastmod>" if changed else ""
        urls = [(code, escape(f"{root}/{code}{path}")) for code in languages]
        others = "".join(
            f'<xhtml:link rel="alternate" hreflang="{code}" href={quoteattr(url)}/>'
            for code, url in (*urls, ("x-default", escape(f"{root}{path}")))
        )
        yield "".join(f"<url><loc>{url}</loc>{lastmod}{others}</url>\n" for _, url in urls).encode()
    yield b"</urlset>\n"


@blueprint.get("/opensearch.xml")
def opensearch() -> Response:
    """How this site is searched, in this language, for browsers and programs (OpenSearch 1.1)."""
    site = the_site()
    templates = (
        ("text/html", "results", f"{_address('discovery.everything')}?q={{searchTerms}}&page={{startPage?}}"),
        ("application/atom+xml", "results", f"{_address('feeds.search')}?q={{searchTerms}}&page={{startPage?}}"),
        ("application/x-suggestions+json", "suggestions", f"{_address('sitemaps.suggest')}?q={{searchTerms}}"),
        ("application/opensearchdescription+xml", "self", _address("sitemaps.opensearch")),
    )
    urls = "".join(
        f'<Url type="{kind}" rel="{rel}" template={quoteattr(template)}/>' for kind, rel, template in templates
    )
    contact = f"<Contact>{escape(site.contact_email)}</Contact>" if "@" in site.contact_email else ""
    icon = escape(f"{site.url}/favicon.ico")
    return _xml(
        f'{_HEAD}<OpenSearchDescription xmlns="{_OPENSEARCH}"><ShortName>{escape(site.title[:_SHORT])}</ShortName>'
        f"<LongName>{escape(site.title[:48])}</LongName>"
        f"<Description>{escape(site.description.show(page_language()).value[:1024])}</Description>{contact}{urls}"
        f'<Image height="16" width="16" type="image/x-icon">{icon}</Image><Language>{page_language()}</Language>'
        "<InputEncoding>UTF-8</InputEncoding><OutputEncoding>UTF-8</OutputEncoding></OpenSearchDescription>\n",
        "application/opensearchdescription+xml",
    )


@blueprint.get("/search/suggest")
@limited("completions")
def suggest() -> Response:
    """What the search box would offer, as browsers' address bars want it: words, choices, notes, addresses."""
    typed = clean(request.args.get("q", ""))
    found = [item for group in completing.complete(the_catalogue(), typed) for item in group.items]
    choices = list(dict.fromkeys("".join(piece.text for piece in item.label) for item in found))
    response = jsonify([typed, choices])
    response.mimetype = "application/x-suggestions+json"
    response.cache_control.no_store = True
    return response


def _address(endpoint: str) -> str:
    return absolute(in_this_language(url_for(endpoint)))


def _xml(body: str, media_type: str = "application/xml") -> Response:
    return unless_known(tagged(Response(body, mimetype=media_type), tag_of(body)))
