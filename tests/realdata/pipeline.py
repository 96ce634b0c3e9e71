"""Runs a source the whole way, as an operator would, and counts what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from opendata.bootstrap import open_catalogue, prepare_home
from opendata.catalog.records import DatasetRecord
from opendata.config import load_config
from opendata.services import desk, harvest, sources
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.results import JobReport
from opendata.store import queries
from opendata.store.datasets import Dataset
from opendata.store.harvests import HarvestRecord, HarvestSource
from opendata.worker import Worker
from tests.realdata.captures import Capture

NO_LIMITS = {
    "OPENDATA_HARVEST__ALLOW_ADDRESSES": "127.0.0.1",
    "OPENDATA_SECURITY__SEARCHES_PER_MINUTE": "0",
    "OPENDATA_SECURITY__DOWNLOADS_PER_MINUTE": "0",
    "OPENDATA_HARVEST__RETRIES": "1",
    "OPENDATA_HARVEST__TIMEOUT_SECONDS": "5",
    "OPENDATA_JOBS__POLL_SECONDS": "0.05",
}


@contextmanager
def opened(home: Path, **settings: str) -> Iterator[Catalogue]:
    """A catalogue in `home`, made if need be; `settings` as OPENDATA_<TABLE>__<KEY> without the first word."""
    environ = {**NO_LIMITS, "OPENDATA_HOME": str(home), **{f"OPENDATA_{key}": value for key, value in settings.items()}}
    config = load_config(environ=environ)
    prepare_home(config)
    catalogue = open_catalogue(config)
    try:
        yield catalogue
    finally:
        catalogue.close()


def add(catalogue: Catalogue, capture: Capture, url: str) -> None:
    """Add the source of `capture`, which answers at `url`."""
    new = sources.NewSource(name=capture.name, type=capture.type, url=url, options=capture.options)
    sources.add(catalogue, SYSTEM, new)


def run(catalogue: Catalogue, capture: Capture) -> JobReport:
    """Harvest a source that was added; the report with all problems."""
    report = harvest.run(catalogue, capture.name, actor=SYSTEM)
    return desk.report(catalogue, SYSTEM, report.job.id, limit=100_000)


@contextmanager
def answering(captures: Sequence[Capture], catalogue: Catalogue, root: Path) -> Iterator[None]:
    """All sources added, and answering until the end of the block."""
    with ExitStack() as stack:
        for capture in captures:
            add(catalogue, capture, stack.enter_context(capture.opened(root)))
        yield


def work(catalogue: Catalogue) -> None:
    """Let a worker do all that is queued."""
    Worker(catalogue).work(until_idle=True)


def records(catalogue: Catalogue, source: str) -> dict[str, DatasetRecord]:
    """What is stored of a source, by the identifier there."""
    with catalogue.sessions.read() as session:
        rows = session.execute(
            select(HarvestRecord.identifier, HarvestRecord.dataset_id)
            .join(HarvestSource, HarvestSource.id == HarvestRecord.source_id)
            .where(HarvestSource.name == source, HarvestRecord.dataset_id.is_not(None))
        ).all()
        found = {record.id: record for record in queries.records(session, [key for _, key in rows], public_only=False)}
        return {identifier: found[key] for identifier, key in rows}


def stamps(catalogue: Catalogue) -> dict[UUID, object]:
    """When each dataset was last changed, by our own clock."""
    with catalogue.sessions.read() as session:
        return {key: when for key, when in session.execute(select(Dataset.id, Dataset.metadata_modified))}  # noqa: C416


@dataclass
class Row:
    """One line of the table."""

    capture: Capture
    report: JobReport
    files: int = 0
    links: int = 0
    stored: int = 0
    texts: Counter[str] = field(default_factory=Counter)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many items had each result."""
        return {key: value for key, value in self.report.job.counts.items() if value}

    @property
    def reasons(self) -> Counter[str]:
        """Codes of the errors for which items were rejected."""
        return Counter(problem.code for problem in self.report.problems if problem.severity == "error")

    @property
    def warnings(self) -> Counter[str]:
        """Codes of what was mended or left out."""
        return Counter(problem.code for problem in self.report.problems if problem.severity != "error")


def count(catalogue: Catalogue, capture: Capture, report: JobReport) -> Row:
    """The files of the source by what became of them."""
    row = Row(capture, report)
    for record in records(catalogue, capture.name).values():
        for resource in record.resources:
            row.files += 1
            row.stored += resource.stored
            row.links += bool(not resource.stored and (resource.download_url or resource.access_url))
            row.texts[resource.text.status.value] += 1
    return row


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| source | items | created | rejected | gone | job | warnings | files | stored | links | text status |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        counts = row.report.job.counts
        cells = (
            row.capture.name, row.capture.seen, counts.get("created", 0),
            f"{counts.get('rejected', 0)}{_listed(row.reasons)}", row.capture.gone, row.report.job.status,
            sum(row.warnings.values()) and f"{sum(row.warnings.values())}{_listed(row.warnings)}",
            row.files, row.stored, row.links, ", ".join(f"{key} {n}" for key, n in row.texts.most_common()),
        )  # fmt: skip
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def _listed(counter: Counter[str]) -> str:
    return f" ({', '.join(f'{key} {n}' for key, n in counter.most_common())})" if counter else ""
