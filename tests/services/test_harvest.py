"""One run of one source: counts, problems, the isolation of what is bad, and who may run at once."""

from __future__ import annotations

import datetime as dt
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text

from opendata.catalog.records import RecordState
from opendata.errors import Conflict, NotFound
from opendata.files.s3 import S3Store
from opendata.services import processes, sources
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.harvest_jobs import Begun, Wish, start_or_take_over
from opendata.services.harvest_listing import opened
from opendata.services.heartbeat import Watch
from opendata.store.datasets import Dataset
from opendata.store.harvests import HarvestJob, HarvestProblem, HarvestSource
from opendata.store.operations import Job
from opendata.store.states import JobStatus
from tests.conftest import Clock
from tests.servers.ckan import Portal as LargePortal
from tests.servers.ckan import ckan_server
from tests.servers.oai import Repository, oai_server, record_xml
from tests.services.conftest import Portal, add_source, counts, rows_of_every_table, run

REFUSE = "CREATE TRIGGER refuse BEFORE INSERT ON datasets WHEN NEW.title_{} = '{}' BEGIN SELECT RAISE(ABORT, 'no'); END"


def refuse(catalogue: Catalogue, column: str, title: str) -> None:
    """From now on the database itself does not take a dataset of that title."""
    with catalogue.sessions.write.begin() as session:
        session.execute(text(REFUSE.format(column, title)))


def titles(catalogue: Catalogue) -> set[str]:
    with catalogue.sessions.read() as session:
        return {row.title.values()[0].value for row in session.scalars(select(Dataset))}


def test_a_run_counts_what_became_of_every_item(catalogue: Catalogue, portal: Portal) -> None:
    for number in range(3):
        portal.add(number)
    add_source(catalogue, portal.server.url)
    first = run(catalogue)
    assert (first.job.status, counts(first)) == ("complete", {"created": 3})
    portal.packages[1]["title"] = "Другое название"
    portal.add(3)
    second = run(catalogue)
    assert (second.job.status, counts(second)) == ("complete", {"created": 1, "updated": 1, "unchanged": 2})


def test_running_twice_changes_nothing_but_the_job(catalogue: Catalogue, clock: Clock) -> None:
    with oai_server(Repository(size=250, page=100)) as server:
        add_source(catalogue, server.url, "oaipmh")
        assert counts(run(catalogue)) == {"created": 250}
        before = rows_of_every_table(catalogue)
        clock.advance(hours=1)
        assert counts(run(catalogue)) == {"unchanged": 250}
    after = rows_of_every_table(catalogue)
    assert after == {**before, "harvest_jobs": 2}


def test_a_rejected_item_is_reported_by_name_and_reason(catalogue: Catalogue, portal: Portal) -> None:
    portal.add(0)
    portal.add(1, title="", name="")
    portal.packages.append({"id": "broken", "resources": "none"})
    portal.add(2)
    add_source(catalogue, portal.server.url)
    report = run(catalogue)
    assert report.job.status == "incomplete"
    assert counts(report)["created"] >= 2
    refused = {problem.identifier: problem for problem in report.problems if problem.severity == "error"}
    assert counts(report)["rejected"] == len(refused) > 0
    assert all(problem.message and problem.code for problem in refused.values())


def test_what_the_database_refuses_fails_alone_in_its_batch(catalogue: Catalogue, portal: Portal) -> None:
    for number in range(5):
        portal.add(number, title=f"Набор {number}")
    add_source(catalogue, portal.server.url)
    refuse(catalogue, "ru", "Набор 2")
    report = run(catalogue)
    assert counts(report) == {"created": 4, "rejected": 1}
    assert [(p.identifier, p.message) for p in report.problems] == [("id-00002", "IntegrityError: no")]
    assert titles(catalogue) == {f"Набор {n}" for n in (0, 1, 3, 4)}
    assert report.job.status == "incomplete"


def test_what_was_refused_is_taken_when_it_can_be(catalogue: Catalogue, portal: Portal) -> None:
    portal.add(0, title="Набор 0")
    portal.add(1, title="Набор 1")
    add_source(catalogue, portal.server.url)
    refuse(catalogue, "ru", "Набор 1")
    run(catalogue)
    with catalogue.sessions.write.begin() as session:
        session.execute(text("DROP TRIGGER refuse"))
    assert counts(run(catalogue)) == {"created": 1, "unchanged": 1}


@pytest.mark.parametrize("identifier", ["x" * 1001, "nul\0", "surrogate\ud800"])
def test_an_identifier_that_cannot_be_kept_is_a_problem_of_its_item(
    catalogue: Catalogue, portal: Portal, identifier: str
) -> None:
    portal.add(0)
    portal.add(1, id=identifier)
    add_source(catalogue, portal.server.url)
    report = run(catalogue)
    assert counts(report)["created"] + counts(report).get("rejected", 0) == 2
    assert report.job.status in ("complete", "incomplete")
    assert titles(catalogue) >= {"Набор данных 0"}


