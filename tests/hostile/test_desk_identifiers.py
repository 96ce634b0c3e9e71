"""Names, numbers and ids of what belongs to others: nothing is done by them, and no answer tells that there is such a
thing: it is the answer for a thing that is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from opendata.store.accounts import ApiToken, UserIdentity, UserSession
from opendata.web.api.contract import FORM_TYPE, TABLE
from opendata.web.ckan_api.rules import ACTIONS
from opendata.web.rules import EVERYBODY, PAGES
from tests.hostile.desk import Doors, account, stored, value
from tests.web.people import HERE
from tests.web.test_rules import POSTED, TUS, action_parameters

KNOWN = ("desk_organizations.", "/organizations/")
"""What is done to organisations: that they are there is public, so 403 says it as well as 404."""
MISSING = {
    "slug": "no-such-slug", "study": "no-such-study", "source": "no-such-source", "organization": "no-such-agency",
    "job_id": "99999", "row_id": "99999", "dataset_id": str(UUID(int=8)), "resource_id": str(UUID(int=9)),
    "user": "guest@example.kz",
}  # fmt: skip
Asked = tuple[str, str, str, str, Mapping[str, Any]]
"""A door with its address before their thing and before none, and what is sent."""


def _missing(things: Mapping[str, str]) -> dict[str, str]:
    return {name: MISSING.get(name, str(UUID(int=99))) for name in things}


def _pages(doors: Doors) -> Iterator[Asked]:
    adapter, theirs = doors.app.url_map.bind("localhost"), doors.things["su"]
    for route in doors.app.url_map.iter_rules():
        rule = PAGES.get(route.endpoint, EVERYBODY)
        if rule == EVERYBODY or not (route.arguments & _named(route.rule, theirs)) or route.endpoint.startswith(KNOWN):
            continue
        paths = [
            adapter.build(
                route.endpoint,
                {name: value(things, route.rule, name) for name in route.arguments} | dict(route.defaults or {}),
            )
            for things in (theirs, _missing(theirs))
        ]
        for method in (route.methods or set()) - {"HEAD", "OPTIONS"}:
            yield route.endpoint, method, paths[0], paths[1], {"data": POSTED} if method == "POST" else {}


def _named(rule: str, things: Mapping[str, str]) -> set[str]:
    """The places of the address at which something stands that belongs to somebody."""
    return {name for name in re.findall(r"(\w+)>", rule) if value(things, rule, name) in things.values()}


def _operations(doors: Doors) -> Iterator[Asked]:
    theirs = doors.things["su"]
    for op in TABLE.operations:
        if "{" not in op.path or any(known in op.path for known in KNOWN):
            continue
        paths = [
            "/api/v1" + re.sub(r"\{(\w+)\}", lambda at: value(things, op.path, at[1]), op.path)  # noqa: B023
            for things in (theirs, _missing(theirs))
        ]
        sent: dict[str, Any] = {}
        if op.body is not None:
            kind = next(iter(op.body.content))
            sent = {"data": b"" if kind == FORM_TYPE else b"{}", "content_type": kind}
        yield op.id, op.method, paths[0], paths[1], sent


def _same(client: FlaskClient, asked: Asked, things: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """What differs between the answers, or was let in; "" for nothing."""
    name, method, theirs, none, sent = asked
    answers = []
    for path in (theirs, none):
        with client.open(path, method=method, headers={**HERE, **TUS, **headers}, **sent) as answer:
            answers.append(
                (answer.status_code, _plain(answer.get_data(as_text=True), things), answer.headers.get("Location", ""))
            )
    if answers[0][:2] != answers[1][:2]:
        return f"{name}: {method} {theirs}: {answers[0]} and not {answers[1]}"
    changed = method not in ("GET", "HEAD", "OPTIONS") and answers[0][0] < 300
    return f"{name}: {method} {theirs} was let in" if changed else ""


def _plain(text: str, things: Mapping[str, str]) -> str:
    """The answer without what was asked for."""
    for name in sorted({*things.values(), *_missing(things).values()} - {things["organization"]}, key=len)[::-1]:
        text = re.sub(rf"(?<![\w.:-]){re.escape(name)}(?![\w-])", "@", text)
    return text


def test_what_others_have_is_answered_as_what_is_not_there(doors: Doors) -> None:
    before, things = stored(doors.catalogue), doors.things["su"]
    found = [
        _same(doors.browsers["stranger"], asked, things, {"Accept": "application/json"}) for asked in _pages(doors)
    ]
    for who in ("stranger", "bound"):
        token = {"Authorization": f"Bearer {doors.tokens[who]}"}
        found += [_same(doors.app.test_client(), asked, things, token) for asked in _operations(doors)]
    assert [one for one in found if one] == []
    assert stored(doors.catalogue) == before


@pytest.mark.parametrize("path", ["/desk/jobs", "/api/v1/jobs"])
def test_no_filter_tells_what_others_have(doors: Doors, path: str) -> None:
    token = {"Authorization": f"Bearer {doors.tokens['stranger']}"}
    names = (doors.things["su"]["source"], MISSING["source"])
    answers = [doors.app.test_client().get(path, query_string={"source": name}, headers=token) for name in names]
    assert [one.status_code for one in answers] == [404, 404]
    mine = {"source": doors.things["other"]["source"]}
    assert doors.app.test_client().get(path, query_string=mine, headers=token).status_code == 200


@pytest.mark.parametrize("who", ["stranger", "bound"])
def test_no_action_is_done_to_what_others_have(doors: Doors, who: str) -> None:
    """CKAN's own answers say 403 of what is there and 404 of what is not, and so do ours; nothing is shown or done."""
    before, things = stored(doors.catalogue), doors.things["su"]
    secret = [things["slug"], "Вода su", "Сток su", "data.example.kz/a.csv"]
    for name, rule in ACTIONS.items():
        if not rule.owned and name.endswith(("_create", "_invite")):
            continue  # makes something of one's own
        sent = action_parameters(name, things)
        answer = doors.app.test_client().post(
            f"/api/3/action/{name}", json=sent, headers={"Authorization": f"Bearer {doors.tokens[who]}"}
        )
        assert answer.status_code < 500, name
        if answer.status_code < 300:
            assert not [one for one in secret if one in answer.text], name
    after = stored(doors.catalogue)
    assert {name: set(after[name]) ^ set(before[name]) for name in before if after[name] != before[name]} == {}


