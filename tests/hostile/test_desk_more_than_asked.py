"""Fields that no form has, bodies and fields that are too long, and things done twice or at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from opendata.catalog.records import RecordState
from opendata.services.actors import Role
from opendata.store.accounts import ApiToken, Membership, User
from opendata.store.datasets import Dataset
from opendata.store.operations import DatasetEvent
from opendata.web.api.contract import FORM_TYPE, TABLE
from tests.hostile.desk import NOWHERE, Doors, account, stored
from tests.web.people import HERE

MORE: dict[str, Any] = {
    "id": str(NOWHERE), "state": "published", "private": False, "organization": "other", "responsible": "x",
    "creator_id": str(NOWHERE), "published_at": "2020-01-01T00:00:00Z", "metadata_created": "2020-01-01T00:00:00Z",
    "sysadmin": True, "role": "admin", "held": False, "stored": True, "checksum": "0" * 64, "demo": True, "views": 9,
}  # fmt: skip
"""What a record, a file or an account has and no form of it asks for."""


def _dataset(doors: Doors) -> dict[str, str]:
    with doors.catalogue.sessions.read() as session:
        row = session.get_one(Dataset, UUID(doors.things["su"]["dataset_id"]))
        columns = (
            "state",
            "private",
            "organization_id",
            "responsible_id",
            "creator_id",
            "published_at",
            "demo",
            "views",
        )
        return {name: repr(getattr(row, name)) for name in columns}


def test_forms_take_their_own_fields_alone(doors: Doors) -> None:
    slug, before = doors.things["su"]["slug"], _dataset(doors)
    path = f"/desk/datasets/{slug}/edit"
    form = {name: str(said) for name, said in MORE.items() if name not in ("private", "organization")}
    answer = doors.browsers["editor"].post(path, data=form | {"title.ru": "Вода", "act": "save"}, headers=HERE)
    assert answer.status_code in (303, 400)
    assert _dataset(doors) == before
    doors.browsers["editor"].post("/account/profile", data=form | {"name": "Editor", "email": "x@y.kz"}, headers=HERE)
    with doors.catalogue.sessions.read() as session:
        user = session.get_one(User, account(doors.catalogue, "editor@example.kz"))
        assert (user.sysadmin, user.email, user.name) == (False, "editor@example.kz", "Editor")
        held = session.scalars(select(Membership.role).where(Membership.user_id == user.id)).all()
    assert held == [Role.EDITOR]


def test_operations_refuse_fields_that_they_do_not_have(doors: Doors) -> None:
    token = {"Authorization": f"Bearer {doors.tokens['sysadmin']}"}
    before, client = stored(doors.catalogue), doors.app.test_client()
    for op in TABLE.operations:
        kind = next(iter(op.body.content)) if op.body else FORM_TYPE
        if "json" not in kind:
            continue
        path = "/api/v1" + op.path.format(
            **{one.name: doors.things["su"].get("slug", "x") for one in op.parameters if one.place == "path"}
        )
        headers = token | {"Content-Type": kind}
        answer = client.open(path, method=op.method, json={"sysadmin": True, "no_such_field": 1}, headers=headers)
        assert 400 <= answer.status_code < 500 or op.rate == "searches", (op.id, answer.status_code)
    after = stored(doors.catalogue)
    assert {name: set(after[name]) ^ set(before[name]) for name in before if after[name] != before[name]} == {}


@pytest.mark.parametrize("action", ["user_update", "user_patch"])
def test_nobody_makes_themselves_more_by_an_action(doors: Doors, action: str) -> None:
    token = {"Authorization": f"Bearer {doors.tokens['editor']}"}
    user = account(doors.catalogue, "editor@example.kz")
    sent = {"id": str(user), "email": "editor@example.kz", "sysadmin": True, "state": "active", "role": "admin"}
    doors.app.test_client().post(f"/api/3/action/{action}", json=sent, headers=token)
    with doors.catalogue.sessions.read() as session:
        assert session.get_one(User, user).sysadmin is False


def test_what_is_too_long_is_refused_in_words_and_kept_nowhere(doors: Doors) -> None:
    browser, before = doors.browsers["admin"], stored(doors.catalogue)
    things = doors.things["su"]
    long = "я" * 700_000
    for path, name in (
        (f"/desk/datasets/{things['slug']}/comment", "message"), ("/account/profile", "name"),
        ("/account/tokens", "name"),
        (f"/desk/organizations/{things['organization']}/edit", "title.ru"), ("/desk/handover", "note"),
        (f"/desk/datasets/{things['slug']}/edit", "title.ru"), (f"/desk/problems/{things['report_id']}", "answer"),
        ("/dataset/su-balansy/report", "message"), (f"/desk/datasets/{things['slug']}/withdraw", "reason"),
    ):  # fmt: skip
        many = browser.post(path, data={name: long, "act": "save"}, headers=HERE)
        huge = browser.post(path, data=b"x" * 5_000_000, headers=HERE, content_type="application/x-www-form-urlencoded")
        for answer in (many, huge):
            assert answer.status_code in (400, 404, 409, 413, 422), (path, answer.status_code)
    after = stored(doors.catalogue) | {"form_drafts": before["form_drafts"]}
    assert {name: len(after[name]) for name in after if after[name] != before[name]} == {}


def test_two_who_accept_at_once_accept_it_once(doors: Doors) -> None:
    key = UUID(doors.things["su"]["dataset_id"])
    with doors.catalogue.sessions.write.begin() as session:
        session.execute(update(Dataset).where(Dataset.id == key).values(state=RecordState.IN_REVIEW, withdrawn_at=None))
    path = f"/desk/datasets/{doors.things['su']['slug']}/publish"
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda who: doors.browsers[who].post(path, headers=HERE), ("reviewer", "admin")))
    assert sorted(one.status_code for one in answers)[0] == 303

    with doors.catalogue.sessions.read() as session:
        told = session.scalars(select(DatasetEvent.action).where(DatasetEvent.object_id == key)).all()
        assert session.get_one(Dataset, key).state is RecordState.PUBLISHED
    assert sum(one in ("published", "accepted") for one in told) == 1, told


def test_a_token_and_a_role_that_are_gone_do_nothing_more(doors: Doors) -> None:
    slug = doors.things["su"]["slug"]
    browser, token = doors.browsers["editor"], {"Authorization": f"Bearer {doors.tokens['editor']}"}
    assert browser.get(f"/desk/datasets/{slug}/edit").status_code == 200
    with doors.catalogue.sessions.write.begin() as session:
        user = account(doors.catalogue, "editor@example.kz")
        session.execute(update(Membership).where(Membership.user_id == user).values(role=Role.MEMBER))
        session.execute(update(ApiToken).where(ApiToken.user_id == user).values(revoked=doors.catalogue.now()))
    before = stored(doors.catalogue)
    sent = {"title.ru": "x", "act": "save"}
    assert browser.post(f"/desk/datasets/{slug}/edit", data=sent, headers=HERE).status_code == 403
    assert doors.app.test_client().get("/api/v1/me", headers=token).status_code == 401
    assert stored(doors.catalogue) == before
