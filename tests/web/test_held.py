"""Held files at the desk: who sees them, who answers for them, and what the public is told."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.catalog.values import OrganizationRef
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.uploads.receiving import receive
from opendata.store.content import ContentDecision
from opendata.store.operations import UploadRow
from opendata.web.app import create_app
from tests.factories import feed, found, organization, record, ru, work
from tests.services.uploads.conftest import HEADINGS, packed, workbook
from tests.services.uploads.test_content import MARKED, Pack, Write, row, table
from tests.web.people import HERE, People, add_people, sign_in

__all__ = ["packed", "workbook"]

REASON = "Гриф снят актом комиссии № 3"
HELD = 'id="work-held"'
"""What the overview shows while a file is held back."""


@pytest.fixture
def site(catalogue: Catalogue) -> Flask:
    return create_app(catalogue)


@pytest.fixture
def dataset(catalogue: Catalogue) -> DatasetRecord:
    """A dataset of the agency "su" with a marked file."""
    agency = organization(catalogue, "su")
    owner = OrganizationRef(id=agency, slug="su", title=ru("su"))
    files = (ResourceRecord(key="report.txt", filename="report.txt"),)
    made = feed(catalogue).one(
        found("one", record("Отчёт о стоке", organization=owner, resources=files), {"report.txt": MARKED})
    )
    work(catalogue)
    return made


@pytest.fixture
def people(catalogue: Catalogue, dataset: DatasetRecord) -> People:
    assert dataset.id is not None
    return add_people(catalogue, dataset.id)


def file_of(dataset: DatasetRecord) -> UUID:
    key = dataset.resources[0].id
    assert key is not None
    return key


def download(dataset: DatasetRecord) -> str:
    return f"/ru/dataset/{dataset.slug}/resource/{file_of(dataset)}/download"


def test_the_public_is_told_that_it_is_looked_at_and_not_what_was_found(site: Flask, dataset: DatasetRecord) -> None:
    client = site.test_client()
    for path in (f"/ru/dataset/{dataset.slug}", f"/ru/dataset/{dataset.slug}/resource/{file_of(dataset)}"):
        page = client.get(path)
        assert page.status_code == 200
        assert "Файл проверяется, прежде чем его откроют." in page.text
        assert "екретно" not in page.text
    refused = client.get(download(dataset))
    assert (refused.status_code, "екретно" in refused.text) == (403, False)


@pytest.mark.parametrize(
    ("who", "sees", "decides"),
    [("member", False, 403), ("editor", True, 403), ("admin", True, 303), ("stranger", False, 404)],
)
def test_who_sees_and_who_answers(
    site: Flask, dataset: DatasetRecord, people: People, who: str, sees: bool, decides: int
) -> None:
    client = sign_in(site.test_client(), getattr(people, who))
    page = client.get("/ru/desk/held")
    assert (page.status_code, "report.txt" in page.text, "«Секретно»" in page.text or "<q" in page.text) == (
        200, sees, sees,
    )  # fmt: skip
    assert ('value="open"' in page.text) is (decides == 303)
    answer = client.post(f"/desk/held/{file_of(dataset)}", data={"decision": "open", "reason": REASON}, headers=HERE)
    assert answer.status_code == decides


def test_nobody_answers_without_signing_in(site: Flask, dataset: DatasetRecord) -> None:
    client = site.test_client()
    assert client.get("/desk/held").status_code == 303
    answer = client.post(f"/desk/held/{file_of(dataset)}", data={"decision": "open", "reason": REASON}, headers=HERE)
    assert answer.status_code == 401


def test_a_reason_opens_the_file_for_everybody(
    site: Flask, catalogue: Catalogue, dataset: DatasetRecord, people: People
) -> None:
    admin, reader = sign_in(site.test_client(), people.admin), site.test_client()
    address = f"/ru/desk/held/{file_of(dataset)}"
    assert HELD in admin.get("/ru/desk").text
    short = admin.post(address, data={"decision": "open", "reason": "ок"}, headers=HERE)
    assert short.status_code == 400
    assert re.search(r'<textarea[^>]*aria-invalid="true"[^>]*>ок</textarea>', short.text)
    assert reader.get(download(dataset)).status_code == 403
    assert admin.post(address, data={"decision": "open", "reason": REASON}, headers=HERE).status_code == 303
    work(catalogue)
    with reader.get(download(dataset)) as answer:
        assert answer.data == MARKED
    assert "report.txt" not in admin.get("/ru/desk/held").text
    assert HELD not in admin.get("/ru/desk").text
    with catalogue.sessions.read() as session:
        decision = session.scalars(select(ContentDecision)).one()
    assert (decision.reason, decision.user_id is not None) == (REASON, True)


def test_a_legal_ground_keeps_it_withheld_and_is_shown(site: Flask, dataset: DatasetRecord, people: People) -> None:
    admin = sign_in(site.test_client(), people.admin)
    address = f"/ru/desk/held/{file_of(dataset)}"
    assert admin.post(address, data={"decision": "withhold"}, headers=HERE).status_code == 400
    assert admin.post(address, data={"decision": "whatever"}, headers=HERE).status_code == 400
    ground = {"decision": "withhold", "legal_ground": "Закон № 349-I, статья 13"}
    assert admin.post(address, data=ground, headers=HERE).status_code == 303
    assert "Закон № 349-I, статья 13" in site.test_client().get(f"/ru/dataset/{dataset.slug}").text
    assert site.test_client().get(download(dataset)).status_code == 403


def test_an_admin_answers_for_a_file_of_an_upload(
    site: Flask, catalogue: Catalogue, people: People, workbook: Write, packed: Pack
) -> None:
    path = packed(workbook(table(row(1, "a.txt"), headings=HEADINGS)), {"a.txt": MARKED + b"."})
    upload_id = receive(catalogue, SYSTEM, "su", path.name, path)
    work(catalogue)
    editor, admin = (sign_in(site.test_client(), who) for who in (people.editor, people.admin))
    address = f"/ru/desk/held/uploads/{upload_id}"
    assert address in admin.get(f"/ru/desk/uploads/{upload_id}").text
    page = admin.get(address)
    assert "a.txt" in page.text
    given = re.search(r'name="checksum" value="(\w{64})"', page.text)
    assert given is not None
    form = {"checksum": given[1], "reason": REASON}
    assert 'name="checksum"' not in editor.get(address).text
    assert editor.post(address, data=form, headers=HERE).status_code == 403
    assert admin.post(address, data={**form, "reason": " "}, headers=HERE).status_code == 400
    assert admin.post(address, data=form, headers=HERE).status_code == 303
    work(catalogue)
    with catalogue.sessions.read() as session:
        assert [one.errors for one in session.scalars(select(UploadRow))] == [0]
