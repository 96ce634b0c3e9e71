"""The tables in files: searched, and told of. The whole of one is at /datastore/dump/ (web/datastore.py)."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import StringIO
from typing import Any
from uuid import UUID

from opendata.errors import NotFound
from opendata.services import tables
from opendata.services.table_query import Column, TableQuery
from opendata.services.tables import Found
from opendata.web.ckan_api.errors import ValidationError
from opendata.web.ckan_api.params import Params
from opendata.web.ckan_api.registry import Call, Json, action

MOST_ROWS = 32_000
"""Of one page, as in CKAN."""
FORMATS = ("objects", "lists", "csv", "tsv")
MOST_OFFSET = 10_000_000


@action("datastore_search", reads=True, limit="searches")
def datastore_search(call: Call) -> Json:
    """The rows of the table in a file.

    resource_id (or id); filters: {field: value, or a list of them, or {"gt": …, "lte": …}}, with "$or" and "$and";
    q: words in any field, or {field: words}; plain: yes, else & | ! and :* are understood; fields; sort: "field desc";
    distinct; limit (100, at most 32000); offset; include_total; include_next_page; records_format: objects, lists, csv
    or tsv. sheet: another table of the same file, by name or number. original: cells as they stand in the file.
    A cell that is not of its column's type comes as its text.
    """
    asked = tables.table(call.catalogue, call.actor, resource_id(call.data), call.data.text("sheet"))
    query, shape = query_of(call.data), call.data.text("records_format", "objects")
    if shape not in FORMATS:
        raise ValidationError({"records_format": [f"Must be one of {', '.join(FORMATS)}"]})
    if query.limit is None or query.limit > MOST_ROWS:
        call.cap = MOST_ROWS
        query = replace(query, limit=MOST_ROWS)
    total = call.data.boolean("include_total", True)
    found = tables.search(call.catalogue, asked, query, total=total)
    result: dict[str, Any] = {
        "resource_id": str(asked.resource_id),
        "fields": [field(one, asked.unfit) for one in found.columns],
        "records": _records(found, shape),
        "records_format": shape,
        "limit": query.limit,
        "include_total": total,
        "total_estimation_threshold": None,
    }
    if found.total is not None:
        result |= {"total": found.total, "total_was_estimated": False}
    for name, value in (("offset", query.offset), ("sort", query.sort), ("q", query.q), ("filters", query.filters)):
        if value:
            result[name] = value
    if (follow := _next_page(call.data, query, found)) is not None:
        result["next_page"] = follow
    return result


@action("datastore_info", reads=True)
def datastore_info(call: Call) -> Json:
    """What is known of the table in a file: its fields, how many rows, and the cells that are not of their type.

    id (or resource_id); sheet: another table of the same file.
    """
    asked = tables.table(call.catalogue, call.actor, resource_id(call.data), call.data.text("sheet"))
    return {
        "meta": {
            "id": str(asked.resource_id),
            "count": asked.rows,
            "table_type": "BASE TABLE",
            "aliases": [],
            "sheet": asked.sheet,
            "sheets": [{"number": number, "name": name} for number, name in asked.others],
        },
        "fields": [
            {**field(one, asked.unfit), "schema": {"native_type": str(one.type), "notnull": one.name == "_id"}}
            for one in asked.columns
        ],
        "problems": [dict(one) for one in asked.problems],
        "problems_total": sum(asked.unfit.values()),
    }


def resource_id(data: Params) -> UUID:
    """Which file is meant. NotFound for what is no id."""
    given = data.required("resource_id", "id")
    try:
        return UUID(given)
    except ValueError:
        raise NotFound(f'Resource "{given[:100]}" was not found.') from None


def query_of(data: Params) -> TableQuery:
    """What is asked. ValidationError names the parameter that is wrong."""
    q = data.json("q") if data.get("q") is not None else data.text("full_text")
    if isinstance(q, Mapping):
        if not all(isinstance(one, str | int | float) for one in q.values()):
            raise ValidationError({"q": ["Must be words, or words by field"]})
        q = {str(name): str(one) for name, one in q.items()}
    elif not isinstance(q, str | int | float):
        raise ValidationError({"q": ["Must be words, or words by field"]})
    else:
        q = str(q)[:1000]
    filters = data.json("filters")
    if isinstance(filters, str):
        raise ValidationError({"filters": ["Must be an object, or a list of objects"]})
    return TableQuery(
        filters=filters,
        q=q,
        plain=data.boolean("plain", True),
        fields=_listed(data, "fields"),
        sort=sort if isinstance(sort := data.json("sort"), str) else ", ".join(data.words("sort")),
        distinct=data.boolean("distinct"),
        limit=data.number("limit", 100),
        offset=min(data.number("offset", 0), MOST_OFFSET),
        original=data.boolean("original"),
    )


def _listed(data: Params, name: str) -> tuple[str, ...]:
    """A list, or texts between commas; what stands in quotes holds together."""
    value = data.json(name)
    if isinstance(value, str):
        return tuple(part.strip() for part in next(csv.reader([value], skipinitialspace=True), []) if part.strip())
    return tuple(data.words(name))


def field(column: Column, unfit: Mapping[str, int]) -> dict[str, Any]:
    """A column as CKAN's clients know it."""
    kind = "int" if column.name == "_id" else str(column.type)
    made: dict[str, Any] = {"id": column.name, "type": kind}
    if count := unfit.get(column.name, 0):
        made["info"] = {"unfit": count, "notes": f"{count} cells are no {column.type} and are given as they stand."}
    return made


def _records(found: Found, shape: str) -> Json:
    if shape == "objects":
        names = [one.name for one in found.columns]
        return [dict(zip(names, row, strict=True)) for row in found.rows]
    if shape == "lists":
        return [list(row) for row in found.rows]
    return delimited(found.rows, "," if shape == "csv" else "\t")


def delimited(rows: Sequence[Sequence[Any]], delimiter: str) -> str:
    """The rows as lines of text."""
    out = StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return out.getvalue()


def _next_page(data: Params, query: TableQuery, found: Found) -> dict[str, Any] | None:
    """What to send for the next page, where rows come in the order of the file: it costs no more than the first."""
    wanted = data.boolean("include_next_page", True) and not query.sort and found.last is not None
    if not wanted or not query.limit or len(found.rows) < query.limit:
        return None
    behind: dict[str, Any] = {"_id": {"gt": found.last}}
    filters = query.filters
    if isinstance(filters, dict) and set(filters) <= {"_id"}:
        filters = None if isinstance(filters.get("_id"), dict) and set(filters["_id"]) == {"gt"} else filters
    if filters:
        both = isinstance(filters, dict) and "_id" not in filters
        behind = {**filters, **behind} if both else {"$and": [_alone(filters), behind]}
    sent = {name: data.get(name) for name in data if name not in ("filters", "offset")}
    return {**sent, "filters": behind, "limit": query.limit}


def _alone(filters: Any) -> Any:
    return {"$or": filters} if isinstance(filters, list) else filters
