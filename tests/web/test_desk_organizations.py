"""Agencies, accounts and hand-overs at the desk."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from opendata.services.actors import Role
from opendata.services.catalogue import Catalogue
from opendata.store.accounts import Membership, User
from opendata.store.datasets import Dataset
from opendata.store.organizations import Organization
from opendata.store.states import UserState
from tests.web.people import HERE, People, sign_in

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


@pytest.fixture
def admin(app: Flask, people: People) -> FlaskClient:
    return sign_in(app.test_client(), people.admin)


@pytest.fixture
def root(app: Flask, people: People) -> FlaskClient:
    return sign_in(app.test_client(), people.sysadmin)


def post(client: FlaskClient, path: str, status: int = 303, **data: object) -> TestResponse:
    answer = client.post(path, data=data, headers=HERE)
    assert answer.status_code == status, answer.text
    return answer


def agency(site: Catalogue, slug: str) -> Organization:
    with site.sessions.read() as session:
        return session.scalars(select(Organization).where(Organization.slug == slug)).one()


def role(site: Catalogue, name: str, slug: str) -> Role | None:
    with site.sessions.read() as session:
        key = session.scalars(select(User.id).where(User.email == f"{name}@example.kz")).one()
        held = session.get(Membership, (key, agency(site, slug).id))
        return held.role if held else None


def form(**more: object) -> dict[str, object]:
    return {"title.ru": "Агентство воды", "title.kk": "Су агенттігі", "slug": "su", **more}


def test_the_tree_shows_what_one_works_for_with_counts(admin: FlaskClient, root: FlaskClient) -> None:
    page = admin.get("/en/desk/organizations").text
    assert page.index("/desk/organizations/su") < page.index("/desk/organizations/su-head")
    assert "/desk/organizations/other" not in page
    assert "/desk/organizations/other" in root.get("/en/desk/organizations").text


def test_an_agency_is_changed_and_its_former_address_leads_on(admin: FlaskClient, peopled: Catalogue) -> None:
    assert "Агентство воды" in admin.get("/en/desk/organizations/su/edit").text
    sent = form(slug="suly", review="yes", homepage="https://su.example.kz", email="su@example.kz")
    answer = post(admin, "/en/desk/organizations/su/edit", **sent)
    assert answer.location.endswith("/en/desk/organizations/suly?done=agency_saved")
    row = agency(peopled, "suly")
    assert (row.review, row.homepage, row.email) == (True, "https://su.example.kz", "su@example.kz")
    page = admin.get("/en/desk/organizations/su").text
    assert "<dt>Former addresses</dt><dd>su</dd>" in page
    assert "The agency was saved." in admin.get(answer.location).text
    assert admin.get("/organization/su").status_code in (301, 302, 308)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"slug": "other"}, "Another agency has this address"),
        ({"slug": "Су"}, "Write 2 to 100 small Latin letters"),
        ({"email": "nobody"}, "is no e-mail address"),
        ({"homepage": "javascript:alert(1)"}, "is no web address"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    admin: FlaskClient, sent: dict[str, object], words: str
) -> None:
    answer = post(admin, "/en/desk/organizations/su/edit", 400, **form(**{"description.en": "Kept words", **sent}))
    assert words in answer.text
    assert "Kept words" in answer.text


def test_two_people_at_once_are_told(admin: FlaskClient, root: FlaskClient) -> None:
    page = admin.get("/en/desk/organizations/su/edit").text
    version = page.partition('name="form-version" value="')[2].partition('"')[0]
    assert version
    post(root, "/en/desk/organizations/su/edit", **form(homepage="https://theirs.example.kz"))
    sent = form(homepage="https://mine.example.kz") | {"form-version": version}
    answer = post(admin, "/en/desk/organizations/su/edit", 409, **sent)
    assert "https://mine.example.kz" in answer.text
    assert "https://theirs.example.kz" in answer.text


def test_an_administrator_adds_below_and_a_sysadmin_anywhere(
    admin: FlaskClient, root: FlaskClient, peopled: Catalogue
) -> None:
    sent = {"title.ru": "Отдел", "slug": "otdel"}
    post(admin, "/en/desk/organizations/new", **sent, parent="su")
    assert agency(peopled, "otdel").parent_id == agency(peopled, "su").id
    assert admin.post("/en/desk/organizations/new", data={**sent, "slug": "top"}, headers=HERE).status_code in (
        400,
        403,
    )
    post(root, "/en/desk/organizations/new", **{**sent, "slug": "top"})
    assert agency(peopled, "top").parent_id is None


def test_only_an_agency_that_is_not_in_use_is_closed_and_it_can_be_opened_again(
    admin: FlaskClient, root: FlaskClient, peopled: Catalogue
) -> None:
    assert "still has records" in post(admin, "/en/desk/organizations/su/close", 409).text
    post(admin, "/en/desk/organizations/new", **{"title.ru": "Отдел", "slug": "otdel", "parent": "su"})
    post(admin, "/en/desk/organizations/otdel/close")
    assert admin.get("/en/desk/organizations/otdel").status_code == 404
    assert "Closed" in root.get("/en/desk/organizations").text
    post(root, "/en/desk/organizations/otdel/reopen")
    assert agency(peopled, "otdel").state == "active"


def test_a_picture_is_one_by_its_bytes(admin: FlaskClient, peopled: Catalogue) -> None:
    wrong = {"picture": (BytesIO(b"<script>alert(1)</script>"), "a.png")}
    assert "Send a PNG" in post(admin, "/en/desk/organizations/su/picture", 400, **wrong).text
    post(admin, "/en/desk/organizations/su/picture", picture=(BytesIO(PNG), "a.png"))
    path = agency(peopled, "su").image_url
    assert path.startswith("/image/")
    assert f'src="{path}"' in admin.get("/en/desk/organizations/su").text
    post(admin, "/en/desk/organizations/su/picture", picture=(BytesIO(b""), ""))
    assert agency(peopled, "su").image_url == ""


def test_roles_are_given_and_the_last_administrator_is_not_taken_by_chance(
    admin: FlaskClient, peopled: Catalogue
) -> None:
    post(admin, "/en/desk/organizations/su/members", user="member", role="reviewer")
    assert role(peopled, "member", "su") is Role.REVIEWER
    post(admin, "/en/desk/organizations/su/members", user="member", role="")
    assert role(peopled, "member", "su") is None
    answer = post(admin, "/en/desk/organizations/su/members", 409, user="admin", role="member")
    assert "Nobody else administers this agency." in answer.text
    assert role(peopled, "admin", "su") is Role.ADMIN
    post(admin, "/en/desk/organizations/su/members", user="admin", role="member", sure="1")
    assert role(peopled, "admin", "su") is Role.MEMBER


def test_roles_from_above_are_shown(admin: FlaskClient) -> None:
    page = admin.get("/en/desk/organizations/su-head").text
    assert "By a role held above" in page
    assert "admin" in page.partition("By a role held above")[2]


def test_who_has_an_account_gets_the_role_and_who_has_none_an_invitation(
    admin: FlaskClient, peopled: Catalogue
) -> None:
    post(admin, "/en/desk/organizations/su/invite", email="lonely@example.kz", role="editor")
    assert role(peopled, "lonely", "su") is Role.EDITOR
    page = post(admin, "/en/desk/organizations/su/invite", 200, email="new@example.kz", role="editor").text
    assert "/account/invitation/" in page
    assert role(peopled, "new", "su") is Role.EDITOR
    for wrong in ("nobody-at-all", "", "a b@x"):
        assert post(admin, "/en/desk/organizations/su/invite", 400, email=wrong, role="editor")
    assert admin.post("/en/desk/organizations/su/invite", data={"email": "a@x.kz", "role": "god"}, headers=HERE)


def test_who_was_invited_is_marked_until_they_come_and_gets_a_new_link(admin: FlaskClient, peopled: Catalogue) -> None:
    first = post(admin, "/en/desk/organizations/su/invite", 200, email="later@example.kz", role="editor").text
    assert first.count("New link") == 1
    assert "later@example.kz" in admin.get("/en/desk/organizations/su").text
    again = post(admin, "/en/desk/organizations/su/invite", 200, email="Later@example.kz", role="reviewer").text
    assert link_in(again) != link_in(first)
    assert admin.get(link_in(first)).status_code == 410
    assert admin.get(link_in(again)).status_code == 200
    assert role(peopled, "later", "su") is Role.REVIEWER


def link_in(page: str) -> str:
    found = re.search(r"/en/account/invitation/[\w-]+", page)
    assert found is not None
    return found.group()


def test_accounts_are_listed_ended_and_let_in_again(root: FlaskClient, peopled: Catalogue) -> None:
    assert "member@example.kz" in root.get("/en/desk/people").text
    assert "invited on the page of their agency" in root.get("/en/desk/people").text
    assert "member@example.kz" not in root.get("/en/desk/people?q=stranger").text
    assert root.get("/en/desk/people?state=god").status_code == 400
    with peopled.sessions.read() as session:
        keys = dict(session.execute(select(User.email, User.id)).all())
    path = f"/en/desk/people/{keys['editor@example.kz']}"
    assert "End the account" in root.get(path).text
    post(root, f"{path}/state", state="deleted")
    with peopled.sessions.read() as session:
        assert session.get_one(User, keys["editor@example.kz"]).state is UserState.BLOCKED
    assert "Let it be used again" in root.get(path).text
    post(root, f"{path}/state", state="active")
    post(root, f"/en/desk/people/{keys['root@example.kz']}/state", 409, state="deleted")


def test_a_hand_over_is_seen_before_it_is_done(admin: FlaskClient, peopled: Catalogue) -> None:
    with peopled.sessions.write.begin() as session:
        editor = session.scalars(select(User).where(User.email == "editor@example.kz")).one()
        row = session.scalars(select(Dataset).where(Dataset.slug == "su-balansy")).one()
        row.responsible_id = editor.id
    page = admin.get("/en/desk/handover").text
    assert "nobody was named" in page
    page = admin.get("/en/desk/handover?person=editor&successor=admin&note=x").text
    assert "From editor to admin" in page
    assert "1 record" in page
    assert admin.get("/en/desk/handover?person=nobody&successor=admin").status_code == 400
    post(admin, "/en/desk/handover", person="editor", successor="admin", note="Отпуск <b>")
    page = admin.get("/en/desk/handover").text
    assert "editor → admin" in page
    assert "Отпуск &lt;b&gt;" in page
    post(admin, "/en/desk/handover/unowned", organization="su", kind="dataset", user="admin")
    post(admin, "/en/desk/handover/unowned", 400, organization="su", kind="study", user="member")
    assert admin.post("/desk/handover/unowned", data={"kind": "x"}, headers=HERE).status_code == 404
