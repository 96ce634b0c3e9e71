"""Citation tags in the heads of pages: for everybody's records alone."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from opendata.services.catalogue import Catalogue
from opendata.store.datasets import Dataset
from opendata.store.register import Study
from tests.web.conftest import Shelf
from tests.web.people import People, sign_in


def cited(page: str) -> dict[str, str]:
    return dict(re.findall(r'<meta name="(citation_\w+)" content="([^"]*)">', page))


def test_public_pages_are_cited_and_closed_files_are_not(client: FlaskClient, shelf: Shelf) -> None:
    page = client.get("/en/dataset/su-balansy").text
    found = cited(page)
    assert found["citation_title"]
    assert str(shelf.pdf) in found["citation_pdf_url"]
    assert str(shelf.withheld) not in "".join(re.findall(r'citation_pdf_url" content="([^"]*)"', page))
    study = client.get("/en/study/balans").text
    assert cited(study)["citation_title"]
    assert "citation_pdf_url" not in cited(study)


def test_what_is_shown_to_its_own_people_alone_is_not_cited(app: Flask, people: People, peopled: Catalogue) -> None:
    desk = sign_in(app.test_client(), people.editor)
    assert not cited(desk.get("/en/dataset/su-balansy").text)  # who has signed in may be shown more than is public
    with peopled.sessions.write.begin() as session:
        session.execute(update(Dataset).values(private=True))
        session.execute(update(Study).values(private=True))
        slugs = [session.query(Dataset.slug).first(), session.query(Study.slug).first()]
    for kind, slug in zip(("dataset", "study"), slugs, strict=True):
        assert slug is not None
        path = f"/en/{kind}/{slug[0]}"
        assert app.test_client().get(path).status_code == 404
        shown = desk.get(path)
        assert (shown.status_code, cited(shown.text)) == (200, {})