def test_an_item_listed_twice_is_taken_once_and_told(catalogue: Catalogue) -> None:
    twice = Repository(size=3, page=10, extra=((1, "</oai_dc:dc></metadata></record>" + record_xml(0)[:-32]),))
    with oai_server(twice) as server:
        add_source(catalogue, server.url, "oaipmh")
        report = run(catalogue)
    assert counts(report) == {"created": 3}
    assert [(p.identifier, p.code, p.severity) for p in report.problems] == [("oai:test:0", "repeated", "warning")]


def test_what_came_before_the_source_broke_off_is_kept(catalogue: Catalogue) -> None:
    with ckan_server(LargePortal(size=250, failing_from=100)) as server:
        add_source(catalogue, server.url)
        report = run(catalogue)
    assert counts(report) == {"created": 100}
    assert report.job.status == "incomplete"
    assert "500" in report.job.message


def test_a_source_that_cannot_be_read_ends_the_job_in_error(catalogue: Catalogue) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        add_source(catalogue, f"http://127.0.0.1:{unheard.getsockname()[1]}")
        report = run(catalogue)
    assert (report.job.status, counts(report)) == ("error", {})
    assert "127.0.0.1" in report.job.message
    with catalogue.sessions.read() as session:
        row = session.scalars(select(HarvestSource)).one()
        assert (row.failures, row.last_success) == (1, None)


def test_a_private_address_is_not_fetched_unless_it_is_allowed(catalogue: Catalogue, portal: Portal) -> None:
    portal.add(0)
    closed = replace(catalogue.config, harvest=replace(catalogue.config.harvest, allow_addresses=()))
    add_source(catalogue, portal.server.url)
    report = run(replace(catalogue, config=closed))
    assert report.job.status == "error"
    assert portal.server.asked == []


def test_a_listing_capped_by_a_limit_is_never_complete(catalogue: Catalogue, portal: Portal) -> None:
    for number in range(3):
        portal.add(number)
    add_source(catalogue, portal.server.url)
    report = run(catalogue, limit=2)
    assert (report.job.status, counts(report)) == ("incomplete", {"created": 2})
    assert "2" in report.job.message


def test_a_rehearsal_stores_nothing_at_all(catalogue: Catalogue, portal: Portal, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "report.txt").write_text("Уровень воды", "utf-8")
    add_source(catalogue, str(tmp_path / "in"), "folder", "folder")
    portal.add(0)
    portal.add(1)
    add_source(catalogue, portal.server.url)
    run(catalogue)
    portal.packages[0]["title"] = "Новое название"
    portal.add(2)
    before = rows_of_every_table(catalogue)
    report = run(catalogue, dry_run=True)
    assert (report.job.status, counts(report)) == ("complete", {"created": 1, "updated": 1, "unchanged": 1})
    assert counts(run(catalogue, "folder", dry_run=True)) == {"created": 1}
    assert rows_of_every_table(catalogue) == before
    assert not [path for path in (catalogue.config.home / "files").rglob("*") if path.is_file()]


def test_deleted_at_the_source_is_withdrawn_and_comes_back(catalogue: Catalogue) -> None:
    held = [Repository(size=5)]
    with oai_server(lambda: held[0]) as server:
        add_source(catalogue, server.url, "oaipmh")
        run(catalogue)
        held[0] = Repository(size=5, deleted=frozenset({1, 3}))
        assert counts(run(catalogue)) == {"withdrawn": 2, "unchanged": 3}
        with catalogue.sessions.read() as session:
            withdrawn = select(Dataset).where(Dataset.state == RecordState.WITHDRAWN)
            assert {row.identifier for row in session.scalars(withdrawn)} == {"oai:test:1", "oai:test:3"}
        held[0] = Repository(size=5)
        assert counts(run(catalogue)) == {"restored": 2, "unchanged": 3}


def test_a_broken_record_in_the_list_loses_no_other(catalogue: Catalogue) -> None:
    with oai_server(Repository(size=30, page=10, broken_record=14)) as server:
        add_source(catalogue, server.url, "oaipmh")
        report = run(catalogue)
    assert counts(report).get("created", 0) >= 20
    assert report.job.status == "incomplete"
    assert report.problems or report.job.message