def test_what_is_a_persons_own_is_nobody_elses(doors: Doors) -> None:
    """Not even a sysadmin's: kept forms, sessions, tokens, ties to a provider, half-sent files, webhooks."""
    user = account(doors.catalogue, "admin@example.kz")
    with doors.catalogue.sessions.write.begin() as session:
        tie = UserIdentity(user_id=user, issuer="https://sso.example", subject="1", created=doors.catalogue.now())
        session.add(tie)
        session.flush()
        key = session.scalars(select(UserSession.id).where(UserSession.user_id == user)).first()
        token = session.scalars(select(ApiToken.id).where(ApiToken.user_id == user)).first()
        paths = [
            f"/account/sessions/{key}/end", f"/account/sso/unlink/{tie.id}", f"/account/tokens/{token}/revoke",
            f"/desk/drafts/{doors.things['su']['draft_id']}/discard",
        ]  # fmt: skip
    before = stored(doors.catalogue)
    for who in ("stranger", "sysadmin", "editor"):
        client = doors.browsers[who]
        for path in paths:
            none = re.sub(r"[0-9a-f-]{36}", str(uuid4()), path)
            answers = [client.post(one, headers=HERE) for one in (path, none)]
            assert len({(one.status_code, one.headers.get("Location", "")) for one in answers}) == 1, (who, path)
        bearer = {"Authorization": f"Bearer {doors.tokens[who]}"}
        assert client.delete(f"/api/v1/me/tokens/{token}", headers=bearer | HERE).status_code == 404
    assert stored(doors.catalogue) == before
    assert doors.browsers["admin"].get("/account/sessions").status_code == 200


