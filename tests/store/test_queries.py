"""What the queries answer, and how many SELECTs they take."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session

from opendata.catalog.records import StudyRef
from opendata.catalog.values import Disclosure, DisclosureStatus, OrganizationRef, Relation, Text
from opendata.errors import NotFound
from opendata.store import queries, seen
from opendata.store.accounts import ApiToken, Membership, User, UserSession
from opendata.store.base import Sessions
from opendata.store.datasets import Dataset
from opendata.store.from_records import new_dataset, new_study
from opendata.store.harvests import HarvestRecord, HarvestSource
from opendata.store.organizations import FormerSlug, Organization
from opendata.store.states import ItemResult, Role, UserState
from opendata.store.to_records import dataset_record
from tests.store.conftest import NOW, Selects
from tests.store.filled import UNKNOWN, dataset, public, public_study, resource, study

DAY = dt.timedelta(days=1)


def fill(session: Session, datasets: int, files: int = 2) -> list[UUID]:
    """Datasets with everything around them."""
    agency = Organization(slug=f"agency-{datasets}", created=NOW, modified=NOW, title=Text.of("Агентство", "ru"))
    source = HarvestSource(name=f"source-{datasets}", type="x", url="", created=NOW, modified=NOW)
    session.add_all([agency, source])
    session.flush()
    parent = new_study(session, public_study(f"study-{datasets}", register_number=f"R{datasets}"), NOW)
    session.flush()
    alone = (Relation("References", "https://x.example"),) if datasets == 1 else ()
    ids: list[UUID] = []
    for number in range(datasets):
        record = public(
            f"d{datasets}-{number}",
            organization=OrganizationRef(id=agency.id),
            study=StudyRef(parent.id, "", "", Text()),
            relations=tuple(Relation("HasPart", target_id=one) for one in ids[-2:]) or alone,
            resources=tuple(resource(f"r{index}") for index in range(files)),
        )
        row = new_dataset(session, record, NOW + number * DAY)
        session.flush()
        session.add(
            HarvestRecord(
                source_id=source.id, identifier=row.slug, dataset_id=row.id, result=ItemResult.CREATED,
                first_seen=NOW, last_seen=NOW, harvested=NOW,
            )
        )  # fmt: skip
        ids.append(row.id)
    session.commit()
    return ids


def test_the_number_of_selects_does_not_grow(engine: Engine, sessions: Sessions) -> None:
    with sessions.write() as session:
        one, many = fill(session, 1, files=1), fill(session, 50, files=20)

    def count(ask: Callable[[Session, list[UUID]], object], ids: list[UUID]) -> int:
        with sessions.read() as session, Selects(engine) as selects:
            ask(session, ids)
        return selects.count

    asked: list[tuple[Callable[[Session, list[UUID]], object], int]] = [
        (queries.cards, 2),
        (queries.records, 5),
        (lambda session, ids: queries.dataset_page(session, ids[0]), 4),
        (lambda session, ids: queries.newest(session, len(ids)), 2),
        (lambda session, _: queries.site_counts(session), 4),
        (lambda session, _: queries.organizations(session), 4),
    ]
    for ask, most in asked:
        assert count(ask, one) == count(ask, many) <= most


def test_study_pages_take_six_selects(engine: Engine, sessions: Sessions) -> None:
    with sessions.write() as session:
        fill(session, 3)
        ids = queries.study_ids_after(session)
    with sessions.read() as session, Selects(engine) as selects:
        page = queries.study_page(session, ids[0])
    assert selects.count <= 6
    assert len(page.datasets) == 3


def test_cards_are_what_the_rows_of_the_session_say(session: Session) -> None:
    ids = [*fill(session, 3), new_dataset(session, public("alone", resources=()), NOW).id]
    session.flush()
    rows = queries.dataset_rows(session, ids)
    assert queries.cards(session, ids) == [dataset_record(row, full=False) for row in rows]
    assert rows[0].study is not None
    assert rows[-1].organization is None


def test_cards_keep_the_order_and_leave_out_the_unknown(session: Session) -> None:
    ids = fill(session, 3)
    wanted = [ids[2], UNKNOWN, ids[0]]
    assert [card.id for card in queries.cards(session, wanted)] == [ids[2], ids[0]]
    assert queries.cards(session, []) == []


def test_a_late_load_raises(session: Session) -> None:
    ids = fill(session, 1)
    session.expunge_all()
    row = session.get(Dataset, ids[0])
    assert row is not None
    with pytest.raises(InvalidRequestError, match="raise"):
        _ = row.resources


def test_relations_are_told_from_both_ends(session: Session) -> None:
    ids = fill(session, 2)
    first, second = (queries.dataset_page(session, one) for one in ids)
    assert [(r.kind, r.target_id) for r in second.relations] == [("HasPart", ids[0])]
    assert [(r.kind, r.target_id, r.target_slug) for r in first.relations] == [("IsPartOf", ids[1], "d2-1")]
    assert first.relations[0].title == second.title


def test_unknown_things_are_not_found(session: Session) -> None:
    for find in (
        queries.dataset_page, queries.dataset_row, queries.resource_row, queries.study_page, queries.study_row,
        queries.organization_page, queries.organization_row,
    ):  # fmt: skip
        with pytest.raises(NotFound):
            find(session, UNKNOWN)
    with pytest.raises(NotFound):
        queries.source_row(session, "none")
    with pytest.raises(NotFound):
        queries.job_row(session, 1)


def test_a_name_is_a_slug_an_id_or_a_former_slug(session: Session) -> None:
    row = new_dataset(session, public("new-name"), NOW)
    session.add(FormerSlug(kind="dataset", slug="old-name", object_id=row.id, retired=NOW))
    session.flush()
    for name in ("new-name", "old-name", str(row.id)):
        assert queries.address(session, "dataset", name) == queries.Address(row.id, "new-name")
    with pytest.raises(NotFound):
        queries.address(session, "study", "old-name")
    assert queries.taken_slugs(session, "dataset", "old") == {"old-name"}
    assert queries.taken_slugs(session, "dataset", "ol") == set()


def test_renaming_forth_and_back_leaves_one_former_slug(session: Session) -> None:
    row = new_dataset(session, public("a"), NOW)
    session.flush()
    for old, new in (("a", "b"), ("b", "a"), ("a", "b")):
        queries.rename(session, "dataset", row.id, old, new, NOW)
        row.slug = new
        session.flush()
    assert queries.former_slugs(session, "dataset", row.id) == ["a"]


def test_only_visible_records_are_counted(session: Session) -> None:
    agency = Organization(slug="a", created=NOW, modified=NOW, title=Text.of("A", "en"))
    child = Organization(slug="b", created=NOW, modified=NOW, title=Text.of("B", "en"), parent=agency)
    session.add_all([agency, child])
    session.flush()
    ref = OrganizationRef(id=agency.id)
    new_dataset(session, public("one", organization=ref), NOW)
    new_dataset(session, dataset("two", organization=ref), NOW)
    new_study(session, study("three", organization=ref), NOW)
    session.flush()
    first, second = queries.organizations(session)
    assert (first.dataset_count, first.study_count) == (1, 0)
    assert [one.slug for one in first.children] == ["b"]
    assert second.parent is not None
    assert second.parent.slug == "a"
    assert queries.organization_paths(session)[child.id] == ("b", "a")
    counts = queries.site_counts(session)
    assert (counts.datasets, counts.studies, counts.organizations, counts.files) == (1, 0, 2, 2)
    assert counts.stored_bytes == 10_000_000_000


def test_a_ring_of_organizations_ends(session: Session) -> None:
    one, two = (Organization(slug=slug, created=NOW, modified=NOW, title=Text()) for slug in "ab")
    session.add_all([one, two])
    session.flush()
    one.parent_id, two.parent_id = two.id, one.id
    session.flush()
    assert queries.organization_paths(session)[one.id] == ("a", "b")


def test_changes_are_paged_without_loss(session: Session) -> None:
    for number in range(5):  # all at one instant
        new_dataset(session, public(f"d{number}"), NOW)
    session.flush()
    first = queries.changed_since(session, NOW, limit=3)
    rest = queries.changed_since(session, first[-1][1], first[-1][0], limit=3)
    assert len({one for one, _ in [*first, *rest]}) == 5
    assert queries.changed_since(session, NOW + DAY) == []


def test_walking_by_id_meets_everything_once(session: Session) -> None:
    ids = set(fill(session, 5))
    seen: list[UUID] = []
    while page := queries.dataset_ids_after(session, seen[-1] if seen else None, limit=2):
        seen.extend(page)
    assert sorted(seen) == sorted(ids)


def test_embargoes_that_end_are_found_on_their_day(session: Session) -> None:
    until = dt.date(2026, 3, 2)
    ends = replace(resource("one"), disclosure=Disclosure(DisclosureStatus.EMBARGOED, until))
    row = new_dataset(session, public("a", resources=(ends,)), NOW)
    session.flush()
    found = [(row.id, row.resources[0].id)]
    assert queries.resources_opening(session, until - DAY, until) == found
    assert queries.resources_opening(session, until - 2 * DAY, until - DAY) == []
    assert queries.resources_opening(session, until, until + DAY) == []


def test_studies_that_owe_are_found(session: Session) -> None:
    owing = new_study(session, public_study(), NOW)
    new_study(session, study("hidden", register_number="other"), NOW)
    session.flush()
    assert queries.studies_owing(session, dt.date(2025, 1, 1)) == [owing.id]
    assert queries.studies_owing(session, dt.date(2024, 1, 1)) == []
    assert queries.studies_owing(session, dt.date(2025, 1, 1), UNKNOWN) == []


def test_a_study_is_found_by_register_or_contract_number(session: Session) -> None:
    row = new_study(session, study(), NOW)
    session.flush()
    assert queries.study_by_number(session, "BR21881930") == row.id
    assert queries.study_by_number(session, "№ 2") == row.id
    assert queries.study_by_number(session, "") is None
    new_study(session, study("other", register_number=""), NOW)
    session.flush()
    assert queries.study_by_number(session, "№ 2") is None  # two studies have such a contract


def test_known_items_are_found_and_those_that_are_missing(session: Session) -> None:
    fill(session, 2)
    source = queries.source_row(session, "source-2")
    known = queries.harvest_records(session, source.id, ["d2-0", "d2-9"])
    assert list(known) == ["d2-0"]
    seen.mark_seen(session, [known["d2-0"].id], 7, NOW)
    seen.mark_missing(session, source.id, 7, NOW + DAY)
    assert seen.missing(session, source.id, NOW) == []
    assert [identifier for _, identifier, _ in seen.missing(session, source.id, NOW + DAY)] == ["d2-1"]
    assert (seen.count_listed(session, source.id, 7), seen.count_published(session, source.id)) == (1, 2)


def test_tokens_and_sessions_open_only_while_they_hold(session: Session) -> None:
    agency = Organization(slug="a", created=NOW, modified=NOW, title=Text())
    user = User(email="a@example.org", username="a-a", name="A", created=NOW, modified=NOW)
    session.add_all([agency, user])
    session.flush()
    user_id = user.id
    session.add_all([
        Membership(user_id=user_id, organization_id=agency.id, role=Role.EDITOR, created=NOW),
        ApiToken(user_id=user_id, token_hash="t", created=NOW, expires=NOW + DAY),
        UserSession(user_id=user_id, session_hash="s", created=NOW, last_seen=NOW, expires=NOW + DAY),
    ])  # fmt: skip
    session.commit()
    session.expunge_all()
    found = queries.user_by_email(session, " A@Example.org")
    assert found is not None
    assert [(m.organization.slug, m.role) for m in found.memberships] == [("a", Role.EDITOR)]
    for find, key in ((queries.user_by_token, "t"), (queries.user_by_session, "s")):
        assert find(session, key, NOW) is not None
        assert find(session, key, NOW + DAY) is None
        assert find(session, "x", NOW) is None
    found.state = UserState.BLOCKED
    session.flush()
    assert queries.user_by_token(session, "t", NOW) is None
    assert queries.user_by_session(session, "s", NOW) is None
