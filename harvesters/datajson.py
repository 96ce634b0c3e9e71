"""Harvests a data.json: DCAT-US 1.1, which was Project Open Data (https://resources.data.gov/resources/dcat-us/).

The document may be larger than memory: it is cut into its datasets, and each is read by itself.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harvesters.conditional import AsBefore, Fetched, fetched
from harvesters.datajson_record import dataset_record
from harvesters.json_entries import BrokenJson, Entry, entries, has_list, mended, refuse_other
from harvesters.links import source_address
from harvesters.rdf_spool import Seen
from opendata.errors import Problem, SourceError
from opendata.harvesting.client import without_credentials
from opendata.harvesting.contract import (
    N_,
    Complete,
    Event,
    Failed,
    Found,
    Gone,
    Incomplete,
    Raw,
    Run,
    Unchanged,
    Validators,
)
from opendata.harvesting.isolation import isolated

RAW_TYPE = "application/json"
_LISTS = ("dataset", "datasets", "datasetSeries")
_LENGTH = 1_000
_SHOWN = 100_000
"""Bytes of a broken entry that are kept for people to look at."""


class DataJsonHarvester:
    """Reads every dataset of a data.json."""

    name = "datajson"
    title = N_("data.json (DCAT-US)")
    version = 1
    options = ()

    def harvest(self, run: Run) -> Iterator[Event]:
        """Everything the document lists. SourceError where it cannot be read, or is no data.json."""
        source_address(run.source.url)
        with tempfile.TemporaryDirectory(prefix="opendata-datajson-") as name, Seen(Path(name)) as seen:
            path = Path(name) / "data.json"
            try:
                got = fetched(
                    run.client, run.source.url.strip(), path, accept="application/json, */*;q=0.1", known=run.validators
                )
            except AsBefore as same:
                yield Unchanged(same.reason)
                yield Complete()
                return
            yield from _Listing(run, got, path, seen).events()


class _Listing:
    """One walk through the document."""

    def __init__(self, run: Run, got: Fetched, path: Path, seen: Seen) -> None:
        self._limit = run.limit
        self._marks = got.marks
        self._url = without_credentials(got.response.url)
        self._path = path
        self._seen = seen
        self._count = 0

    def events(self) -> Iterator[Event]:
        """Each dataset, then Complete at the document's own end, or Incomplete."""
        refuse_other(self._path, self._url)
        try:
            for entry in entries(self._path, _LISTS):
                if self._limit is not None and self._count >= self._limit:
                    yield Incomplete(f"stopped after {self._count} datasets, as asked")
                    return
                self._count += 1
                yield self._event(entry)
        except BrokenJson as error:
            if not self._count:
                raise SourceError(f"{self._url} is not JSON that can be read: {error.reason}") from error
            yield Failed("", (Problem("json-broken", f"line {error.line}: {error.reason}", row=str(error.line)),))
            yield Incomplete(f"after {self._count} datasets, at line {error.line}: {error.reason}")
            return
        if not self._count and not has_list(self._path, _LISTS):
            raise SourceError(f"{self._url} is JSON, but no data.json: it has no list of datasets")
        yield Validators(self._marks)
        yield Complete()

    def _event(self, entry: Entry) -> Raw | Failed:
        where = f"line {entry.line}"
        try:
            values = mended(entry.content, of="the dataset")
        except SourceError as error:
            problem = Problem("json-broken", f"{where}: {error.message}", row=str(entry.line))
            return Failed("", (problem,), entry.content[:_SHOWN], RAW_TYPE)
        if not isinstance(values, dict):
            problem = Problem("not-an-object", f"{where}: the entry is no object", row=str(entry.line))
            return Failed("", (problem,), entry.content[:_SHOWN], RAW_TYPE)
        raw = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        identifier = _identifier(values)
        if not identifier:
            problem = Problem("identifier-missing", f"{where}: the dataset has no identifier", row=str(entry.line))
            return Failed("", (problem,), raw, RAW_TYPE)
        if not self._seen.add(identifier):
            problem = Problem(
                "identifier-repeated", f"{where}: a dataset before it has the same identifier {identifier[:200]!r}",
                row=str(entry.line), value=identifier[:500],
            )  # fmt: skip
            return Failed("", (problem,), raw, RAW_TYPE)
        return Raw(identifier, raw, RAW_TYPE, lambda: _mapped(identifier, values, raw))


def _identifier(values: dict[str, Any]) -> str:
    """`identifier` or the node's own address; of a list or object the first text in it."""
    for name in ("identifier", "@id"):
        value = values.get(name)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, dict):
            value = value.get("@id") or value.get("notation") or value.get("@value")
        if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()[:_LENGTH]
    return ""


def _mapped(identifier: str, values: dict[str, Any], raw: bytes) -> Found | Gone | Failed:
    def found() -> Found:
        record, warnings = dataset_record(identifier, values)
        return Found(identifier, record, raw, RAW_TYPE, warnings=warnings)

    return isolated(identifier, raw, RAW_TYPE, found)
