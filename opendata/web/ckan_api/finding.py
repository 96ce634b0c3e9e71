"""Looking for datasets and files by a part of a name or of a field."""

from __future__ import annotations

from opendata.export import ckan
from opendata.services import ckan_finding
from opendata.web.ckan_api.errors import ValidationError
from opendata.web.ckan_api.paging import MOST_NAMES, bounded
from opendata.web.ckan_api.registry import Call, Json, action


@action("package_autocomplete", reads=True, limit="completions", kept=True)
def package_autocomplete(call: Call) -> Json:
    """Datasets whose name begins as what was typed, or with its words in their title.

    q: what was typed. limit: 10 unless said otherwise. Each is {name, title, match_field, match_displayed}.
    """
    return _completed(call, call.data.required("q"), 10)


def _completed(call: Call, typed: str, default: int) -> list[dict[str, str]]:
    found = ckan_finding.named(call.catalogue, typed, bounded(call, "limit", default, MOST_NAMES))
    language = call.site.language
    return [
        {
            "name": name,
            "title": (shown := title.show(language).value),
            "match_field": "name" if by_name else "title",
            "match_displayed": name if by_name else f"{shown} ({name})",
        }
        for name, title, by_name in found
    ]


@action("resource_search", reads=True, limit="searches", kept=True)
def resource_search(call: Call) -> Json:
    """Files of public datasets: {count, results}.

    query: "field:part of its value", or a list of such, which must all hold; letter case does not count, a hash is
    looked for by its beginning. The fields: name, description, format, mimetype, id, package_id, position, url, hash,
    size. order_by: one of them. limit, offset: a part of them, of 1000 at most.
    """
    words = call.data.words("query")
    if not words:
        raise ValidationError({"query": ["Missing value"]})
    terms = [_term(word) for word in words[:10]]
    order = call.data.text("order_by")
    if order and order not in ckan_finding.searchable():
        raise ValidationError({"order_by": [f'Field "{order[:100]}" not recognised in resource_search.']})
    limit = bounded(call, "limit", MOST_NAMES, MOST_NAMES)
    total, found = ckan_finding.files(call.catalogue, terms, order, limit, call.data.number("offset", 0))
    results = [ckan.resource(one, shown.record, call.site) for shown, one in found]
    for made, (shown, _) in zip(results, found, strict=True):
        ckan.mark_tables([made], shown.tables)
    return {"count": total, "results": results}


def _term(word: str) -> tuple[str, str]:
    field, colon, term = word.partition(":")
    if not colon:
        raise ValidationError({"query": ["Must be <field>:<value> pair(s)"]})
    if field.strip() not in ckan_finding.searchable():
        raise ValidationError({"query": [f'Field "{field[:100]}" not recognised in resource_search.']})
    return field.strip(), term.strip()
