"""Organisations, groups, members, accounts and views through CKAN's actions, and who may do what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from opendata.bootstrap import open_catalogue, prepare_home
from opendata.catalog.values import OrganizationRef, Text
from opendata.config import load_config
from opendata.services import memberships, tokens, users
from opendata.services import organizations_writing as organizations
from opendata.services.accounts import NewUser
from opendata.services.actors import SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.services.organizations_writing import OrganizationChange
from opendata.services.users import UserChange
from opendata.store.accounts import User
from opendata.web.app import create_app
from tests.conftest import settings
from tests.factories import feed, found, link, record
from tests.web.conftest import ReadingClient

ROLES = ("anonymous", "lonely", "member", "editor", "admin", "stranger", "sysadmin")
"""All but `lonely`, who belongs nowhere, and `stranger`, an administrator of another agency, are of the agency su."""
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@dataclass
class Portal:
    """A site with people of every role."""

    catalogue: Catalogue
    client: FlaskClient
    tokens: dict[str, str]

    def post(self, name: str, role: str = "sysadmin", /, **data: Any) -> Any:
        """The answer to an action."""
        headers = {"Authorization": self.tokens[role]} if role in self.tokens else {}
        return self.client.post(f"/api/3/action/{name}", json=data, headers=headers)

    def send(self, name: str, role: str = "sysadmin", /, **data: Any) -> Any:
        """The same as a form with files."""
        return self.client.post(f"/api/3/action/{name}", data=data, headers={"Authorization": self.tokens[role]})

    def result(self, name: str, role: str = "sysadmin", /, **data: Any) -> Any:
        """What a call that goes well gives."""
        answer = self.post(name, role, **data)
        assert answer.status_code == 200, answer.text
        return answer.json["result"]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """One for all tests here: each makes what it changes."""
    home: Path = tmp_path_factory.mktemp("portal") / "home"
    config = load_config(environ=settings(home))
    prepare_home(config)
    catalogue = open_catalogue(config)
    for name in ("su", "other"):
        organizations.create(catalogue, SYSTEM, OrganizationChange(slug=name))
    known = {}
    for role in ROLES[1:]:
        new = NewUser(role, f"{role}@example.kz", "a password of ten", username=role)
        users.create(catalogue, SYSTEM, new, UserChange(sysadmin=role == "sysadmin"))
        known[role], _ = tokens.create(catalogue, SYSTEM, role, "tests")
    for role in (Role.MEMBER, Role.EDITOR, Role.ADMIN):
        memberships.give_role(catalogue, SYSTEM, "su", role, role)
    memberships.give_role(catalogue, SYSTEM, "other", "stranger", Role.ADMIN)
    app = create_app(catalogue)
    app.test_client_class = ReadingClient
    yield Portal(catalogue, app.test_client(), known)
    catalogue.close()


def dataset(portal: Portal, owner: str = "su", **changes: Any) -> Any:
    """A new dataset of that agency with one link, as it is stored."""
    ref = OrganizationRef(slug=owner, title=Text(other=owner))
    kept = record(f"Водный баланс {uuid4().hex}", organization=ref, resources=(link(),), **changes)
    return feed(portal.catalogue).one(found(uuid4().hex, kept))


def fresh() -> str:
    """A name that nothing has."""
    return f"n-{uuid4().hex[:12]}"


def below(portal: Portal) -> str:
    """A new agency below su."""
    name = fresh()
    organizations.create(portal.catalogue, SYSTEM, OrganizationChange(slug=name, parent="su", members={}))
    return name


def group(portal: Portal) -> str:
    """A new group of nobody."""
    return str(portal.result("group_create", name=fresh(), users=[])["name"])


def account(portal: Portal) -> str:
    """A new account, which has no password: hashing one takes long."""
    name, now = fresh(), portal.catalogue.now()
    with portal.catalogue.sessions.write.begin() as session:
        session.add(User(username=name, name=name, email=f"{name}@example.kz", created=now, modified=now))
    return name


def view(portal: Portal) -> Any:
    """A new view of a link of su."""
    file = str(dataset(portal).resources[0].id)
    return portal.result("resource_view_create", resource_id=file, title="v", view_type="text_view")


SYSADMINS = {"sysadmin"}
ADMINS = {"admin", "sysadmin"}
EDITORS = {"editor", *ADMINS}
SIGNED_IN = set(ROLES) - {"anonymous"}

ALLOWED: dict[str, tuple[set[str], Any]] = {
    "organization_create": (SYSADMINS, lambda _: {"name": fresh()}),
    "organization_update": (ADMINS, lambda p: {"id": below(p), "title": "Т"}),
    "organization_patch": (ADMINS, lambda p: {"id": below(p), "description": "Т"}),
    "organization_delete": (ADMINS, lambda p: {"id": below(p)}),
    "organization_purge": (SYSADMINS, lambda p: {"id": below(p)}),
    "organization_member_create": (ADMINS, lambda p: {"id": "su", "username": account(p), "role": "editor"}),
    "organization_member_delete": (ADMINS, lambda p: {"id": "su", "username": account(p)}),
    "member_create": (
        ADMINS,
        lambda p: {"id": "su", "object": account(p), "object_type": "user", "capacity": "member"},
    ),
    "member_delete": (ADMINS, lambda p: {"id": "su", "object": account(p), "object_type": "user"}),
    "group_create": ({"admin", "stranger", "sysadmin"}, lambda _: {"name": fresh()}),
    "group_update": (SYSADMINS, lambda p: {"id": group(p)}),
    "group_patch": (SYSADMINS, lambda p: {"id": group(p), "title": "Т"}),
    "group_delete": (SYSADMINS, lambda p: {"id": group(p)}),
    "group_purge": (SYSADMINS, lambda p: {"id": group(p)}),
    "group_member_create": (SYSADMINS, lambda p: {"id": group(p), "username": "lonely", "role": "member"}),
    "group_member_delete": (SYSADMINS, lambda p: {"id": group(p), "username": "lonely"}),
    "user_create": (
        SYSADMINS,
        lambda _: {"name": (name := fresh()), "email": f"{name}@x.kz", "password": "a password of ten"},
    ),
    "user_update": (SYSADMINS, lambda p: {"id": account(p), "fullname": "Т"}),
    "user_patch": (SYSADMINS, lambda p: {"id": account(p), "about": "Т"}),
    "user_delete": (SYSADMINS, lambda p: {"id": account(p)}),
    "api_token_create": (SYSADMINS, lambda p: {"user": account(p), "name": "t"}),
    "api_token_list": (SYSADMINS, lambda p: {"user_id": account(p)}),
    "bulk_update_private": (ADMINS, lambda p: {"org_id": "su", "datasets": [str(dataset(p).id)]}),
    "bulk_update_delete": (ADMINS, lambda p: {"org_id": "su", "datasets": [str(dataset(p).id)]}),
    "resource_view_create": (
        EDITORS,
        lambda p: {"resource_id": str(dataset(p).resources[0].id), "title": "v", "view_type": "text_view"},
    ),
    "resource_view_update": (EDITORS, lambda p: {"id": view(p)["id"], "title": "w", "view_type": "text_view"}),
    "resource_view_delete": (EDITORS, lambda p: {"id": view(p)["id"]}),
    "resource_view_list": (set(ROLES), lambda p: {"id": view(p)["resource_id"]}),
    "dashboard_activity_list": (SIGNED_IN, lambda _: {}),
}
"""Who may do it, and what is sent."""


@pytest.mark.parametrize("name", ALLOWED)
def test_each_role_may_what_it_may(portal: Portal, name: str) -> None:
    allowed, given = ALLOWED[name]
    statuses = {role: portal.post(name, role, **given(portal)).status_code for role in ROLES}
    assert statuses == {role: 200 if role in allowed else 403 for role in ROLES}


@pytest.mark.parametrize("kind", ["organization", "group"])
def test_what_is_missing_and_what_is_empty(portal: Portal, kind: str) -> None:
    name = fresh()
    made = portal.result(
        f"{kind}_create",
        name=name,
        title="Су агенттігі",
        description="Сипаты қысқа",
        image_url="https://x.example/logo.png",
        extras=[{"key": "a", "value": "1"}],
        users=[{"name": "lonely", "capacity": "editor"}],
    )
    assert (made["title"], made["users"][0]["name"], made["users"][0]["capacity"]) == (
        "Су агенттігі", "lonely", "editor",
    )  # fmt: skip
    patched = portal.result(f"{kind}_patch", id=made["id"], title="Су комитеті")
    assert {key: patched[key] for key in ("description", "extras", "image_url")} == {
        key: made[key] for key in ("description", "extras", "image_url")
    }
    kept = portal.result(f"{kind}_update", id=name, description="Басқа сипаты")
    assert (kept["title"], kept["extras"]) == ("Су комитеті", [])
    assert [one["name"] for one in kept["users"]] == ["lonely"]
    emptied = portal.result(f"{kind}_update", id=name, users=[], description="")
    assert (emptied["users"], emptied["description"]) == ([], "")


@pytest.mark.parametrize("kind", ["organization", "group"])
def test_people_of_another_site_are_known_by_their_names_or_passed_over(portal: Portal, kind: str) -> None:
    people = [{"id": str(uuid4()), "name": name, "capacity": "admin"} for name in ("lonely", "nobody-here")]
    made = portal.result(f"{kind}_create", name=fresh(), users=people)
    assert [(one["name"], one["capacity"]) for one in made["users"]] == [("lonely", "admin")]


def test_a_dictionary_that_was_read_is_written_back_as_it_was(portal: Portal) -> None:
    name = fresh()
    title = {"kk": "Су агенттігі", "ru": "Агентство воды"}
    portal.result("organization_create", name=name, title="Су агенттігі", title_translated=title)
    read = portal.result("organization_show", id=name)
    assert portal.result("organization_update", **read) == read
    renamed = portal.result("organization_update", **{**read, "name": fresh(), "title": "Жаңа агенттік"})
    assert renamed["title"] == "Жаңа агенттік"
    assert portal.result("organization_show", id=name)["id"] == read["id"]


@pytest.mark.parametrize("kind", ["organization", "group"])
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "name"),
        ({"name": "A B"}, "name"),
        ({"name": "x"}, "name"),
        ({"name": "xx", "type": "favourite"}, "type"),
        ({"name": "xx", "id": "no-uuid"}, "id"),
        ({"name": "xx", "extras": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]}, "extras"),
        ({"name": "xx", "extras": "nothing"}, "extras"),
        ({"name": "xx", "users": [{"name": "nobody-at-all", "capacity": "admin"}]}, "users"),
        ({"name": "xx", "image_url": "javascript:alert(1)"}, "image_url"),
        ({"name": "xx", "title": {"a": 1}}, "title"),
    ],
)
def test_what_is_wrong_is_named(portal: Portal, kind: str, given: dict[str, Any], field: str) -> None:
    answer = portal.post(f"{kind}_create", **given)
    assert answer.status_code == 409
    assert field in answer.json["error"]
    assert answer.json["error"]["__type"] == "Validation Error"


@pytest.mark.parametrize(
    "name",
    [f"{kind}_{verb}" for kind in ("organization", "group") for verb in ("update", "patch", "delete", "purge")]
    + ["user_update", "user_delete"],
)
def test_who_is_not_there(portal: Portal, name: str) -> None:
    assert portal.post(name, id="nothing-there").status_code == 404
    missing = portal.post(name)
    assert (missing.status_code, missing.json["error"]["id"]) == (409, ["Missing value"])


def test_an_agency_with_datasets_is_not_deleted(portal: Portal) -> None:
    name = below(portal)
    dataset(portal, name)
    answer = portal.post("organization_delete", id=name)
    assert answer.status_code == 409
    assert "datasets" in answer.json["error"]["message"]


def test_a_theme_is_not_deleted(portal: Portal) -> None:
    assert portal.post("group_delete", id="environment").status_code == 409
    assert portal.result("group_show", id="environment")["state"] == "active"


def test_a_dataset_is_put_into_a_group_and_taken_out(portal: Portal) -> None:
    name, held = group(portal), dataset(portal)
    made = portal.result("member_create", id=name, object=held.slug, object_type="package", capacity="public")
    assert (made["table_name"], made["table_id"]) == ("package", str(held.id))
    shown = portal.result("group_show", id=name, include_datasets=True)
    assert [one["name"] for one in shown["packages"]] == [held.slug]
    portal.result("member_delete", id=name, object=str(held.id), object_type="package")
    assert portal.result("group_show", id=name, include_datasets=True)["packages"] == []
    assert portal.post("member_create", id="su", object=held.slug, object_type="package").status_code == 409
    assert portal.post("member_create", id=name, object=held.slug, object_type="planet").status_code == 409


@pytest.mark.parametrize(("name", "field"), [("organization", "id"), ("group", "id"), ("user", "id")])
def test_a_picture_comes_along_and_is_shown_safely(portal: Portal, name: str, field: str) -> None:
    target = {"organization": below, "group": group, "user": account}[name](portal)
    sent = portal.send(f"{name}_patch", **{field: target}, image_upload=(BytesIO(PNG), "../лого.png"))
    assert sent.status_code == 200, sent.text
    path = "/image/" + sent.json["result"]["image_url"].rpartition("/")[2]
    assert sent.json["result"]["image_display_url"].endswith(f":5000{path}")
    shown = portal.client.get(path)
    assert (shown.status_code, shown.data, shown.mimetype) == (200, PNG, "image/png")
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    again = portal.post(f"{name}_patch", **{field: target}, image_url=sent.json["result"]["image_url"])
    assert again.status_code == 200, again.text
    for other in (path.replace("png", "jpg"), f"/image/{'0' * 64}.png"):
        assert portal.post(f"{name}_patch", **{field: target}, image_url=other).status_code == 409, other
    cleared = portal.send(f"{name}_patch", **{field: target}, clear_upload="true")
    assert not cleared.json["result"]["image_url"]
    assert portal.client.get(path).status_code == 404


def test_no_page_comes_as_a_picture(portal: Portal) -> None:
    page = (BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"), "logo.png")
    sent = portal.send("organization_patch", id=below(portal), image_upload=page)
    assert (sent.status_code, next(iter(sent.json["error"]))) == (409, "image_upload")


def test_bulk_is_all_or_nothing_and_of_one_agency(portal: Portal) -> None:
    mine, foreign = dataset(portal), dataset(portal, "other")
    answer = portal.post("bulk_update_private", org_id="su", datasets=[str(mine.id), str(foreign.id)])
    assert answer.status_code == 409
    assert portal.result("package_show", id=mine.slug)["private"] is False
    portal.result("bulk_update_private", org_id="su", datasets=[str(mine.id)])
    assert portal.result("package_show", id=mine.slug)["private"] is True
    portal.result("bulk_update_public", org_id="su", datasets=[str(mine.id)])
    assert portal.result("package_show", "anonymous", id=mine.slug)["private"] is False
    portal.result("bulk_update_delete", org_id="su", datasets=[str(mine.id)])
    assert portal.result("package_show", id=mine.slug)["state"] == "deleted"


def test_an_account_changes_itself_and_nothing_above_it(portal: Portal) -> None:
    name = account(portal)
    secret, _ = tokens.create(portal.catalogue, SYSTEM, name, "own")
    portal.tokens[name] = secret
    shown = portal.result("user_update", name, id=name, fullname="Ару", email=f"{name}@example.kz")
    assert (shown["fullname"], shown["email"]) == ("Ару", f"{name}@example.kz")
    for change in ({"sysadmin": True}, {"state": "deleted"}, {"password": "a password of ten"}):
        assert portal.post("user_patch", name, id=name, **change).status_code == 403
    assert portal.post("user_create", name="x", email="x", password="short").status_code == 409
    again = portal.post("user_create", name=name, email="y@example.kz", password="a password of ten")
    assert "name" in again.json["error"]


def test_a_login_name_is_not_changed_in_silence(portal: Portal) -> None:
    name = account(portal)
    refused = portal.post("user_patch", id=name, name=fresh())
    assert (refused.status_code, refused.json["error"]["name"]) == (409, ["That login name can not be modified."])
    assert portal.result("user_update", id=name, name=name, email=f"{name}@example.kz")["name"] == name


@pytest.mark.parametrize("kind", ["organization", "group"])
def test_a_name_is_made_of_the_title(portal: Portal, kind: str) -> None:
    made = portal.result(f"{kind}_create", title=f"Су шаруашылығы {(word := fresh())}")
    assert made["name"] == f"su-sharuashylygy-{word.lower()}"
    assert portal.post(f"{kind}_create", description="-").json["error"]["name"] == ["Missing value"]


def test_a_new_account_comes_with_a_token_that_works(portal: Portal) -> None:
    name = fresh()
    made = portal.result(
        "user_create", name=name, email=f"{name}@x.kz", password="a password of ten", with_apitoken=True
    )
    portal.tokens[name] = made["token"]
    own = portal.result("api_token_create", name, user=name, name="second", expires_in=2, unit="hours")
    listed = portal.result("api_token_list", name, user_id=name)
    assert [one["name"] for one in listed] == ["default", "second"]
    assert listed[1]["expires_at"] is not None
    portal.result("api_token_revoke", name, jti=own["id"])
    assert len(portal.result("api_token_list", name, user_id=name)) == 1
    portal.result("user_delete", id=name)
    assert portal.post("api_token_list", name, user_id=name).status_code == 403


@pytest.mark.parametrize("name", ["vocabulary_create", "tag_create", "job_clear", "activity_create"])
def test_what_only_ckan_has_is_refused_in_its_words(portal: Portal, name: str) -> None:
    refused = portal.post(name, id="x", name="x", vocabulary_id="x")
    assert (refused.status_code, refused.json["error"]["__type"]) == (409, "Validation Error")
    assert refused.json["error"]["message"]
    assert portal.post(name, "admin", id="x").status_code == 403


def test_a_file_gets_no_views_by_itself(portal: Portal) -> None:
    assert portal.result("resource_create_default_resource_views", resource={}, create_datastore_views=False) == []
    refused = portal.post("package_collaborator_create", "editor", id="x", user_id="y", capacity="editor")
    assert refused.json["error"]["message"] == "Dataset collaborators not enabled"


def test_views_keep_what_they_are_given_in_their_order(portal: Portal) -> None:
    file = str(dataset(portal).resources[0].id)
    ids = [
        portal.result("resource_view_create", resource_id=file, title=title, view_type="recline_view", lat="a")["id"]
        for title in ("a", "b", "c")
    ]
    portal.result("resource_view_reorder", id=file, order=[ids[2]])
    listed = portal.result("resource_view_list", "anonymous", id=file)
    assert ([one["title"] for one in listed], listed[0]["lat"]) == (["c", "a", "b"], "a")
    changed = portal.result("resource_view_update", id=ids[0], title="z")
    assert (changed["title"], changed["view_type"]) == ("z", "recline_view")
    assert portal.post("resource_view_show", id=str(uuid4())).status_code == 404
    assert portal.post("resource_view_create", resource_id=file, title="x", view_type="<b>").status_code == 409


def test_activity_is_told_since_a_record_is_public(portal: Portal) -> None:
    hidden, shown = dataset(portal, private=True), dataset(portal)
    for role, expected in (("anonymous", 404), ("stranger", 404), ("member", 200)):
        assert portal.post("package_activity_list", role, id=hidden.slug).status_code == expected
    entries = portal.result("package_activity_list", "anonymous", id=shown.slug)
    assert {one["object_id"] for one in entries} == {str(shown.id)}
    assert entries[-1]["activity_type"] == "new package"
    assert {one["user_id"] for one in entries} == {None}
    recent = portal.result("recently_changed_packages_activity_list", "anonymous", limit=100)
    assert str(shown.id) in {one["object_id"] for one in recent}
    assert str(hidden.id) not in {one["object_id"] for one in recent}
    listed = portal.result("organization_activity_list", "anonymous", id="su", limit=500)
    assert str(hidden.id) not in {one["object_id"] for one in listed}
    assert portal.post("package_activity_list", id=shown.slug, before="soon").status_code == 409
    assert portal.result("package_activity_list", id=shown.slug, before="1000") == []


def test_activity_is_chosen_by_its_types(portal: Portal) -> None:
    one = dataset(portal)
    portal.result("package_patch", id=one.slug, notes="Другое")

    def types(**asked: Any) -> list[str]:
        return [entry["activity_type"] for entry in portal.result("package_activity_list", id=one.slug, **asked)]

    every = types()
    assert set(every) == {"new package", "changed package"}
    assert types(activity_types=["new package"]) == ["new package"] == types(exclude_activity_types=["changed package"])
    assert types(activity_types="changed package") == [name for name in every if name == "changed package"]
    assert types(activity_types=["deleted package", "new user"]) == []
    both = portal.post("package_activity_list", id=one.slug, activity_types=["a"], exclude_activity_types=["b"])
    assert both.status_code == 409
    entry = portal.result("package_activity_list", "anonymous", id=one.slug, limit=1)[0]
    assert portal.result("activity_data_show", "anonymous", id=entry["id"]) == entry["data"]
    told = portal.result("activity_data_show", "anonymous", id=entry["id"], object_type="package")
    assert told == entry["data"]["package"]
    assert portal.post("activity_data_show", "anonymous", id=entry["id"], object_type="group").status_code == 404


def test_what_an_activity_changed_is_told_to_the_people_of_the_agency(portal: Portal) -> None:
    one = dataset(portal)
    portal.result("package_patch", id=one.slug, notes="Другое слово")
    listed = portal.result("package_activity_list", id=one.slug, limit=2)
    asked = {"id": listed[0]["id"], "object_type": "package"}
    told = portal.result("activity_diff", "member", **asked)
    assert [entry["id"] for entry in told["activities"]] == [listed[1]["id"], listed[0]["id"]]
    assert '+  "notes": "Другое слово",' in told["diff"].splitlines()
    assert "Другое" in portal.result("activity_diff", diff_type="html", **asked)["diff"]
    assert "! " in portal.result("activity_diff", diff_type="context", **asked)["diff"]
    refused = {role: portal.post("activity_diff", role, **asked).status_code for role in ("anonymous", "stranger")}
    assert refused == {"anonymous": 403, "stranger": 403}
    assert portal.post("activity_diff", **asked, diff_type="odd").status_code == 409
    assert portal.post("activity_diff", id=asked["id"], object_type="group").status_code == 404
    first = portal.result("package_activity_list", id=one.slug)[-1]["id"]
    assert portal.post("activity_diff", id=first, object_type="package").status_code == 404
    assert set(portal.post("activity_diff").json["error"]) == {"id", "object_type", "__type"}


def test_a_reviewer_is_an_editor_to_ckans_clients_and_stays_one_here(portal: Portal) -> None:
    portal.result("user_create", name="critic", email="critic@example.kz", password="correct horse battery")
    portal.result("organization_member_create", id="su", username="critic", role="reviewer")
    shown = portal.result("organization_show", id="su", include_users=True, include_datasets=False)
    listed = [{"name": one["name"], "capacity": one["capacity"]} for one in shown["users"]]
    assert {"name": "critic", "capacity": "editor"} in listed
    portal.result("organization_patch", id="su", users=listed)
    members = memberships.listed(portal.catalogue, SYSTEM, "su")
    assert {one.username: one.role for one in members}["critic"] is Role.REVIEWER
    portal.result("organization_member_create", id="su", username="critic", role="editor")
    portal.result("organization_member_delete", id="su", username="critic")
