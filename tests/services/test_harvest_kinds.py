"""Sites, tables and buckets through the engine: what is unchanged is neither fetched nor written again."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from opendata.services import sources
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.source_rules import GivenCredentials, NewSource
from opendata.store.datasets import Dataset, Resource
from tests.servers.egovkz import KEY, egovkz_server
from tests.servers.local import Asked, Reply, serve
from tests.servers.site import Site, dataset, page, site_server
from tests.services.conftest import add_source, counts, run


def test_pages_of_known_lastmod_are_unchanged_without_being_fetched(catalogue: Catalogue) -> None:
    paths = [f"/d/{number}" for number in range(5)]
    site = Site({path: page(dataset(number)) for number, path in enumerate(paths)}, dict.fromkeys(paths, "2024-01-02"))
    with site_server(site) as server:
        add_source(catalogue, server.url, "schemaorg")
        assert counts(run(catalogue)) == {"created": 5}
        server.asked.clear()
        report = run(catalogue)
        assert (report.job.status, counts(report)) == ("complete", {"unchanged": 5})
        assert not any(one.path.startswith("/d/") for one in server.asked)
        site.pages["/d/1"], site.lastmod["/d/1"] = page(dataset(1, name="Иначе")), "2024-02-03"
        assert counts(run(catalogue)) == {"updated": 1, "unchanged": 4}


def test_table_that_did_not_change_is_not_read(catalogue: Catalogue, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("identifier;title;files\na;Отчёт о воде;flow.csv\nb;Второй отчёт;\n")
    (tmp_path / "flow.csv").write_text("a,b\n1,2\n")
    add_source(catalogue, str(table), "spreadsheet")
    assert counts(run(catalogue)) == {"created": 2}
    with catalogue.sessions.read() as session:
        assert [row.filename for row in session.scalars(select(Resource)) if row.checksum] == ["flow.csv"]
    report = run(catalogue)
    assert (report.job.status, counts(report)) == ("complete", {"unchanged": 2})
    table.write_text("identifier;title;files\na;Отчёт о реках;flow.csv\n")
    assert counts(run(catalogue))["updated"] == 1


@dataclass
class Objects:
    """A bucket that answers without keys, and what was read of it."""

    held: dict[str, bytes] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)

    def answer(self, asked: Asked) -> Reply:
        if asked.query.get("list-type"):
            made = "".join(
                f"<Contents><Key>p/{key}</Key><Size>{len(content)}</Size><ETag>{hash(content)}</ETag></Contents>"
                for key, content in sorted(self.held.items())
            )
            return Reply(f"<ListBucketResult>{made}</ListBucketResult>".encode())
        self.read.append(asked.path.rpartition("/")[2])
        return Reply(self.held[self.read[-1]])


def test_objects_of_a_bucket_are_stored_once(catalogue: Catalogue) -> None:
    bucket = Objects({"a.csv": b"a,b\n1,2\n", "b.csv": b"c\n3\n"})
    with serve(bucket.answer) as server:
        made = NewSource(name="bucket", type="folder", url="s3://bucket/p", options={"endpoint": server.url})
        sources.add(catalogue, SYSTEM, made)
        assert counts(run(catalogue, "bucket")) == {"created": 2}
        assert sorted(bucket.read) == ["a.csv", "b.csv"]
        bucket.held["b.csv"] = b"c\n4\n"
        report = run(catalogue, "bucket")
    assert (report.job.status, counts(report)) == ("complete", {"updated": 1, "unchanged": 1})
    assert sorted(bucket.read) == ["a.csv", "b.csv", "b.csv"]


def test_key_of_the_portal_is_sent_and_never_stored(catalogue: Catalogue) -> None:
    with egovkz_server() as server:
        key = GivenCredentials("query", "apiKey", KEY)
        sources.add(catalogue, SYSTEM, NewSource(name="egov", type="egovkz", url=server.url, credentials=key))
        report = run(catalogue, "egov")
        assert (report.job.status, counts(report)) == ("complete", {"created": 5})
        assert any(one.query.get("apiKey") == KEY for one in server.asked)
    with catalogue.sessions.read() as session:
        assert len(list(session.scalars(select(Dataset)))) == 5
    stored = [
        path.read_bytes() for path in catalogue.config.home.rglob("*") if path.is_file() and "sqlite" in path.name
    ]
    assert stored
    assert not any(KEY.encode() in one for one in stored)