def test_a_file_is_not_reached_through_another_record(doors: Doors) -> None:
    mine, theirs = doors.things["other"], doors.things["su"]
    before = stored(doors.catalogue)
    adapter = doors.app.url_map.bind("localhost")
    for route in doors.app.url_map.iter_rules():
        if not {"slug", "resource_id"} <= route.arguments:
            continue
        given = {name: value(mine, route.rule, name) for name in route.arguments}
        path = adapter.build(route.endpoint, given | {"resource_id": theirs["resource_id"]})
        for method in (route.methods or set()) - {"HEAD", "OPTIONS"}:
            assert doors.browsers["stranger"].open(path, method=method, headers=HERE).status_code in (400, 404), path
    token = {"Authorization": f"Bearer {doors.tokens['stranger']}"}
    for op in TABLE.operations:
        if "{resource_id}" in op.path:
            path = "/api/v1" + op.path.format(name=mine["slug"], resource_id=theirs["resource_id"], number="1")
            sent: dict[str, Any] = {"json": {"disclosure": {"status": "open"}}} if op.body else {}
            status = doors.app.test_client().open(path, method=op.method, headers=token, **sent).status_code
            assert status in (400, 404, 415, 422), (op.id, status)
            assert status == 404 or op.body is not None, op.id
    assert stored(doors.catalogue) == before


def test_nothing_is_moved_to_another_agency_or_taken_from_it(doors: Doors) -> None:
    """Fields that name a thing of others: the organisation of a record, what it is tied to, who answers for it."""
    mine, theirs = doors.things["other"], doors.things["su"]
    before = stored(doors.catalogue)
    token = {"Authorization": f"Bearer {doors.tokens['stranger']}"}
    client = doors.app.test_client()
    title = {"title": {"ru": "Вода"}}
    tries: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/api/v1/datasets", title | {"organization": "su"}),
        ("POST", "/api/v1/studies", title | {"organization": "su", "register_number": "BR1"}),
        ("PATCH", f"/api/v1/datasets/{mine['slug']}", {"organization": "su"}),
        ("PATCH", f"/api/v1/studies/{mine['study']}", {"organization": "su"}),
        ("PATCH", f"/api/v1/sources/{mine['source']}", {"organization": "su"}),
        ("PATCH", "/api/v1/organizations/other", {"parent": "su"}),
        ("PUT", "/api/v1/organizations/su/members/stranger@example.kz", {"role": "admin"}),
        ("POST", "/api/v1/webhooks", {"url": "https://hook.example/x", "organization": "su"}),
        ("POST", "/api/v1/me/tokens", {"name": "x", "organization": "su"}),
        ("POST", "/api/3/action/package_create", {"name": "x-y", "title": "x", "owner_org": "su"}),
        ("POST", "/api/3/action/package_patch", {"id": mine["slug"], "owner_org": "su"}),
        ("POST", "/api/3/action/package_owner_org_update", {"id": theirs["slug"], "organization_id": "other"}),
        ("POST", "/api/3/action/resource_create", {"package_id": theirs["slug"], "url": "https://x.example/a"}),
        ("POST", "/api/3/action/resource_patch", {"id": theirs["resource_id"], "package_id": mine["slug"]}),
    ]
    for method, path, body in tries:
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        answer = client.open(path, method=method, json=body, headers=token | {"Content-Type": kind})
        assert answer.status_code in (400, 403, 404, 409, 422), (path, body, answer.text)
    forms: list[tuple[str, dict[str, str]]] = [
        (f"/desk/datasets/{mine['slug']}/responsible", {"person": "admin@example.kz"}),
        ("/desk/handover", {"person": "admin@example.kz", "successor": "stranger@example.kz", "organization": "su"}),
        ("/desk/handover/unowned", {"organization": "su", "kind": "dataset", "user": "stranger@example.kz"}),
        ("/desk/datasets/new", {"title-ru": "Вода", "organization": str(doors.owners["su"]), "act": "save:anyway"}),
        ("/desk/sources/new", {"name": "x", "type": "ckan", "url": "https://x.example", "organization": "su"}),
        ("/desk/alerts", {"kind": "email", "address": "x@example.kz", "organization": "su"}),
        ("/desk/uploads/new", {"organization": "su"}),
    ]
    for path, form in forms:
        answer = doors.browsers["stranger"].post(path, data=form, headers=HERE)
        assert answer.status_code in (400, 403, 404, 422), (path, answer.status_code)
    after = stored(doors.catalogue) | {"form_drafts": before["form_drafts"]}  # what was typed is kept
    assert {name: set(after[name]) ^ set(before[name]) for name in before if after[name] != before[name]} == {}