def job(catalogue: Catalogue, owner: str) -> int:
    """A job that somebody has begun."""
    with catalogue.sessions.write.begin() as session:
        now = catalogue.now()
        source = session.scalars(select(HarvestSource)).one()
        row = HarvestJob(
            source_id=source.id, status=JobStatus.IN_PROGRESS, owner=owner, created=now, started=now, heartbeat=now,
            runs=1,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def begin(catalogue: Catalogue, name: str = "portal") -> Begun:
    """A run of the source that this process holds."""
    source = opened(catalogue, name)
    return start_or_take_over(catalogue, source.source.id, Wish(), source.plan)


def test_two_runs_of_a_source_at_once_conflict(catalogue: Catalogue, portal: Portal) -> None:
    add_source(catalogue, portal.server.url)
    job(catalogue, processes.owner())
    with pytest.raises(Conflict, match="still running"):
        run(catalogue)


def dead() -> str:
    """A process of this machine that is no more."""
    host, _, _ = processes.owner().rpartition(":")
    return f"{host}:{2**22 - 1}"


def test_the_job_of_a_dead_process_is_taken_over_at_once(catalogue: Catalogue, portal: Portal) -> None:
    portal.add(0)
    add_source(catalogue, portal.server.url)
    left = job(catalogue, dead())
    assert counts(run(catalogue)) == {"created": 1}
    with catalogue.sessions.read() as session:
        same = session.scalars(select(HarvestJob)).one()
        assert (same.id, same.status, same.runs) == (left, JobStatus.COMPLETE, 2)


def test_the_job_of_another_machine_is_taken_over_when_it_is_silent(
    catalogue: Catalogue, portal: Portal, clock: Clock
) -> None:
    portal.add(0)
    add_source(catalogue, portal.server.url)
    job(catalogue, "elsewhere:12")
    with pytest.raises(Conflict):
        run(catalogue)
    clock.advance(seconds=catalogue.config.jobs.lease_seconds + 1)
    assert counts(run(catalogue)) == {"created": 1}


def test_a_slow_source_keeps_its_sign_of_life(catalogue: Catalogue, portal: Portal, clock: Clock) -> None:
    add_source(catalogue, portal.server.url)
    begun = begin(catalogue)
    quick = replace(catalogue, config=replace(catalogue.config, jobs=replace(catalogue.config.jobs, lease_seconds=0)))
    clock.advance(hours=1)
    with Watch(quick, begun):
        for _ in range(200):
            with catalogue.sessions.read() as session:
                if session.get_one(HarvestJob, begun.id).heartbeat == clock.now:
                    return
    raise AssertionError("no heartbeat came")


def test_a_source_is_due_when_its_time_has_come_and_not_while_it_runs(
    catalogue: Catalogue, portal: Portal, clock: Clock
) -> None:
    new = sources.NewSource(name="portal", type="ckan", url=portal.server.url, frequency="daily")
    sources.add(catalogue, SYSTEM, new)
    clock.advance(hours=27)
    assert sources.due(catalogue) == ("portal",)
    sources.queue_due(catalogue)
    sources.queue_due(catalogue)
    with catalogue.sessions.read() as session:
        assert [row.kind for row in session.scalars(select(Job))] == ["harvest"]
    run(catalogue)
    assert sources.due(catalogue) == ()
    clock.advance(hours=27)
    assert sources.due(catalogue) == ("portal",)


def test_the_list_of_problems_is_not_counted_twice_when_a_batch_is_repeated(
    catalogue: Catalogue, portal: Portal
) -> None:
    for number in range(3):
        portal.add(number, title=f"Набор {number}", license_id="made-up-licence")
    add_source(catalogue, portal.server.url)
    refuse(catalogue, "ru", "Набор 1")
    report = run(catalogue)
    with catalogue.sessions.read() as session:
        kept = session.scalars(select(HarvestProblem.identifier)).all()
    assert len(kept) == len(report.problems)
    assert "were kept" not in report.job.message


def test_an_unknown_source_is_not_found(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound, match="nobody"):
        run(catalogue, "nobody")


def test_times_of_a_job_are_the_clocks(catalogue: Catalogue, portal: Portal, clock: Clock) -> None:
    add_source(catalogue, portal.server.url)
    found = run(catalogue).job
    assert found.started == found.finished == clock.now
    assert clock.now.tzinfo is dt.UTC


def test_a_file_store_that_is_away_ends_the_run_and_leaves_no_record_without_its_file(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "report.txt").write_text("Отчёт о водном балансе", "utf-8")
    add_source(catalogue, str(tmp_path / "in"), "folder", "folder")
    bucket = S3Store(bucket="files", endpoint_url="http://127.0.0.1:9")
    away = run(replace(catalogue, files=bucket), "folder")
    assert (away.job.status, counts(away)) == ("error", {})
    assert "bucket files" in away.job.message
    assert titles(catalogue) == set()
    assert counts(run(catalogue, "folder")) == {"created": 1}
