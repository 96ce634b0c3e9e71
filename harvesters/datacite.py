"""Harvests DataCite's register of DOIs through its REST API (https://support.datacite.org/docs/api), by cursor.

Written from the published documentation.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from harvesters.datacite_record import datacite_record
from harvesters.datacite_values import text
from harvesters.links import source_address
from harvesters.record_pages import RAW_TYPE, Api, Item, Page, raw_of, walk
from opendata.errors import SourceError
from opendata.harvesting.contract import N_, Event, Found, Option, OptionType, Run

_FIRST = "1"
"""The cursor that asks for the first page."""
_NARROWING = ("query", "client-id", "provider-id", "prefix")
_ARGUMENTS = (*_NARROWING, "resource-type-id")
_COUNTS = frozenset(
    ["viewCount", "downloadCount", "citationCount", "referenceCount", "viewsOverTime", "downloadsOverTime",
     "citationsOverTime", "partCount", "partOfCount", "versionCount", "versionOfCount", "xml"]
)  # fmt: skip


class DataCiteHarvester:
    """Lists the DOIs that a query, a repository or an organisation names; next time what was updated since."""

    name = "datacite"
    title = N_("DataCite REST API")
    incremental = True
    options = (
        Option("query", help=N_('Harvest only what this query finds, e.g. publisher:"Nazarbayev University".')),
        Option("client_id", help=N_("Harvest only DOIs of this repository, e.g. cern.zenodo.")),
        Option("provider_id", help=N_("Harvest only DOIs of this DataCite member.")),
        Option("prefix", help=N_("Harvest only DOIs with this prefix, e.g. 10.5281.")),
        Option("resource_type_id", help=N_("Harvest only this kind, e.g. dataset or report.")),
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
        """Everything that the API lists. SourceError where it cannot be read, or nothing says which DOIs are meant."""
        if not any(_stated(run).get(name) for name in _NARROWING):
            raise SourceError("state query, client_id, provider_id or prefix: all of DataCite is too much to harvest")
        api = Api(run)
        return walk(run, api, _Dois(run, api))


class _Dois:
    def __init__(self, run: Run, api: Api) -> None:
        self._api = api
        parts = source_address(run.source.url)
        path = parts.path.rstrip("/")
        self._url = parts._replace(
            path=path if path.endswith("/dois") else f"{path}/dois", query="", fragment=""
        ).geturl()
        self._params = _params(run)
        self._by_publisher = run.source.options.get("organization_from") == "publisher"

    def page(self, cursor: str) -> Page:
        answer = self._api.get(self._url, self._params | {"page[cursor]": cursor or _FIRST})
        records = answer.get("data")
        if not isinstance(records, list):
            raise SourceError(f"{self._url} gives no list of DOIs under data")
        meta, links = answer.get("meta"), answer.get("links")
        count = meta.get("total") if isinstance(meta, Mapping) else None
        following = str(links.get("next") or "") if isinstance(links, Mapping) else ""
        # Only the cursor is taken from the link: the address stays the source's own.
        found = parse_qs(urlsplit(following).query).get("page[cursor]", [""])[0] if records else ""
        return Page(records, found, count if type(count) is int else -1)

    def item(self, record: Mapping[str, Any]) -> Item:
        said = record.get("attributes")
        values: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
        identifier = text(values, "doi") or text(record, "id")
        kept = {key: value for key, value in values.items() if key not in _COUNTS}
        raw, mark = raw_of({"id": record.get("id"), "attributes": kept}), text(values, "updated")

        def read() -> Found:
            made, warnings = datacite_record(
                identifier, {"doi": identifier} | kept, publisher_is_organization=self._by_publisher
            )
            return Found(identifier, made, raw, RAW_TYPE, warnings=tuple(warnings), validator=mark[:300])

        return Item(identifier, raw, mark, read, is_gone=text(values, "state") in ("registered", "draft"))


def _params(run: Run) -> dict[str, str]:
    """The parameters of each request but the cursor."""
    stated = _stated(run)
    queries = [f"({stated['query']})"] if stated["query"] else []
    if run.since is not None:
        queries.append(f"updated:[{run.since.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ} TO *]")
    stated["query"] = " AND ".join(queries)
    fixed = {"detail": "true", "affiliation": "true", "publisher": "true"}
    return fixed | {"page[size]": run.source.options.get("rows") or "100"} | {k: v for k, v in stated.items() if v}


def _stated(run: Run) -> dict[str, str]:
    """What is asked for: the options, and the arguments of an address that was pasted as a whole request."""
    pasted = dict(parse_qsl(source_address(run.source.url).query))
    return {name: run.source.options.get(name.replace("-", "_")) or pasted.get(name, "") for name in _ARGUMENTS}
