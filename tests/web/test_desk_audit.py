"""The audit at the desk: sifted by the form, shown readably, given as a table that runs nothing."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.file_versions import RELEASED, WITHHELD
from opendata.store.datasets import Dataset
from opendata.web.audit_labels import ACTIONS
from tests.web.people import People, sign_in


@pytest.fixture
def changed(peopled: Catalogue) -> None:
    """Somebody of an odd name changed the dataset "su-balansy" to something that would run, were it let."""
    with peopled.sessions.write.begin() as session:
        key = session.scalars(select(Dataset.id).where(Dataset.slug == "su-balansy")).one()
        who = Actor(uuid4(), "=cmd <b>", address="203.0.113.7")
        title = {"ru": "<script>alert(1)</script>"}
        note(
            session,
            who,
            peopled.now(),
            "dataset",
            key,
            "edited",
            before={"title": {"ru": "=1+1"}},
            after={"title": title},
        )


@pytest.mark.usefixtures("changed")
def test_an_entry_says_who_what_from_where_and_what_became_what(app: Flask, people: People) -> None:
    client = sign_in(app.test_client(), people.admin)
    page = client.get("/en/desk/audit?action=edited").text
    for words in (
        "Edited",
        "=cmd &lt;b&gt;",
        "203.0.113.7",
        "ru: =1+1",
        "ru: &lt;script&gt;",
        "/en/dataset/su-balansy",
    ):
        assert words in page
    assert "<script>alert" not in page
    assert "203.0.113.7" not in client.get("/en/desk/audit?action=created").text
    assert 'href="/en/desk/audit.csv?action=edited"' in page


@pytest.mark.usefixtures("changed")
def test_the_table_runs_nothing(app: Flask, people: People) -> None:
    answer = sign_in(app.test_client(), people.admin).get("/desk/audit.csv?action=edited")
    assert answer.mimetype == "text/csv"
    row = answer.text.splitlines()[1]
    assert "'=cmd <b>,203.0.113.7,edited,dataset,su-balansy," in row
    assert row.endswith("title,ru: =1+1,ru: <script>alert(1)</script>")


@pytest.mark.parametrize("query", ["since=yesterday", "until=2026-02-30", "kind=secret", "before=-1", "before=x"])
def test_what_cannot_be_asked_is_said(app: Flask, people: People, query: str) -> None:
    client = sign_in(app.test_client(), people.admin)
    assert client.get(f"/en/desk/audit?{query}").status_code == 400
    assert client.get(f"/en/desk/audit.csv?{query}").status_code == 400


@pytest.mark.usefixtures("changed")
def test_the_days_are_the_sites(app: Flask, people: People, peopled: Catalogue) -> None:
    today = peopled.today().isoformat()
    client = sign_in(app.test_client(), people.sysadmin)
    assert "203.0.113.7" in client.get(f"/en/desk/audit?since={today}&until={today}&who=%3Dcmd+%3Cb%3E").text
    assert "203.0.113.7" not in client.get("/en/desk/audit?until=2020-01-01").text


@pytest.mark.usefixtures("changed")
def test_a_page_of_another_organisation_tells_nothing_of_it(app: Flask, people: People) -> None:
    page = sign_in(app.test_client(), people.stranger).get("/en/desk/audit").text
    assert "su-balansy" not in page


def test_what_happens_to_files_has_words() -> None:
    for action in (WITHHELD, RELEASED, "read", "recognised", "table copied", "fetched", "not fetched"):
        assert action in ACTIONS


def test_who_is_no_person_is_told_in_words(app: Flask, people: People, peopled: Catalogue) -> None:
    with peopled.sessions.write.begin() as session:
        key = session.scalars(select(Dataset.id).where(Dataset.slug == "su-balansy")).one()
        for name in ("system", "harvest:river", "Сауле: су"):
            note(session, Actor(name=name), peopled.now(), "dataset", key, "edited", after={"note": name[:3]})
    page = sign_in(app.test_client(), people.admin).get("/ru/desk/audit?action=edited").text
    said = ("сам сайт", "сбор из источника river", "Сауле: су")
    assert all(f"<li>{words}</li>" in page for words in said)
