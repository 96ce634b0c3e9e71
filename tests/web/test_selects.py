"""What an answer asks of the store: few SELECTs, as many for much as for little, and once what the index must hide."""

from __future__ import annotations

import pytest
from flask import Flask

from benchmarks.page import MOST_SELECTS
from opendata.catalog.records import Contract, StudyRecord
from opendata.catalog.values import Keyword, Relation
from opendata.services import indexing, wordlists, writing
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.store.datasets import Dataset
from opendata.store.from_records import new_study
from tests.factories import Feed, feed, found, record, ru, work
from tests.store.conftest import Selects

ABOUT = "Водный баланс озера Балхаш"
MOST = {
    "/ru/search?q=озеро": 9,
    '/ru/search?q="водный+баланс"': 9,
    "/ru/search?q=озеро+мельница": 9,
    "/ru/search?q=азеро": 9,
    "/ru/search/complete?q=о": 3,
    "/ru/search/complete?q=вод": 3,
    "/ru/search/facet/keyword": 2,
    "/ru/dataset/": 9,
    "/ru/": 20,
}
"""SELECTs of other answers; the cards of studies take five of them."""
HIDDEN = "FROM jobs"
"""In the SELECT that looks up what the index must leave out."""


@pytest.fixture
def source(catalogue: Catalogue) -> Feed:
    """Ten records that resemble each other, of which one tells of all others, and a study with two contracts."""
    made = feed(catalogue)
    keywords = (Keyword("сток", "ru"), Keyword("озеро", "ru"))
    others = [made.one(found(f"o{n}", record(f"{ABOUT}, часть {n}", keywords=keywords))) for n in range(8)]
    relations = tuple(Relation("References", target_id=other.id) for other in others)
    main = record(ABOUT, keywords=keywords, slug="main", relations=relations)
    study = StudyRecord(title=ru(ABOUT), slug="balans", contracts=(Contract("1-2025"), Contract("2-2026")))
    stored = made.one(found("main", main))
    made.one(found("back", record(ABOUT, keywords=keywords, relations=(Relation("Cites", target_id=stored.id),))))
    with catalogue.sessions.write.begin() as session:
        row = new_study(session, study, catalogue.now())
        session.flush()
        session.get_one(Dataset, stored.id).study_id = study_id = row.id
        session.get_one(Dataset, stored.id).slug = "main"
    work(catalogue)
    indexing.index_records(catalogue, [], [study_id])
    wordlists.refresh(catalogue)
    return made


def asked(app: Flask, catalogue: Catalogue, path: str) -> tuple[list[str], str]:
    """The SELECTs of an answer, and the answer."""
    with Selects(catalogue.engine) as selects:
        answer = app.test_client().get(path)
    assert answer.status_code == 200
    return selects.statements, answer.text


@pytest.mark.usefixtures("source")
def test_the_page_of_an_indexed_record_with_others_like_it_takes_eight_at_most(
    app: Flask, catalogue: Catalogue
) -> None:
    statements, page = asked(app, catalogue, "/ru/dataset/main")
    assert page.count("/ru/dataset/") > 5
    assert "1-2025" in page
    assert "2-2026" in page
    assert len(statements) <= MOST_SELECTS
    assert sum(HIDDEN in one for one in statements) == 1


@pytest.mark.usefixtures("source")
def test_an_answer_looks_up_once_what_the_index_must_hide(app: Flask, catalogue: Catalogue) -> None:
    for path, most in MOST.items():
        statements, _page = asked(app, catalogue, path)
        assert sum(HIDDEN in one for one in statements) <= 1, path
        assert len(statements) <= most, path


def test_the_next_answer_looks_it_up_anew(app: Flask, catalogue: Catalogue, source: Feed) -> None:
    del source
    path = "/ru/search?q=озеро"
    assert "/ru/dataset/main" in asked(app, catalogue, path)[1]
    writing.remove(catalogue, SYSTEM, "main", "Ошибка")
    assert "/ru/dataset/main" not in asked(app, catalogue, path)[1]
