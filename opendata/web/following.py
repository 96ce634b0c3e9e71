"""The ways to keep a search that its page offers: its feed, its table, a short link."""

from __future__ import annotations

from dataclasses import replace

from flask import request, url_for

from opendata.search.query import SearchQuery
from opendata.services import short_links
from opendata.services.following import TABLE_SIZE
from opendata.services.results import SearchPage
from opendata.web.contexts import FollowContext
from opendata.web.feeds import in_words
from opendata.web.i18n import in_this_language, unprefixed_root
from opendata.web.identity import the_catalogue
from opendata.web.listing import query_url
from opendata.web.rendering import absolute
from opendata.web.search_table import table_url


def follow_context(found: SearchPage) -> FollowContext:
    """How the search that was made can be kept."""
    query = found.query
    whole = replace(query, page=1)
    return FollowContext(
        feed_url=in_this_language(query_url("feeds.search", whole.sorted_by(""))),
        feed_title=in_words(query, found.active),
        table_url=table_url(whole),
        further_tables=tuple((suffix.upper(), table_url(whole, suffix)) for suffix in ("xlsx", "jsonl")),
        table_rows=min(found.total, TABLE_SIZE),
        total=found.total,
        link_action=url_for("short_links.make"),
        link_fields=tuple(query.to_pairs()),
        short_link=_short_link(query),
    )


def _short_link(query: SearchQuery) -> str:
    """The link that has just been made, when the address names one and it is that of this very search; else ""."""
    code = request.args.get("link", "")
    made = bool(code) and short_links.belongs(the_catalogue(), code, query)
    return absolute(f"{unprefixed_root()}/s/{code}") if made else ""
