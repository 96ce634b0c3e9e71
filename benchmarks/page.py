"""The page of a dataset with 1 and with 50 files, to 1 connection and to 8, by two web processes.

Against the same page of CKAN 2.12 as measured once on such a machine (35 a second with 8 connections, on 2 cores with
the asker beside it), and against /healthz of the same server. The number of SELECTs is counted in this process; it
must be the same for both pages and not above eight.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlalchemy import event, select

from benchmarks.generate import records
from benchmarks.load import ask
from benchmarks.measure import Figure
from benchmarks.sites import Scale, filled, opened, serving
from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import Text
from opendata.services import indexing
from opendata.services.catalogue import Catalogue
from opendata.store.datasets import Dataset
from opendata.store.inserting import insert_datasets
from opendata.web.app import create_app

CKAN_PER_SECOND = 35.0
MOST_SELECTS = 8
FILES = (1, 50)


def run(scale: Scale) -> list[Figure]:
    """Pages a second, p50 and p95, and SELECTs."""
    home = filled(scale)
    with opened(home) as catalogue:
        add_pages(catalogue)
        selects = {files: count_selects(catalogue, path(files)) for files in FILES}
    figures = [
        Figure(f"page with {files} files: SELECTs", count, "", aim=MOST_SELECTS) for files, count in selects.items()
    ]
    with serving(home, processes=2) as server:
        for files in FILES:
            for connections in (1, 8):
                figures += _measured(server.url, files, connections, scale)
    return figures


def path(files: int) -> str:
    """Where the page with so many files is."""
    return f"/ru/dataset/page-with-{files}"


def _measured(url: str, files: int, connections: int, scale: Scale) -> list[Figure]:
    asked = [path(files)] * (scale.pages * (2 if connections > 1 else 1))
    ask(url, asked[:20], connections=connections)
    nothing = ask(url, ["/healthz"] * len(asked), connections=connections)
    answers = ask(url, asked, connections=connections)
    what = f"page with {files} files, {connections} connections"
    aim = 5 * CKAN_PER_SECOND if (files, connections) == (1, 8) else None
    return [
        Figure(f"{what}", answers.per_second, "/s", CKAN_PER_SECOND, "CKAN", aim=aim, more_is_better=True)
        if connections == 8
        else Figure(f"{what}", answers.per_second, "/s"),
        Figure(f"{what}: p50", answers.p50, "ms", nothing.p50, "/healthz"),
        Figure(f"{what}: p95", answers.p95, "ms", nothing.p95, "/healthz"),
    ]


def add_pages(catalogue: Catalogue) -> None:
    """The records that are asked for, where they are not there yet, in the index as all others are."""
    with catalogue.sessions.write.begin() as session:
        wanted = [_record(files) for files in FILES]
        there = set(session.scalars(select(Dataset.slug).where(Dataset.slug.in_([record.slug for record in wanted]))))
        missing = [record for record in wanted if record.slug not in there]
        insert_datasets(session, missing, catalogue.now())
    indexing.index_records(catalogue, [record.id for record in missing if record.id], [])


def _record(files: int) -> DatasetRecord:
    generated = list(records(60, seed=7))
    record = generated[0].record
    resources = tuple(resource for each in generated for resource in each.record.resources)[:files]
    named = (
        replace(
            resource, id=UUID(int=files * 1000 + number), key=str(number), position=number, name=Text.of(f"№ {number}")
        )
        for number, resource in enumerate(resources)
    )
    return replace(
        record, id=UUID(int=files), slug=f"page-with-{files}", organization=None, identifiers=(), resources=tuple(named)
    )


def count_selects(catalogue: Catalogue, address: str) -> int:
    """SELECTs of one answer, by the application in this process; as of any but the first of a version of the site."""
    statements: list[str] = []

    def seen(*given: object) -> None:
        statements.append(str(given[2]))

    client = create_app(catalogue).test_client()
    client.get(address.replace("/ru/", "/en/"))
    event.listen(catalogue.engine, "before_cursor_execute", seen)
    try:
        answer = client.get(address)
    finally:
        event.remove(catalogue.engine, "before_cursor_execute", seen)
    if answer.status_code != 200:
        raise RuntimeError(f"{address}: {answer.status}")
    return sum(1 for statement in statements if statement.lstrip().upper().startswith(("SELECT", "WITH")))
