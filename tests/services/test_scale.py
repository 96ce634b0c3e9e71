"""What the store is asked grows with what is shown, not with how much there is; and the ways to that give the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select, update

from opendata.catalog.records import RecordState
from opendata.services import activity, ckan_finding, desk, desk_records, events, links, match_lists, sequence
from opendata.services.activity import Window
from opendata.services.actors import PUBLIC, SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.services.desk_records import Wanted
from opendata.services.figures import figures
from opendata.services.links import LinkRow
from opendata.services.visits import LinkStatus
from opendata.store import planning
from opendata.store.datasets import Dataset, Resource
from opendata.store.harvests import HarvestJob, HarvestSource
from opendata.store.matches import MatchProposal
from opendata.store.operations import DatasetEvent
from opendata.store.queries.stamped import Chosen, Stamped, stamped
from opendata.store.states import ProposalStatus
from tests.conftest import Clock
from tests.factories import Feed, feed, found, link, member, organization, record
from tests.services.test_ckan_packages import plans

SORTED = "TEMP B-TREE FOR ORDER BY"
STATES = (LinkStatus.OK, LinkStatus.BROKEN, LinkStatus.UNCHECKED, LinkStatus.GONE, LinkStatus.OK)


@pytest.fixture
def linked(catalogue: Catalogue, clock: Clock) -> UUID:
    """Two agencies with records of three links in every state; one of them is withdrawn. The first agency."""
    one, owners = feed(catalogue), (organization(catalogue, "su"), organization(catalogue, "jer"))
    for number in range(6):
        files = tuple(link(f"https://data.example/{number}/{part}.csv", key=str(part)) for part in range(3))
        made = one.one(found(f"o{number}", record(f"№ {number}", resources=files)))
        with catalogue.sessions.write.begin() as session:
            session.execute(update(Dataset).where(Dataset.id == made.id).values(organization_id=owners[number % 2]))
            for place, file in enumerate(made.resources):
                status = STATES[(number + place) % len(STATES)]
                looked = {"link_checked": clock()} if status else {}
                session.execute(update(Resource).where(Resource.id == file.id).values(link_status=status, **looked))
            if number == 5:
                gone = {"state": RecordState.WITHDRAWN, "withdrawn_at": clock()}
                session.execute(update(Dataset).where(Dataset.id == made.id).values(**gone))
    return owners[0]


def leaves(ask: Callable[[int, int], links.LinkList], size: int) -> list[LinkRow]:
    """The whole list, leaf by leaf."""
    total = ask(size, 0).found
    return [row for offset in range(0, total, size) for row in ask(size, offset).rows]


def test_leaves_of_links_are_the_table_of_all_of_them(linked: UUID, catalogue: Catalogue) -> None:
    editor = member(linked, Role.EDITOR)
    for actor, status in ((SYSTEM, None), (SYSTEM, LinkStatus.OK), (editor, None), (editor, LinkStatus.BROKEN)):

        def ask(size: int, offset: int, actor=actor, status=status) -> links.LinkList:  # type: ignore[no-untyped-def]
            return links.desk(catalogue, actor, "", status, size, offset)

        whole = ask(links.MOST_ROWS, 0).rows
        assert whole
        for size in (1, 4):
            assert leaves(ask, size) == list(whole)
        assert [links.ORDER.index(row.status) for row in whole] == sorted(
            links.ORDER.index(row.status) for row in whole
        )


def test_links_of_all_are_counted_as_those_of_each_agency(linked: UUID, catalogue: Catalogue) -> None:
    counted = links.desk(catalogue, SYSTEM).counts
    of_each = [links.desk(catalogue, SYSTEM, slug).counts for slug in ("su", "jer")]
    assert counted == {state: number for state in links.ORDER if (number := sum(one.get(state, 0) for one in of_each))}
    assert sum(counted.values()) == 15


def test_the_first_links_of_a_common_state_are_not_looked_for_among_all(catalogue: Catalogue) -> None:
    walked = links._walked(LinkStatus.OK).order_by(Dataset.slug, Resource.position, Resource.id).limit(50)

    def ask() -> None:
        with catalogue.sessions.read() as session:
            session.execute(walked)

    assert "SCAN datasets USING INDEX" in plans(catalogue, ask)
    assert SORTED not in plans(catalogue, ask)


def test_the_table_of_an_agency_is_its_list_and_is_read_some_at_a_time(
    linked: UUID, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "LEAF", 4)
    for status in (None, LinkStatus.OK):
        _, listed = links.of_organization(catalogue, "su", status)
        assert list(links.table(catalogue, "su", status)[1]) == list(listed.rows) != []
    _, rows = links.table(catalogue, "su")
    first = next(rows)
    told = plans(catalogue, lambda: list(rows))
    assert "SEARCH resources USING INDEX sqlite_autoindex_resources_1" in told
    assert "SEARCH datasets USING INDEX sqlite_autoindex_datasets_1" in told
    _, rows = links.table(catalogue, "su")
    assert next(rows) == first
    with catalogue.sessions.write.begin() as session:  # what is closed meanwhile is told no more
        session.execute(update(Dataset).where(Dataset.organization_id == linked).values(private=True))
    assert len(list(rows)) == 3


def test_pairs_are_met_in_their_order_and_counted_some_leaves_on(
    catalogue: Catalogue, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [feed(catalogue).one(found(str(number), record(str(number)))).id for number in range(5)]
    with catalogue.sessions.write.begin() as session:
        for number, status in enumerate((ProposalStatus.OPEN, ProposalStatus.REJECTED) * 2):
            pair = {"dataset_id": keys[number], "other_id": keys[number + 1]}
            when = clock() if status is ProposalStatus.REJECTED else None
            session.add(MatchProposal(**pair, score=number / 4, status=status, created=clock(), decided=when))
    for decided in (False, True):
        ask = partial(match_lists.matches, catalogue, SYSTEM, decided=decided, limit=1)
        index = f"match_proposals USING INDEX ix_match_proposals_{'decided' if decided else 'score'}"
        assert index in plans(catalogue, ask)
        assert (ask().total, ask(offset=1).total) == (2, 2)
        lines = [*ask().lines, *ask(offset=1).lines]
        assert [one.score for one in lines] == sorted((one.score for one in lines), reverse=True)
    monkeypatch.setattr(match_lists, "LEAVES", 0)
    assert match_lists.matches(catalogue, SYSTEM, limit=1).total == 1


def test_files_are_counted_without_a_look_at_them(catalogue: Catalogue) -> None:
    assert "SCAN resources USING COVERING INDEX ix_resources_text" in plans(catalogue, lambda: figures(catalogue))


def test_the_newest_entries_of_the_audit_are_met_from_its_end(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = organization(catalogue, "su")
    made = feed(catalogue).one(found("a", record("A")))
    with catalogue.sessions.write.begin() as session:
        session.execute(update(Dataset).where(Dataset.id == made.id).values(organization_id=owner))
    assert SORTED not in plans(catalogue, partial(activity.recent, catalogue, PUBLIC, Window()))
    few = activity.of_organization(catalogue, PUBLIC, "su", Window())
    monkeypatch.setattr(planning, "MUCH", 0)
    of_many = partial(activity.of_organization, catalogue, PUBLIC, "su", Window())
    assert SORTED not in plans(catalogue, of_many)
    assert of_many() == few != ()


def test_rare_kinds_of_events_are_not_looked_for_in_all_of_them(
    catalogue: Catalogue, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed(catalogue).take(*(found(str(number), record(f"A{number}")) for number in range(9)))
    with catalogue.sessions.write.begin() as session:
        study = {"kind": "organization", "action": "edited", "at": clock(), "actor": "x"}
        session.add(DatasetEvent(object_id=organization(catalogue, "su"), **study))
    sequence.advance(catalogue)
    whole, last = events.since(catalogue, PUBLIC, 0, kinds=["organization"])
    monkeypatch.setattr(events, "SPAN", 3)
    told: list[events.Event] = []
    cursor = asked = 0
    while cursor != last:
        more, following = events.since(catalogue, PUBLIC, cursor, kinds=["organization"])
        assert cursor < following <= cursor + 3
        told += more
        cursor, asked = following, asked + 1
    assert tuple(told) == whole != ()
    assert asked > 2
    assert events.since(catalogue, PUBLIC, last, kinds=["organization"]) == ((), last)


def test_a_leaf_of_files_is_found_by_one_look_through_them(catalogue: Catalogue, one_file: Feed) -> None:
    whole = ckan_finding.files(catalogue, [("url", "data.example")], "", 10, 0)
    assert (whole[0], len(whole[1])) == (3, 3)
    parts = [ckan_finding.files(catalogue, [("url", "data.example")], "", 1, offset) for offset in range(4)]
    assert [total for total, _ in parts] == [3, 3, 3, 3]
    assert [file.id for _, found_ in parts for _, file in found_] == [file.id for _, file in whole[1]]
    told = plans(catalogue, partial(ckan_finding.files, catalogue, [("url", "data.example")], "", 1, 0))
    assert told.count("SCAN resources") <= 1
    nothing = partial(ckan_finding.files, catalogue, [("url", "nowhere.example")], "", 1, 0)
    assert nothing() == (0, [])
    assert plans(catalogue, nothing).count("SCAN resources") == 1


@pytest.fixture
def one_file(catalogue: Catalogue) -> Feed:
    """Four records with a link each, of which one is private."""
    one = feed(catalogue)
    for number in range(4):
        files = (link(f"https://data.example/{number}.csv"),)
        one.one(found(str(number), record(f"A{number}", resources=files, private=number == 0)))
    return one


def test_the_last_job_of_a_source_is_the_last_that_was_none_to_try(catalogue: Catalogue, clock: Clock) -> None:
    feed(catalogue)
    with catalogue.sessions.write.begin() as session:
        source = session.scalars(select(HarvestSource.id)).one()
        for number, dry in enumerate((False, False, True)):
            session.add(HarvestJob(id=100 + number, source_id=source, dry_run=dry, created=clock()))
    (line,) = desk.sources(catalogue, SYSTEM)
    assert line.last_job
    assert line.last_job.id == 101
    told = plans(catalogue, partial(desk.sources, catalogue, SYSTEM))
    assert "SCAN harvest_jobs" not in told
    stranger = member(organization(catalogue, "jer"), Role.EDITOR)
    assert desk.sources(catalogue, stranger) == ()
    assert "harvest_records" not in plans(catalogue, partial(desk.sources, catalogue, stranger))


def test_records_with_common_words_are_found_as_those_with_rare_ones(
    catalogue: Catalogue, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = feed(catalogue)
    for number in range(7):
        one.one(found(str(number), record(f"Качество воды {number}")))
        clock.advance(minutes=1)
    wanted = [Wanted(q="воды", sort=sort, state=state) for sort in desk_records.SORTS for state in ("", "published")]
    rare = [desk_records.records(catalogue, SYSTEM, one, 3, offset) for one in wanted for offset in (0, 3, 6)]
    monkeypatch.setattr(desk_records, "MOST_SORTED", 2)
    common = [desk_records.records(catalogue, SYSTEM, one, 3, offset) for one in wanted for offset in (0, 3, 6)]
    assert common == rare
    assert rare[0].total == 7
    assert rare[0].lines[0].modified > dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def test_a_large_agency_s_part_of_the_list_of_changes_is_met_in_its_order(
    catalogue: Catalogue, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, one = organization(catalogue, "su"), feed(catalogue)
    for number in range(5):
        made = one.one(found(str(number), record(f"A{number}")))
        with catalogue.sessions.write.begin() as session:
            owned = {"organization_id": owner} if number % 2 == 0 else {}
            session.execute(update(Dataset).where(Dataset.id == made.id).values(views=0, **owned))
        clock.advance(minutes=1)
    sequence.advance(catalogue)
    chosen = Chosen(catalogue.today(), organizations=[owner])

    def ask() -> list[Stamped]:
        with catalogue.sessions.read() as session:
            return stamped(session, chosen, None, 2)

    small = ask()
    monkeypatch.setattr(planning, "MUCH", 0)
    assert ask() == small != []
    told = plans(catalogue, ask)
    assert "datasets USING INDEX ix_datasets_stamp" in told, told
