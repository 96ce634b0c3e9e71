"""Where a search leads that is the name of one record: straight to its page."""

from __future__ import annotations

from flask import url_for

from opendata.search.query import SearchQuery
from opendata.services.direct import direct
from opendata.web.identity import actor, the_catalogue
from opendata.web.listing import FIXED_KIND

PAGES = {"dataset": "datasets.page", "study": "studies.page"}


def named_url(endpoint: str, query: SearchQuery) -> str:
    """The page of the one record that the words name; "" with filters, on later pages, and where `exact` is asked."""
    if not query.q or query.filters or query.also or query.sort or query.page > 1 or query.exact:
        return ""
    found = direct(the_catalogue(), actor(), query.q)
    if found is None or FIXED_KIND.get(endpoint, found.kind) != found.kind:
        return ""
    return url_for(PAGES[found.kind], slug=found.slug)
