"""A record that begins with its file: its title page is offered at the fields, and written by people alone."""

from __future__ import annotations

import io
import re
from html import unescape
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import func, select

from opendata.catalog.records import RecordState
from opendata.errors import NotAllowed
from opendata.services import told_by_file
from opendata.services.actors import SYSTEM, Actor
from opendata.services.catalogue import Catalogue
from opendata.services.dataset_forms import opened
from opendata.store.accounts import User
from opendata.store.datasets import Dataset
from tests.factories import work
from tests.web.filling import changed, filled, send
from tests.web.people import HERE, People, sign_in

BEGIN = "/en/desk/datasets/new/file"
PAGE = """УДК 556.3
МРНТИ 70.27.13
№ госрегистрации 0121РК00417

ОТЧЕТ
О НАУЧНО-ИССЛЕДОВАТЕЛЬСКОЙ РАБОТЕ

ОЦЕНКА ЗАПАСОВ ПОДЗЕМНЫХ ВОД
ПРАВОБЕРЕЖЬЯ НИЖНЕЙ СЫРДАРЬИ
(заключительный)

Руководитель НИР,
д-р геол.-минерал. наук ____________ А.М. Жумабаев
подпись, дата

Кызылорда 2023
"""
TITLE = "ОЦЕНКА ЗАПАСОВ ПОДЗЕМНЫХ ВОД ПРАВОБЕРЕЖЬЯ НИЖНЕЙ СЫРДАРЬИ"


@pytest.fixture
def desk(client: FlaskClient, people: People) -> FlaskClient:
    """An admin of the agency and of the one below it, signed in."""
    return sign_in(client, people.admin)


def begin(desk: FlaskClient, catalogue: Catalogue, text: str | bytes = PAGE, name: str = "otchet_2023.txt") -> str:
    """The address of the form of a record that begins with a file of that text."""
    agency = str(opened(catalogue, SYSTEM, "su-balansy").record.organization.id)  # type: ignore[union-attr]
    sent = {"file": (io.BytesIO(text.encode() if isinstance(text, str) else text), name), "organization": agency}
    answer = desk.post(BEGIN, data=sent, headers=HERE)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def signed(catalogue: Catalogue, email: str) -> UUID | None:
    with catalogue.sessions.read() as session:
        return session.scalar(select(User.id).where(User.email == email))


def slug_of(address: str) -> str:
    return address.partition("/edit")[0].rpartition("/")[2]


def test_what_the_title_page_says_is_offered_and_taken_by_one_button(desk: FlaskClient, peopled: Catalogue) -> None:
    address = begin(desk, peopled)
    page = desk.get(address).text
    assert "is being read" in page
    held = filled(page)
    work(peopled)
    record = opened(peopled, SYSTEM, slug_of(address)).record
    assert (record.state, record.contributors, record.issued) == (RecordState.DRAFT, (), None)  # nothing is filled in
    page = unescape(desk.get(address).text)
    for told in (TITLE, "А.М. Жумабаев", "0121РК00417", "70.27.13", "2023"):
        assert re.search(f'<q lang="[a-z]*">[^<]*{told}', page), told
    answer = send(desk, address.partition("?")[0], held, "fill")
    page = desk.get(answer.location).text
    values = dict(filled(page))
    assert (values["title.ru"], values["issued"], values.get("title.other", "")) == (TITLE, "2023", "")
    assert (values["contributors-0-name"], values["type"]) == ("А.М. Жумабаев", "report")
    assert send(desk, address.partition("?")[0], filled(page)).status_code == 303
    stands = opened(peopled, SYSTEM, slug_of(address)).record
    assert (stands.title.ru, stands.register_number, str(stands.issued)) == (TITLE, "0121РК00417", "2023")
    assert [(one.name, one.role.value) for one in stands.contributors] == [("А.М. Жумабаев", "leader")]
    assert {one.scheme for one in stands.subjects} == {"grnti", "udc"}
    assert "The file says:" not in desk.get(address).text


def test_what_somebody_typed_is_written_over_only_where_they_take_it(desk: FlaskClient, peopled: Catalogue) -> None:
    address = begin(desk, peopled, PAGE.replace("ПОДЗЕМНЫХ", '<script>alert("1")</script>'))
    path = address.partition("?")[0]
    mine = changed(filled(desk.get(path).text), title__ru="Моё название", issued="1999")
    assert send(desk, path, mine).status_code == 303
    work(peopled)
    page = desk.get(path).text
    assert "2023</q>" in page
    assert "&lt;script&gt;alert" in page
    assert "<script>alert" not in page
    kept = dict(filled(desk.get(send(desk, path, filled(page), "fill").location).text))
    assert (kept["title.ru"], kept["issued"], kept["register_number"]) == ("Моё название", "1999", "0121РК00417")
    taken = send(desk, path, filled(page), 'take:issued:{"=": "2023"}')
    assert dict(filled(desk.get(taken.location).text))["issued"] == "2023"
    assert str(opened(peopled, SYSTEM, slug_of(path)).record.issued) == "1999"


def test_a_file_without_a_title_page_is_guessed_from_and_says_so(desk: FlaskClient, peopled: Catalogue) -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.setAuthor("Ivanova A.A.")
    for place, (size, text) in enumerate(
        [(24, "Groundwater of the Syrdarya"), *[(10, "Nine posts were sampled.")] * 4]
    ):
        canvas.setFont("Helvetica", size)
        canvas.drawString(72, 700 - 40 * place, text)
    canvas.save()
    address = begin(desk, peopled, buffer.getvalue(), "scan.pdf")
    work(peopled)
    page = unescape(desk.get(address).text)
    assert "has no title page of a research report" in page
    for told in ("Groundwater of the Syrdarya", "Ivanova A.A."):
        assert re.search(f'A guess from the file: <q lang="[a-z]*">[^<]*{told}', page), told
    assert "The file says:" not in page
    stands = opened(peopled, SYSTEM, slug_of(address)).record
    assert (stands.title.show("en").value, stands.contributors, stands.read_from_file) == ("scan", (), ())
    filled_in = dict(filled(desk.get(send(desk, address.partition("?")[0], filled(page), "fill").location).text))
    assert (filled_in["title.en"], filled_in["contributors-0-name"]) == ("Groundwater of the Syrdarya", "Ivanova A.A.")


def test_a_file_that_is_refused_makes_no_record(desk: FlaskClient, peopled: Catalogue, people: People) -> None:
    def records() -> int:
        with peopled.sessions.read() as session:
            return session.scalar(select(func.count()).select_from(Dataset)) or 0

    before = records()
    agency = str(opened(peopled, SYSTEM, "su-balansy").record.organization.id)  # type: ignore[union-attr]
    for sent in ({}, {"file": (io.BytesIO(b""), "empty.txt")}):
        answer = desk.post(BEGIN, data={**sent, "organization": agency}, headers=HERE)
        assert answer.status_code == 400
        assert 'id="error-file"' in answer.text
    nobody = desk.post(BEGIN, data={"file": (io.BytesIO(b"x"), "x.txt")}, headers=HERE)
    assert nobody.status_code == 400
    assert 'id="error-organization"' in nobody.text
    member = sign_in(desk.application.test_client(), people.member)
    assert member.get(BEGIN).status_code == 403
    asked = {"file": (io.BytesIO(b"x"), "x.txt"), "organization": agency}
    assert member.post(BEGIN, data=asked, headers=HERE).status_code == 403
    with pytest.raises(NotAllowed):
        told_by_file.begin(peopled, Actor(signed(peopled, people.stranger)), UUID(agency), io.BytesIO(b"x"), "x.txt")
    assert records() == before
