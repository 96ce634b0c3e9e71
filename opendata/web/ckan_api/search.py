"""package_search: the parameters that CKAN takes, and its answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from flask import current_app

from opendata.catalog.licenses import get as license_of
from opendata.search.boolean import SearchQueryError
from opendata.search.index import FacetCount
from opendata.services import ckan_lists, ckan_search
from opendata.services.ckan_search import SearchRequest
from opendata.services.versions import Kept
from opendata.web.ckan_api import pieces
from opendata.web.ckan_api.errors import SearchError, ValidationError
from opendata.web.ckan_api.packages_read import packages_of
from opendata.web.ckan_api.params import Params
from opendata.web.ckan_api.registry import Call, Json, action

OURS = ("q", "fq", "fq_list", "rows", "start", "sort", "fl", "facet", "facet.field", "facet.limit", "facet.mincount",
        "include_private", "include_drafts", "include_deleted", "after")  # fmt: skip
PASSED_OVER = ("use_default_schema", "extras", "qf", "bf", "boost", "tie", "defType", "mm", "wt", "df", "qt", "q.op",
               "site_id", "fields", "include_plugin_data", "bq", "debugQuery")  # fmt: skip
"""What CKAN's clients send for its engine, or for plugins; what starts with ext_ or facet. is passed over too."""
KEPT_BYTES = 100_000
"""What the titles of agencies and groups may take, which are as many as those."""
_SEPARATOR = re.compile(r"[\s,]+")


@action("package_search", reads=True, limit="searches", kept=True, waits=True)
def package_search(call: Call) -> Json:
    """Datasets that are found by words and filters.

    q: words, "phrases", field:value, AND, OR, NOT, brackets, [from TO to], wildcards. fq, fq_list: filters of that
    form, which must all hold. rows: 10 unless said otherwise, 1000 at most. start; or after: the `next` of the answer
    before. sort: "field asc, field desc". fl: these fields alone. facet.field: a list of fields to count;
    facet.limit: values of each (50, -1 for all); facet.mincount. include_private, include_drafts, include_deleted: also
    what is not public, or was withdrawn, as far as the asker may see it.
    """
    data = call.data
    _refuse_unknown(data)
    request = SearchRequest(
        q=_query(data, "q"),
        fq=_query(data, "fq"),
        fq_list=tuple(data.words("fq_list")),
        rows=data.number("rows", 10),
        start=data.number("start", 0),
        sort=data.text("sort"),
        facets=_facets(data),
        facet_limit=data.number("facet.limit", 50, least=-1),
        facet_mincount=data.number("facet.mincount", 1),
        include_private=data.boolean("include_private"),
        include_drafts=data.boolean("include_drafts"),
        include_deleted=data.boolean("include_deleted"),
        after=data.text("after"),
    )
    settled = bool(call.version)  # an answer that is kept was waited for before its version was asked
    found = ckan_search.find(call.catalogue, call.actor, request, settled=settled)
    if "rows" in found.capped:
        call.cap = ckan_search.MAX_ROWS
    call.next = found.next
    fields = _fields(data)
    answer: dict[str, Any] = {
        "count": found.count,
        "facets": {name: {one.value: one.count for one in values} for name, values in found.facets.items()},
        "results": _results(call, found.ids, fields, withdrawn=request.include_deleted),
        "sort": found.sort,
        "search_facets": _search_facets(call, found.facets),
    }
    if found.next:
        answer["next"] = found.next
    return answer


def _results(call: Call, ids: Sequence[UUID], fields: Sequence[str], *, withdrawn: bool) -> Json:
    """The packages in order; written already where the answer is one that is kept."""
    if call.version and not fields:
        return call.place(pieces.as_list(pieces.for_call(call, ids, partial(packages_of, call))))
    found = packages_of(call, ids, withdrawn=withdrawn)
    packages = [found[key] for key in ids if key in found]
    return [_only(one, fields) for one in packages] if fields else packages


def _refuse_unknown(data: Params) -> None:
    unknown = [
        name
        for name in data
        if name not in OURS and name not in PASSED_OVER and not name.startswith(("ext_", "facet."))
    ]
    if unknown:
        raise SearchQueryError(f"Invalid search parameters: {sorted(unknown)}"[:500])
    for name, value in data.items():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, str) and part.lstrip().startswith("{!"):
                raise SearchError(f"Local parameters are not supported in {name!r}.")


def _query(data: Params, name: str) -> str:
    """Words or filters; several of one name must all hold."""
    value = data.get(name)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return " AND ".join(f"({one})" for one in value if one.strip())
    return data.text(name)


def _facets(data: Params) -> tuple[str, ...]:
    if not data.boolean("facet", True):
        return ()
    value = data.json("facet.field")
    if value in (None, ""):
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        reason = "Could not parse as valid JSON" if isinstance(value, str) else "Not a list of strings"
        raise ValidationError({"facet.field": [reason]})
    return tuple(dict.fromkeys(value))


def _fields(data: Params) -> list[str]:
    """The fields that are wanted; none for all."""
    words = [part for word in data.words("fl") for part in _SEPARATOR.split(word) if part]
    return [] if "*" in words else words


def _only(package: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """What CKAN's engine keeps of a dataset under these names: lists of names instead of objects, extras by key."""
    kept: dict[str, Any] = {one["key"]: one["value"] for one in package["extras"]} | dict(package)
    kept["tags"] = [one["name"] for one in package["tags"]]
    kept["groups"] = [one["name"] for one in package["groups"]]
    kept["organization"] = package["organization"]["name"] if package["organization"] else None
    for name in ("format", "name", "url", "description"):
        kept[f"res_{name}"] = [one[name] for one in package["resources"]]
    kept |= {"dataset_type": package["type"], "capacity": "private" if package["private"] else "public"}
    return {name: kept[name] for name in fields if name in kept}


def _search_facets(call: Call, facets: Mapping[str, tuple[FacetCount, ...]]) -> dict[str, Any]:
    """The same counts with the names that people read, in CKAN's order: by these, the last first."""
    made: dict[str, Any] = {}
    for field, values in facets.items():
        names = _display_names(call, field, [one.value for one in values])
        items = [
            {"name": one.value, "display_name": names.get(one.value) or one.value, "count": one.count} for one in values
        ]
        made[field] = {"title": field, "items": sorted(items, key=lambda one: str(one["display_name"]), reverse=True)}
    return made


def _display_names(call: Call, field: str, values: list[str]) -> dict[str, str]:
    if field == "license_id":
        return {one: found.title.show("en").value for one in values if (found := license_of(one))}
    return _titles(call, field, values) if field in ("organization", "groups") else {}


def _titles(call: Call, field: str, values: list[str]) -> dict[str, str]:
    """Titles by name, of these values and perhaps of others; those that an answer of this version had are known."""
    kept: Kept[dict[str, str]] = current_app.extensions.setdefault("ckan_titles", Kept(KEPT_BYTES, len))
    known = kept.get(call.version, (field, ""), dict) if call.version else {}
    if missing := [one for one in values if one not in known]:
        found = ckan_lists.titles(call.catalogue, field, missing)
        known.update({name: title.show(call.site.language).value for name, title in found.items()})
    return known
