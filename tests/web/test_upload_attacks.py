"""Hostile input before bulk uploads: it is refused in words, and never a fault of the site."""

from __future__ import annotations

import io
import re
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from opendata.services import accounts
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import jobs
from opendata.store.accounts import User
from opendata.store.datasets import Dataset
from opendata.store.register import Study
from opendata.store.states import UserState
from tests.factories import ru
from tests.web.people import HERE, People, sign_in
from tests.web.test_api_uploads import API, Program
from tests.web.test_uploads import good

HUGE = 10**30


@pytest.fixture
def program(client: FlaskClient, peopled: Catalogue, people: People) -> Program:
    """That of the editor of the agency "su"."""
    return Program(client, peopled, accounts.create_token(peopled, people.editor))


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"file":' * 100_000,
        b'{"file": "\\ud800", "organization": "su"}',
        b'{"file": "00000000-0000-0000-0000-000000000001", "organization": "\\ud800"}',
        b'{"file": "00000000-0000-0000-0000-000000000001", "organization": "su\\u0000"}',
        b'{"file": "00000000-0000-0000-0000-000000000001", "organization": "su", "language": "\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"file": ' + b"9" * 10_000 + b"}",
        b'{"file": NaN}',
        b"\xff\xfe{",
    ],
)
def test_hostile_json_is_refused_in_words(program: Program, body: bytes) -> None:
    answer = program.client.post(API, headers=program.headers, data=body, content_type="application/json")
    assert answer.status_code in (400, 404, 422), answer.text


@pytest.mark.parametrize(
    ("step", "body"),
    [
        ("check", b'{"columns": {"\\ud800": {"a": "title"}}}'),
        ("check", b'{"columns": {"datasets": {"\\ud800": "title"}}}'),
        ("check", b'{"columns": {"datasets": {"a": "\\ud800"}}}'),
        ("check", b'{"columns": {"datasets": {"a\\u0000b": "title"}}}'),
        ("check", b'{"columns": {"$sheets": {"\\ud800": "datasets"}}}'),
        ("check", b'{"columns": {"sheets": {"\\ud800": "datasets"}}}'),
        ("publish", b'{"rows": ' + b"[" * 50_000 + b"}"),
    ],
)
def test_hostile_step_is_refused_in_words(program: Program, step: str, body: bytes) -> None:
    path = program.send(good(1))
    url = f"{API}{path}/{step}"
    answer = program.client.post(url, headers=program.headers, data=body, content_type="application/json")
    assert answer.status_code in (202, 400, 422), answer.text
    if answer.status_code == 202:
        jobs.check(program.catalogue, UUID(path[1:]))
        assert program.get(f"{path}/columns")


def test_number_that_no_row_can_have_leads_nowhere(app: Flask, program: Program, people: People) -> None:
    path = program.send(good(1))
    browser = sign_in(app.test_client(), people.editor)
    assert browser.get(f"/desk/uploads{path}/rows/{HUGE}").status_code == 404
    form: dict[str, Any] = {"shown": "9" * 17, "row": "9" * 17}
    assert browser.post(f"/desk/uploads{path}/choose", data=form, headers=HERE).status_code == 303


@pytest.mark.parametrize("query", ["?done=<script>", "?done=chosen", "?q=%F0%9F%98%80%22%3E%3Cb%3E", "?show=new&q=%25"])
def test_words_of_the_address_are_only_words(app: Flask, program: Program, people: People, query: str) -> None:
    path = program.send(good(1))
    browser = sign_in(app.test_client(), people.editor)
    for page in (f"/desk/uploads{path}", "/desk/held", f"/desk/held/uploads{path}"):
        answer = browser.get(page + query)
        assert answer.status_code == 200, page
        assert "<script>" not in answer.text
        assert '"><b>' not in answer.text


def test_account_without_a_role_sees_no_private_neighbours(app: Flask, peopled: Catalogue, people: People) -> None:
    with peopled.sessions.write.begin() as session:
        study_id = session.scalars(select(Study.id).where(Study.slug == "balans")).one()
        session.execute(update(Study).values(private=True, title=ru("Секретная тема")))
        session.execute(update(Dataset).where(Dataset.slug == "su-balansy").values(study_id=study_id))
    for who, sees in (("lonely", False), ("stranger", False), ("member", True)):
        page = sign_in(app.test_client(), getattr(people, who)).get("/ru/dataset/su-balansy")
        assert (who, page.status_code, "Секретная тема" in page.text) == (who, 200, sees)


def test_what_one_may_do_ends_with_the_role_the_account_and_the_password(
    app: Flask, program: Program, people: People
) -> None:
    """Each of these ends a token or session that is open, or what it may do, between check and publication."""
    catalogue = program.catalogue
    path = program.send(good(1))
    program.post(f"{path}/publish")
    with catalogue.sessions.write.begin() as session:
        session.execute(update(User).where(User.email == people.editor).values(state=UserState.BLOCKED))
    jobs.publish(catalogue, UUID(path[1:]))
    assert program.get(path, status=401)["code"] == "sign_in"
    boss = Program(program.client, catalogue, accounts.create_token(catalogue, people.admin))
    assert boss.get(path)["status"] == "failed"
    assert [row["slug"] for row in boss.get(f"{path}/rows")["items"]] == [""]
    browser = sign_in(app.test_client(), people.admin)
    with catalogue.sessions.write.begin() as session:
        session.execute(update(User).where(User.email == people.admin).values(password_must_change=True))
    assert browser.get(f"{API}{path}").status_code == 403
    for page in (f"/desk/uploads{path}", "/desk/held", f"/desk/held/uploads{path}"):
        assert browser.get(page).status_code == 303
    for step in ("check", "undo", "cancel", "publish", "choose", "columns"):
        assert browser.post(f"/desk/uploads{path}/{step}", headers=HERE).status_code == 403, step
    assert browser.post(f"/desk/held/uploads{path}", data={"reason": "x" * 20}, headers=HERE).status_code == 403


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "//evil", "\tjavascript:x"]
)
def test_link_of_a_row_is_never_run(app: Flask, program: Program, people: People, url: str) -> None:
    form = f"Идентификатор;Название;Файлы\nA-1;Отчёт о воде;{url}\n".encode()
    answer = program.client.post(
        API,
        headers=program.headers,
        data={"file": (io.BytesIO(form), 'a"\r\nX: y.csv'), "organization": "su"},
    )
    assert answer.json is not None
    upload_id = UUID(answer.json["id"])
    jobs.check(program.catalogue, upload_id)
    browser = sign_in(app.test_client(), people.editor)
    for row in program.get(f"/{upload_id}/rows")["items"]:
        for page in (f"/desk/uploads/{upload_id}", f"/desk/uploads/{upload_id}/rows/{row['id']}"):
            shown = browser.get(page)
            assert shown.headers["Cache-Control"] == "no-store"
            assert not re.search(r"(?:href|src)=[\"']\\s*(?:javascript|data):", shown.text, re.IGNORECASE)
            assert "<script>alert" not in shown.text
    sheet = browser.get(f"/desk/uploads/{upload_id}/failed.xlsx")
    assert "X" not in sheet.headers
