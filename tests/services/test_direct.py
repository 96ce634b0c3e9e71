"""A name typed alone leads to its record; whatever names none, several, or what is not public, is searched."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import event

from opendata.catalog.records import Contract, DatasetRecord, RecordState, StudyRecord
from opendata.catalog.values import Identifier, Text
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.services.direct import MAX_CHARACTERS, Direct, direct
from opendata.store import queries
from opendata.store.from_records import new_dataset, new_study
from opendata.store.organizations import FormerSlug

WATER = Direct("dataset", "water")
STUDY = Direct("study", "rivers")


@pytest.fixture
def shelf(catalogue: Catalogue) -> Catalogue:
    """Records with every kind of name, and others that must not be found by theirs."""
    now = catalogue.now()
    water = DatasetRecord(
        title=Text(ru="Вода"),
        slug="water",
        register_number="AP05131234",
        identifiers=(Identifier("doi", "10.1234/abc.5"), Identifier("handle", "123456789/77")),
    )
    twin = replace(water, slug="twin", register_number="AP00000002", identifiers=(Identifier("doi", "10.1234/twin"),))
    datasets = (
        water,
        twin,
        replace(twin, slug="twin-2"),
        replace(water, slug="long-name-of-it", register_number="", identifiers=(Identifier("isbn", "9780306406157"),)),
        *(
            replace(
                water, slug=slug, identifiers=(Identifier("doi", f"10.1234/{slug}"),), register_number=number, **how
            )
            for slug, number, how in (
                ("draft", "AP00000003", {"state": RecordState.DRAFT}),
                ("gone", "AP00000004", {"state": RecordState.WITHDRAWN}),
                ("own", "AP00000005", {"private": True}),
            )
        ),
    )
    river = StudyRecord(
        title=Text(ru="Реки"), slug="rivers", register_number="BR21881930", contracts=(Contract("15-МСХ/2024"),)
    )
    studies = (
        river,
        replace(river, slug="lakes", register_number="BR00000002", contracts=(Contract("7-2024"),)),
        replace(river, slug="seas", register_number="BR00000003", contracts=(Contract("7-2024"),)),
        replace(river, slug="hidden", register_number="BR00000004", contracts=(Contract("8-2024"),), private=True),
    )
    with catalogue.sessions.write.begin() as session:
        session.add_all(new_dataset(session, one, now) for one in datasets)
        session.add_all(new_study(session, one, now) for one in studies)
        session.flush()
        found = queries.address(session, "dataset", "water")
        session.add(FormerSlug(kind="dataset", slug="old-water", object_id=found.id, retired=now - dt.timedelta(1)))
    return catalogue


def id_of(catalogue: Catalogue, kind: str, slug: str) -> UUID:
    with catalogue.sessions.read() as session:
        return queries.address(session, kind, slug).id


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("10.1234/abc.5", WATER),
        ("doi:10.1234/ABC.5", WATER),
        ("DOI: 10.1234/abc.5", WATER),
        ("https://doi.org/10.1234/abc.5", WATER),
        ("http://dx.doi.org/10.1234/abc.5.", WATER),
        ("«10.1234/abc.5»", WATER),
        ("https://hdl.handle.net/123456789/77", WATER),
        ("978-0-306-40615-7", Direct("dataset", "long-name-of-it")),
        ("AP05131234", WATER),
        ("АР05131234", WATER),
        ("ар 05131234", WATER),
        ("ИРН: AP05131234", WATER),
        ("рег. номер № АР05131234", WATER),
        ("BR21881930", STUDY),
        ("ВR21881930", STUDY),
        ("irn br21881930", STUDY),
        ("15-МСХ/2024", STUDY),
        ("договор № 15-мсх/2024", STUDY),
        ("№15-МСХ/2024", STUDY),
        ("long-name-of-it", Direct("dataset", "long-name-of-it")),
        ("/dataset/water", WATER),
        ("/ru/dataset/old-water", WATER),
        ("http://127.0.0.1:5000/kk/study/rivers?q=1#x", STUDY),
    ],
)
def test_a_name_typed_alone_leads_to_its_record(shelf: Catalogue, typed: str, found: Direct) -> None:
    assert direct(shelf, PUBLIC, typed) == found
    assert direct(shelf, PUBLIC, f"  {typed} ") == found


@pytest.mark.parametrize(
    "typed",
    [
        *("", "вода", "water", "качество 10.1234/abc.5", "AP05131234 вода", "2024", "15", "covid-19", "10.9999/none"),
        *("https://elsewhere.example/dataset/water", "/dataset/none", "/organization/water", "http://[", "/id/x"),
        "x" * (MAX_CHARACTERS + 1),
    ],
)
def test_anything_else_is_searched(shelf: Catalogue, typed: str) -> None:
    assert direct(shelf, PUBLIC, typed) is None


@pytest.mark.parametrize("typed", ["10.1234/twin", "AP00000002", "7-2024"])
def test_several_records_are_a_list(shelf: Catalogue, typed: str) -> None:
    assert direct(shelf, PUBLIC, typed) is None


@pytest.mark.parametrize("slug", ["draft", "gone", "own"])
def test_what_is_not_public_is_not_told_by_any_name(shelf: Catalogue, slug: str) -> None:
    number = {"draft": "AP00000003", "gone": "AP00000004", "own": "AP00000005"}[slug]
    for typed in (f"10.1234/{slug}", number, f"/dataset/{slug}", str(id_of(shelf, "dataset", slug))):
        assert direct(shelf, PUBLIC, typed) is None
    assert direct(shelf, PUBLIC, "BR00000004") is None
    assert direct(shelf, PUBLIC, "8-2024") is None


def test_ids_and_permanent_addresses(shelf: Catalogue) -> None:
    for kind, slug, found in (("dataset", "water", WATER), ("study", "rivers", STUDY)):
        one = id_of(shelf, kind, slug)
        assert direct(shelf, PUBLIC, str(one)) == found
        assert direct(shelf, PUBLIC, f"http://127.0.0.1:5000/id/{one}") == found


@pytest.mark.parametrize("typed", ["10.1234/abc.5", "AP05131234", "15-МСХ/2024"])
def test_two_selects_are_enough(shelf: Catalogue, typed: str) -> None:
    seen: list[str] = []
    event.listen(shelf.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    direct(shelf, PUBLIC, typed)
    assert len([one for one in seen if one.startswith("SELECT")]) <= 2
