"""The whole table of a file, or what was asked for of it, as CSV, TSV, JSON or XML, made while it is read."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID
from xml.sax.saxutils import escape, quoteattr

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from opendata.catalog.xmltext import clean
from opendata.errors import Invalid
from opendata.services import tables
from opendata.services.table_query import Column
from opendata.services.tables import Table
from opendata.web.api.asking import wrong
from opendata.web.ckan_api.datastore import delimited, field, query_of
from opendata.web.ckan_api.errors import ValidationError
from opendata.web.ckan_api.params import Params
from opendata.web.downloads import disposition
from opendata.web.identity import actor, the_catalogue
from opendata.web.limits import limited
from opendata.web.revalidating import tag_of
from opendata.web.sharing import shared

blueprint = Blueprint("datastore", __name__)

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "xml": "text/xml; charset=utf-8",
}
BOM = "\N{BYTE ORDER MARK}"
PIECE = 500
"""Rows in one piece of the answer."""

Rows = Iterator[Sequence[Any]]


@blueprint.get("/datastore/dump/<uuid:resource_id>")
@limited("downloads")
def dump(resource_id: UUID) -> ResponseReturnValue:
    """The rows of a table in the order of the file, or as `sort` says; `filters`, `q`, `fields`, `limit`, `offset` as
    in datastore_search; `format` is csv, tsv, json or xml, `bom` puts a byte order mark before it.
    """
    shape = request.args.get("format", "csv").lower()
    if shape not in TYPES:
        raise wrong("format", f"“format” must be one of {', '.join(TYPES)}.")
    asked = tables.table(the_catalogue(), actor(), resource_id, request.args.get("sheet", ""))
    etag = tag_of(f"{asked.key} {asked.unfit} {request.query_string!r}")
    if request.if_none_match.contains(etag):
        return _with_headers(Response(status=304), asked, etag)
    data = Params({**request.args.to_dict(), "limit": request.args.get("limit") or 10**12})
    try:
        columns, rows = tables.dump(the_catalogue(), asked, query_of(data))
        with_bom = data.boolean("bom")
        first = list(itertools.islice(rows, 1))  # what is wrong is told before anything is sent
    except ValidationError as error:
        raise Invalid(error.message) from None
    pieces = _WRITERS[shape](columns, itertools.chain(first, rows), asked)
    if with_bom and shape != "json":
        pieces = itertools.chain([BOM], pieces)
    response = Response((piece.encode() for piece in pieces), content_type=TYPES[shape])
    response.call_on_close(lambda: _close(rows))
    response.headers["Content-Disposition"] = disposition(f"{_stem(asked)}.{shape}", inline=False)
    return _with_headers(response, asked, etag)


def _with_headers(response: Response, asked: Table, etag: str) -> Response:
    """Asked again, it is the same as long as the bytes of the file are; whether it is open is looked at each time."""
    response.vary.update(("Authorization", "X-CKAN-API-Key", "Cookie"))
    response.headers["Cache-Control"] = "public, no-cache" if asked.public else "private, no-store"
    if asked.public:
        shared(response).set_etag(etag)
    return response


def _close(rows: Rows) -> None:
    """End the reading where the reader has gone."""
    if close := getattr(rows, "close", None):
        close()


def _stem(asked: Table) -> str:
    stem = asked.filename.rpartition(".")[0] or asked.filename or str(asked.resource_id)
    return f"{stem}-{asked.sheet}" if asked.number and asked.sheet else stem


def _delimited(delimiter: str) -> Callable[[Sequence[Column], Rows, Table], Iterator[str]]:
    def write(columns: Sequence[Column], rows: Rows, _asked: Table) -> Iterator[str]:
        yield delimited([[one.name for one in columns]], delimiter)
        while piece := list(itertools.islice(rows, PIECE)):
            yield delimited(piece, delimiter)

    return write


def _json(columns: Sequence[Column], rows: Rows, asked: Table) -> Iterator[str]:
    fields = json.dumps([field(one, asked.unfit) for one in columns], ensure_ascii=False)
    yield f'{{\n  "fields": {fields},\n  "records": ['
    before = "\n    "
    while piece := list(itertools.islice(rows, PIECE)):
        yield before + ",\n    ".join(json.dumps(row, ensure_ascii=False) for row in piece)
        before = ",\n    "
    yield "\n]}\n"


def _xml(columns: Sequence[Column], rows: Rows, _asked: Table) -> Iterator[str]:
    """An element for each cell, called as its column where that is a name in XML, else `column` with its name."""
    yield '<?xml version="1.0" encoding="utf-8"?>\n<data>\n'
    tags = [_tag(one.name) for one in columns]
    while piece := list(itertools.islice(rows, PIECE)):
        yield "".join(_xml_row(columns, tags, row) for row in piece)
    yield "</data>\n"


def _xml_row(columns: Sequence[Column], tags: Sequence[tuple[str, str]], row: Sequence[Any]) -> str:
    place, cells = "", []
    for column, (name, attribute), cell in zip(columns, tags, row, strict=True):
        if column.name == "_id":
            place = f' _id="{cell}"'
        elif cell is None:
            cells.append(f'<{name}{attribute} xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>')
        else:
            cells.append(f"<{name}{attribute}>{escape(clean(str(cell)))}</{name}>")
    return f"<row{place}>{''.join(cells)}</row>\n"


def _tag(name: str) -> tuple[str, str]:
    if re.fullmatch(r"[^\W\d][\w.-]*", name) and not name.lower().startswith("xml"):
        return name, ""
    return "column", f" name={quoteattr(clean(name))}"


_WRITERS = {"csv": _delimited(","), "tsv": _delimited("\t"), "json": _json, "xml": _xml}
