"""What pages suggest, with its addresses."""

from __future__ import annotations

from collections.abc import Iterable

from flask import url_for

from opendata.search.query import SearchQuery
from opendata.services.related import Alike
from opendata.services.suggestions import Suggestion, Suggestions
from opendata.web.help_contexts import AlikeLink, CorrectionView, CountedLink, HelpContext, OtherWordsChip
from opendata.web.i18n import page_language
from opendata.web.labels import label
from opendata.web.listing import FIXED_KIND, query_url


def help_context(endpoint: str, query: SearchQuery, found: Suggestions) -> HelpContext:
    """What was found to suggest on the search page of `endpoint`."""
    correction, layout = found.correction, found.other_layout
    return HelpContext(
        correction=CorrectionView(
            correction.pieces, query_url(endpoint, correction.suggestion.query), correction.suggestion.total
        )
        if correction
        else None,
        also_on=tuple(OtherWordsChip(one, query_url(endpoint, query.without_also(one))) for one in query.also),
        also_offered=tuple(
            OtherWordsChip(
                one.text,
                query_url(endpoint, one.query),
                label("language", one.language),
                one.language if one.language != page_language() else "",
            )
            for one in found.also
        ),
        words=tuple(_link(endpoint, one, one.name) for one in found.words),
        without=tuple(_link(endpoint, one, label("facet", one.name)) for one in found.without),
        other_layout=_link(endpoint, layout, layout.query.q) if layout else None,
    )


def _link(endpoint: str, suggestion: Suggestion, words: str) -> CountedLink:
    if suggestion.name == "kind" and endpoint in FIXED_KIND:
        endpoint = "discovery.everything"
    return CountedLink(words, query_url(endpoint, suggestion.query) if suggestion.total else "", suggestion.total)


def alike_links(found: Iterable[Alike]) -> tuple[AlikeLink, ...]:
    """Records on the same subject with their addresses."""
    return tuple(
        AlikeLink(
            one.title,
            url_for("studies.page" if one.kind == "study" else "datasets.page", slug=one.slug),
            label("dataset_type", one.type) if one.type else label("kind", one.kind),
            one.year,
        )
        for one in found
    )
