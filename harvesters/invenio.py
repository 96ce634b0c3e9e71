"""Harvests an Invenio repository (InvenioRDM, Zenodo) through its REST API, in the order in which records were made.

Written from the published documentation (https://inveniordm.docs.cern.ch/reference/rest_api_index/ and
https://developers.zenodo.org). A search gives its first 10,000 records only, so the walk begins a new one, from the
last record's time, before it gets there.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from harvesters.datacite_record import datacite_record
from harvesters.datacite_values import text
from harvesters.invenio_values import files_of, values_of
from harvesters.links import source_address
from harvesters.record_pages import RAW_TYPE, Api, Item, Page, raw_of, walk
from opendata.errors import Problem, SourceError
from opendata.harvesting.client import without_credentials
from opendata.harvesting.contract import N_, Event, Found, Option, OptionType, Run

_MOST = 10_000
"""Records of one search that can be paged through (index.max_result_window of the search engine behind it)."""
_NO_MORE = 0
"""The page number of a cursor that leads nowhere."""
_SIZES = (25, 10)
"""What is tried where the repository refuses the page size asked for: Zenodo gives 25 to those without an account."""
_PATH = re.compile(r"/(?:api|records?|communities|search)(?:/.*)?\Z")
_VOLATILE = frozenset({"stats", "ui", "owners"})


class InvenioHarvester:
    """Lists the records that a query or a community names; next time what was updated since."""

    name = "invenio"
    title = N_("InvenioRDM or Zenodo")
    incremental = True
    options = (
        Option("q", help=N_("Harvest only what this query finds.")),
        Option("community", help=N_("Harvest only this community (its name in the repository's URLs).")),
        Option("rows", help=N_("Records per page."), type=OptionType.INTEGER, default="100", minimum=1, maximum=1000),
        Option(
            "organization_from",
            help=N_("The agency of a record: that of the source, or the one named as its publisher."),
            type=OptionType.CHOICE,
            default="source",
            choices=("source", "publisher"),
        ),
    )

    def harvest(self, run: Run) -> Iterator[Event]:
        """Everything that the API lists. SourceError where it cannot be read."""
        api = Api(run)
        return walk(run, api, _Records(run, api))


class _Records:
    """Pages of one search after another. A cursor is the page, the time from which the search starts, and the rows."""

    def __init__(self, run: Run, api: Api) -> None:
        self._run, self._api = run, api
        parts = source_address(run.source.url)
        root = _PATH.sub("", parts.path.rstrip("/"))
        base = parts._replace(path=root, query="", fragment="").geturl()
        self._base = without_credentials(base)
        community = run.source.options.get("community") or ""
        self._url = (
            f"{base}/api/communities/{quote(community, safe='')}/records" if community else f"{base}/api/records"
        )
        self._api_url = f"{base}/api/records"
        self._rows = int(run.source.options.get("rows") or 100)

    def page(self, cursor: str) -> Page:
        number, after, rows = _cursor(cursor) or (1, "", self._rows)
        if number == _NO_MORE:
            raise SourceError(
                f"{self._base} gives {_MOST} records at most, and not in the order in which they were made"
            )
        if cursor:
            answer = self._api.get(self._url, self._params(number, after, rows))
        else:
            answer, rows = self._first(rows)
        hits = answer.get("hits")
        records = hits.get("hits") if isinstance(hits, Mapping) else None
        if not isinstance(records, list) or not isinstance(hits, Mapping):
            raise SourceError(f"{self._base}: the search gives no list of records under hits")
        total = hits.get("total")
        total = total.get("value") if isinstance(total, Mapping) else total
        count = total if type(total) is int and not after else -1
        return Page(records, self._next(records, number, after, rows), count)

    def _first(self, rows: int) -> tuple[dict[str, Any], int]:
        """The first page, in smaller ones where the repository refuses the size; and the size it takes."""
        for size in (rows, *(size for size in _SIZES if size < rows)):
            try:
                return self._api.get(self._url, self._params(1, "", size)), size
            except SourceError as error:
                refusal = error
                if getattr(error, "status", 0) != 400:
                    raise
        raise refusal

    def _params(self, number: int, after: str, rows: int) -> dict[str, str]:
        queries = [f"({q})"] if (q := self._run.source.options.get("q")) else []
        if self._run.since is not None:
            queries.append(f"updated:[{self._run.since.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S} TO *]")
        if after:
            queries.append(f'created:["{after}" TO *]')
        params = {"size": str(rows), "page": str(number), "sort": "oldest"}
        return params | ({"q": " AND ".join(queries)} if queries else {})

    def _next(self, records: list[Any], number: int, after: str, rows: int) -> str:
        """Where to go on: the next page, or a new search before the limit is reached; "" after a short page."""
        if len(records) < rows:
            return ""
        if (number + 1) * rows <= _MOST:
            return json.dumps([number + 1, after, rows])
        made = [text(one, "created") for one in records if isinstance(one, Mapping)]
        if made != sorted(made) or not made or made[-1] <= after:
            return json.dumps([_NO_MORE, "", rows])
        return json.dumps([1, made[-1], rows])

    def item(self, record: Mapping[str, Any]) -> Item:
        identifier = text(record, "id")
        mark = text(record, "updated", "modified")
        raw = raw_of(record, _VOLATILE)
        deleted = record.get("deletion_status")
        is_gone = isinstance(deleted, Mapping) and deleted.get("is_deleted") is True
        return Item(identifier, raw, mark, lambda: self._found(identifier, record, raw, mark), is_gone)

    def _found(self, identifier: str, record: Mapping[str, Any], raw: bytes, mark: str) -> Found:
        values = values_of(record, self._base)
        troubles: list[Problem] = []
        if not values["files"] and _has_files(record):
            values["files"] = self._files(identifier, record, troubles)
        by_publisher = self._run.source.options.get("organization_from") == "publisher"
        made, warnings = datacite_record(identifier, values, publisher_is_organization=by_publisher)
        return Found(identifier, made, raw, RAW_TYPE, warnings=(*warnings, *troubles), validator=mark[:300])

    def _files(self, identifier: str, record: Mapping[str, Any], troubles: list[Problem]) -> list[dict[str, Any]]:
        """The list of files has an address of its own where the search leaves it out."""
        try:
            answer = self._api.get(f"{self._api_url}/{quote(identifier, safe='')}/files", {})
        except SourceError as error:
            troubles.append(Problem("resource-unreadable", error.message, "resources", severity="warning"))
            return []
        return files_of(record, self._base, {"entries": answer.get("entries")})


def _has_files(record: Mapping[str, Any]) -> bool:
    """Whether it has files that may be read: closed ones are not listed to strangers."""
    files, access = record.get("files"), record.get("access")
    is_open = not (isinstance(access, Mapping) and access.get("files") == "restricted")
    return is_open and isinstance(files, Mapping) and files.get("enabled") is True and files.get("count", 1) != 0


def _cursor(cursor: str) -> tuple[int, str, int] | None:
    try:
        number, after, rows = json.loads(cursor or "null")
    except (ValueError, TypeError):
        return None
    right = type(number) is int and type(rows) is int and isinstance(after, str) and number >= 0 and rows > 0
    return (number, after, rows) if right else None
