"""Harvests data.egov.kz: the passports of its datasets, and their rows through API v4.

Written from published documentation and never run against the live service. The API is described at
https://data.egov.kz/pages/samples: /api/v4/{dataset}/{version}?source={Elasticsearch query}&apiKey=…, and
/api/v4/mapping/{dataset} for versions and fields; a passport is /meta/{dataset}/{version}. The list of datasets is
the one that the portal's own pages ask for (/datasets/getdatasetsre), of which no description is published.

The key is the client's: it is a credential of kind "query" named apiKey, and never seen here.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, cast
from urllib.parse import quote

from harvesters.egovkz_passport import passport_record
from harvesters.links import is_address, source_address
from opendata.errors import Problem, SourceError, TooLarge
from opendata.harvesting.client import FetchError, without_credentials
from opendata.harvesting.contract import (
    N_,
    Complete,
    Event,
    Failed,
    Found,
    Incomplete,
    Option,
    OptionType,
    Position,
    Raw,
    Run,
    Same,
)
from opendata.harvesting.isolation import isolated
from opendata.harvesting.json import parsed
from opendata.harvesting.paging import LOOP, Loop

RAW_TYPE = "application/json"
_NAME = re.compile(r"[\w.-]{1,200}\Z")
_VERSION = re.compile(r"v(\d{1,6})\Z|data\Z")
ROWS_PAGE = 500
_KEY = re.compile(r"([?&]apiKey=)[^&\"\s]+", re.IGNORECASE)


class EgovKzHarvester:
    """Lists the datasets of the portal with their passports."""

    name = "egovkz"
    title = N_("data.egov.kz (API v4)")
    version = 1
    options = (
        Option("datasets", help=N_("Only these datasets, by their names in the API, e.g. gbd_ul;state_schools/v1.")),
        Option("agency", help=N_("Only datasets of this agency (its id in the portal).")),
        Option("category", help=N_("Only datasets of this category (its id in the portal).")),
        Option("rows", help=N_("Datasets per page."), type=OptionType.INTEGER, default="100", minimum=1, maximum=500),
        Option("data", help=N_("Fetch the rows of each dataset too."), type=OptionType.BOOLEAN, default="false"),
        Option(
            "data_rows",
            help=N_("Most rows to fetch of one dataset; of a larger one none."),
            type=OptionType.INTEGER,
            default="10000",
            minimum=1,
            maximum=1_000_000,
        ),
        Option(
            "organization_from",
            help=N_("The agency of a record: that of the source, or the one of the passport."),
            type=OptionType.CHOICE,
            default="source",
            choices=("source", "agency"),
        ),
    )

    def harvest(self, run: Run) -> Iterator[Event]:
        """Everything the portal lists. SourceError where the list cannot be read."""
        return _Listing(run).events()


class _Listing:
    """One walk over the datasets of the portal."""

    def __init__(self, run: Run) -> None:
        parts = source_address(run.source.url)
        if not is_address(run.source.url):
            raise SourceError(f"{without_credentials(run.source.url)!r} is not an http address")
        self._run = run
        self._options = run.source.options
        self._root = parts._replace(path="", query="", fragment="").geturl().rstrip("/")
        self._portal = without_credentials(self._root)
        self._sent = 0
        self._seen: set[str] = set()

    def events(self) -> Iterator[Event]:
        if self._options.get("datasets"):
            yield from self._chosen()
            return
        total = self._total()
        page = _page_of(self._run.position)
        resumed = page > 1
        loop = Loop()
        size = int(self._options.get("rows") or 100)
        while True:
            datasets, body = self._page(page, size)
            if datasets and loop.seen(body):
                yield Incomplete(LOOP.format(what="a page"))
                return
            for listed in datasets:
                if self._run.limit is not None and self._sent >= self._run.limit:
                    yield Incomplete(f"stopped after {self._sent} datasets, as asked")
                    return
                self._sent += 1
                yield self._event(listed)
            if len(datasets) < size and (not datasets or total is None or len(self._seen) >= total or resumed):
                break
            page += 1
            yield Position(json.dumps({"page": page}), total)
        if total is not None and not resumed and len(self._seen) < total:
            yield Incomplete(f"the listing ended after {len(self._seen)} different datasets; {total} were counted")
        else:
            yield Complete()

    def _chosen(self) -> Iterator[Event]:
        names = [part.strip() for part in self._options.get("datasets", "").split(";") if part.strip()]
        for number, name in enumerate(names):
            if self._run.limit is not None and number >= self._run.limit:
                yield Incomplete(f"stopped after {number} datasets, as asked")
                return
            index, _, version = name.partition("/")
            yield self._event({"apiUri": index, **({"version": version} if version else {})})
        yield Complete()

    def _query(self) -> dict[str, str]:
        return {
            "status": "PUBLISHED",
            "byGovAgencyId": self._options.get("agency", ""),
            "categoryId": self._options.get("category", ""),
            "statusType": "",
            "datasetSortSelect": "",
        }

    def _total(self) -> int | None:
        """How many datasets there are, None where the portal does not say."""
        try:
            answer = self._json("/datasets/getdatasetsrecount", self._query())
        except SourceError:
            return None
        total = answer.get("totalCount") if isinstance(answer, dict) else None
        return int(total) if isinstance(total, int | str) and str(total).isdecimal() else None

    def _page(self, page: int, size: int) -> tuple[list[Any], bytes]:
        query = {**self._query(), "page": str(page), "count": str(size)}
        answer = self._json("/datasets/getdatasetsre", query)
        datasets = answer.get("datasets") if isinstance(answer, dict) else None
        if not isinstance(datasets, list):
            raise SourceError(f"{self._portal}/datasets/getdatasetsre has no list of datasets")
        return datasets, _dumped(datasets)

    def _json(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        try:
            answer = self._run.client.get(self._root + path, query, accept="application/json")
        except FetchError as error:
            if error.status in (401, 403):
                reason = (
                    "access is denied: API v4 needs the key of an account, as a credential of kind query named apiKey"
                )
                raise FetchError(self._portal + path, error.status, reason) from None
            raise
        return parsed(answer.content, of=self._portal + path)

    def _event(self, listed: Any) -> Event:
        index = str(listed.get("apiUri") or "") if isinstance(listed, dict) else ""
        self._seen.add(index or f"?{self._sent}")
        if not _NAME.match(index):
            problem = Problem("identifier-missing", "the dataset has no name in the API (apiUri)", "identifier",
                              value=_dumped(listed)[:300].decode("utf-8", "replace"))  # fmt: skip
            return Failed("", (problem,), _dumped(listed), RAW_TYPE)
        validator = str(listed.get("modifiedDate") or listed.get("updatedDate") or "")[:300]
        if validator and self._run.known(index) == validator:
            return Same(index)
        warnings: list[Problem] = []
        try:
            version = self._version(index, listed)
            passport = self._passport(index, version)
        except SourceError as error:
            if set(listed) <= {"apiUri", "version"}:
                return Failed(index, (Problem("passport-unreadable", error.message, value=index),))
            said = f"the passport cannot be read, so only what the list says is known: {error.message}"
            warnings.append(Problem("passport-unreadable", said, severity="warning", value=index))
            version, passport = "", {}
        raw = _dumped({"listed": listed, "version": version, "passport": passport})
        return Raw(index, raw, RAW_TYPE, lambda: self._mapped(index, raw, validator, warnings), validator)

    def _version(self, index: str, listed: Mapping[str, Any]) -> str:
        """The version stated, else the newest of those that the mapping names, else the first."""
        stated = str(listed.get("version") or listed.get("versionIndex") or "")
        if _VERSION.match(stated):
            return stated
        answer = self._json(f"/api/v4/mapping/{quote(index)}")
        named = answer.get(index) if isinstance(answer, dict) else None
        mappings = named.get("mappings") if isinstance(named, dict) else None
        names = [name for name in mappings if _VERSION.match(str(name))] if isinstance(mappings, dict) else []
        return max(names, key=lambda name: int(name[1:]) if name[1:].isdecimal() else 0, default="v1")

    def _passport(self, index: str, version: str) -> dict[str, Any]:
        answer = self._json(f"/meta/{quote(index)}/{quote(version)}")
        if not isinstance(answer, dict) or not answer:
            raise SourceError(f"{self._portal}/meta/{index}/{version} holds no passport")
        return answer

    def _mapped(self, index: str, raw: bytes, validator: str, warnings: list[Problem]) -> Any:
        def make() -> Found:
            said = json.loads(raw)
            by_agency = self._options.get("organization_from") == "agency"
            record, more = passport_record(index, said, self._portal, by_agency)
            files = {}
            if self._options.get("data") == "true" and said["version"]:
                files = {record.resources[0].key: lambda: self._rows(index, said["version"])}
            return Found(index, record, raw, RAW_TYPE, files, (*warnings, *more), validator)

        return isolated(index, raw, RAW_TYPE, make)

    def _rows(self, index: str, version: str) -> BinaryIO:
        """All rows as one JSON list. TooLarge where there are more than asked for: a part would look like the whole."""
        target = cast("BinaryIO", tempfile.TemporaryFile(prefix="opendata-rows-"))  # noqa: SIM115 - the caller closes it
        try:
            self._write_rows(target, index, version)
        except BaseException:
            target.close()
            raise
        target.seek(0)
        return target

    def _write_rows(self, target: BinaryIO, index: str, version: str) -> None:
        most = int(self._options.get("data_rows") or 10_000)
        count = 0
        loop = Loop()
        target.write(b"[")
        while True:
            source = json.dumps({"from": count, "size": ROWS_PAGE})
            rows = self._json(f"/api/v4/{quote(index)}/{quote(version)}", {"source": source})
            if not isinstance(rows, list):
                raise SourceError(f"{self._portal}/api/v4/{index}/{version} gave no list of rows")
            if rows and loop.seen(_dumped(rows)):
                raise SourceError(LOOP.format(what="a page of rows"))
            for row in rows:
                target.write((b",\n" if count else b"\n") + _dumped(row))
                count += 1
            if count > most:
                raise TooLarge(f"{index} has more than {most} rows: raise the option data_rows to fetch them")
            if len(rows) < ROWS_PAGE:
                break
        target.write(b"\n]\n")


def _dumped(value: Any) -> bytes:
    """As JSON, in one order, without keys that a portal wrote into its own addresses."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return _KEY.sub(r"\1***", text).encode("utf-8", errors="backslashreplace")


def _page_of(position: str | None) -> int:
    """The page to go on with; 1 for none, and for a token of another harvester."""
    try:
        page = json.loads(position or "{}")["page"]
    except (ValueError, TypeError, KeyError):
        return 1
    return page if isinstance(page, int) and not isinstance(page, bool) and page > 1 else 1
