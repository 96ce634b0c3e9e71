"""Datasets and their files written as CKAN's clients write them: what they wrote is what they are shown."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from opendata.catalog.values import Disclosure, DisclosureStatus
from opendata.services import memberships, purging, writing
from opendata.services.actors import SYSTEM, Role
from opendata.store.datasets import Dataset
from opendata.store.organizations import Organization
from tests.factories import link, record, stored
from tests.web.ckan_api.test_writing_groups import EDITORS, ROLES, SIGNED_IN, SYSADMINS, Portal, fresh, group
from tests.web.ckan_api.test_writing_groups import portal as _portal

portal = _portal
CSV = b"name,value\nOral,1\n"
FULL: dict[str, Any] = {
    "title": "Качество воды Жайыка",
    "notes": "Годовой отчёт.\n\nВторой абзац: 5 < 6 & 7 > 2.",
    "author": "Иванова А. А.; Smith, John",
    "author_email": "author@example.kz",
    "maintainer": "Отдел воды",
    "maintainer_email": "water@example.kz",
    "license_id": "cc-by",
    "url": "https://water.example.kz/report",
    "version": "1.2-β",
    "private": False,
    "type": "dataset",
    "tags": [{"name": "вода"}, {"name": "Қазақстан: өзендер / көлдер"}],
    "extras": [{"key": "subject", "value": "hydrology"}, {"key": "spatial", "value": '{"type": "Point"}'}],
}
FILE: dict[str, Any] = {
    "url": "https://water.example.kz/a.csv",
    "name": "Таблица",
    "description": "Все посты",
    "format": "CSV",
    "mimetype": "text/csv",
    "size": 12,
    "hash": "md5:abc",
    "resource_type": "file",
    "own field": "kept",
    "structured": {"a": [1]},
}


def create(portal: Portal, role: str = "editor", **changes: Any) -> Any:
    """A new dataset of the agency su."""
    return portal.result("package_create", role, **{"name": fresh(), "owner_org": "su", **changes})


def error(portal: Portal, name: str, role: str = "sysadmin", /, status: int = 409, **data: Any) -> Any:
    """The error of a call that goes wrong."""
    answer = portal.post(name, role, **data)
    assert answer.status_code == status, answer.text
    return answer.json["error"]


def extras(package: Any) -> dict[str, str]:
    """Its extras, without what we add of ourselves."""
    own = ("metadata_profile", "resource_type_general", "language", "keywords", "contributors", "contact_points")
    return {one["key"]: one["value"] for one in package["extras"] if one["key"] not in own}


def test_what_is_written_is_what_is_shown(portal: Portal) -> None:
    made = create(portal, **FULL, resources=[FILE])
    shown = portal.result("package_show", id=made["name"])
    assert shown == made
    plain = {key: value for key, value in FULL.items() if key not in ("tags", "extras")}
    assert {key: shown[key] for key in plain} == plain
    assert [one["name"] for one in shown["tags"]] == [one["name"] for one in FULL["tags"]]
    assert extras(shown) == {one["key"]: one["value"] for one in FULL["extras"]}
    assert (shown["isopen"], shown["state"], shown["organization"]["name"]) == (True, "active", "su")
    (file,) = shown["resources"]
    assert {key: file[key] for key in FILE if key != "structured"} == {
        key: value for key, value in FILE.items() if key != "structured"
    }
    assert json.loads(file["structured"]) == {"a": [1]}
    assert (file["package_id"], file["url_type"]) == (shown["id"], None)


def test_a_dataset_that_comes_back_as_it_was_shown_is_not_written(portal: Portal) -> None:
    shown = create(portal, **FULL, resources=[FILE])
    for name in ("package_update", "package_patch"):
        again = portal.result(name, "editor", **shown)
        assert again == shown
    (file,) = shown["resources"]
    for name in ("resource_update", "resource_patch"):
        assert portal.result(name, "editor", **file) == file
    assert portal.result("package_show", id=shown["id"])["metadata_modified"] == shown["metadata_modified"]


def test_a_name_is_made_of_the_title_and_the_title_of_the_name(portal: Portal) -> None:
    made = portal.result("package_create", title="Отчёт о паводках Урала", owner_org="su")
    assert made["name"] == "otchyot-o-pavodkakh-urala"
    assert create(portal, name="only-a-name")["title"] == "only-a-name"


def test_an_organization_is_named_or_told_by_id(portal: Portal) -> None:
    by_name = create(portal)
    by_id = create(portal, owner_org=by_name["owner_org"])
    assert by_id["organization"] == by_name["organization"]


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"name": "A b"}, "name", "lowercase alphanumeric"),
        ({"name": "x"}, "name", "2"),
        ({"name": "x" * 101}, "name", "100"),
        ({"name": "new"}, "name", "cannot be used"),
        ({"name": ""}, "name", "Missing value"),
        ({"owner_org": "nobody-here"}, "owner_org", "Organization does not exist"),
        ({"owner_org": ""}, "owner_org", "An organization must be provided"),
        ({"author_email": "not an address"}, "author_email", "not a valid format"),
        ({"maintainer_email": "nobody"}, "maintainer_email", "not a valid format"),
        ({"version": "1" * 101}, "version", "maximum of 100"),
        ({"private": "perhaps"}, "private", "true or false"),
        ({"state": "odd"}, "state", "must be one of"),
        ({"title": ["a"]}, "title", "Must be a string"),
        ({"id": str(uuid4())}, "id", "not expected"),
    ],
)
def test_what_is_wrong_is_told_by_field(portal: Portal, changes: dict[str, Any], field: str, message: str) -> None:
    told = error(portal, "package_create", "editor", **{"name": fresh(), "owner_org": "su", **changes})
    assert told["__type"] == "Validation Error"
    assert message in str(told[field])


def test_all_that_is_missing_is_named_at_once(portal: Portal) -> None:
    told = error(portal, "package_create", "editor")
    assert told == {
        "name": ["Missing value"], "owner_org": ["An organization must be provided"], "__type": "Validation Error",
    }  # fmt: skip
    assert set(error(portal, "package_create", "editor", state="odd")) > {"name", "owner_org", "state"}
    assert set(error(portal, "package_relationship_create", "editor", subject="x")) == {"object", "type", "__type"}
    assert set(error(portal, "user_create")) == {"name", "email", "password", "__type"}
    assert set(error(portal, "organization_member_create")) == {"id", "username", "role", "__type"}
    assert set(error(portal, "member_create")) == {"id", "object", "object_type", "__type"}


def test_what_is_wrong_in_lists_is_told_by_place(portal: Portal) -> None:
    def told(**changes: Any) -> Any:
        return error(portal, "package_create", name=fresh(), owner_org="su", **changes)

    good = {"key": "a", "value": "1"}
    assert told(tags=[{"name": "ok"}, {"name": ""}, {"name": "x" * 101}])["tags"][:2] == [
        {},
        {"name": ["Missing value"]},
    ]
    assert told(extras=[good, {"key": "title", "value": "x"}])["extras"] == [
        {}, {"key": ["There is a schema field with the same name"]},
    ]  # fmt: skip
    assert told(extras=[good, {"key": "b"}])["extras"] == [{}, {"value": ["Missing value"]}]
    assert told(extras=[good, good])["extras_validation"] == ['Duplicate key "a"']
    assert told(resources=[{"url": "https://x.example"}, {"url": "https://x.example", "size": "big"}])["resources"] == [
        {}, {"size": ["Invalid integer"]},
    ]  # fmt: skip
    assert told(resources=[{"id": "no-uuid"}])["resources"] == [{"id": ["Invalid id provided"]}]
    assert told(resources="https://x.example")["resources"] == ["Only lists of dicts can be placed against subschema"]
    assert told(groups=[{"name": "none-such"}])["groups"] == [{"name": ["Group was not found."]}]
    known = create(portal, resources=[FILE])["resources"][0]["id"]
    assert "already exists" in str(told(resources=[{"id": known}]))


def test_private_datasets_need_an_organization(portal: Portal) -> None:
    told = error(portal, "package_create", name=fresh(), private=True)
    assert told["private"] == ["Datasets with no organization can't be private."]
    mine = create(portal, private=True)
    assert error(portal, "package_show", "anonymous", 403, id=mine["id"])["__type"] == "Authorization Error"
    assert portal.result("package_show", "member", id=mine["id"])["private"] is True


def test_names_are_taken_once_and_again_after_deletion(portal: Portal) -> None:
    first = create(portal)
    assert error(portal, "package_create", name=first["name"], owner_org="su")["name"] == [
        "That URL is already in use."
    ]
    assert portal.result("package_delete", "editor", id=first["id"]) is None
    second = create(portal, name=first["name"])
    assert second["id"] != first["id"]
    old = portal.result("package_show", id=first["id"])
    assert (old["name"], old["state"]) == (first["id"], "deleted")


def test_ids_are_given_by_sysadmins_alone(portal: Portal) -> None:
    wanted = str(uuid4())
    assert create(portal, "sysadmin", id=wanted)["id"] == wanted
    assert error(portal, "package_create", name=fresh(), owner_org="su", id=wanted)["id"] == [
        "Dataset id already exists"
    ]
    assert error(portal, "package_create", name=fresh(), owner_org="su", id="x")["id"] == ["Invalid id provided"]


def test_values_of_odd_kinds_are_kept(portal: Portal) -> None:
    made = create(
        portal,
        license_id="our-own",
        url="see the reading room",
        type="showcase",
        tag_string="a, б ,a",
        unknown="kept as an extra",
        extras=[{"key": "number", "value": 5}, {"key": "list", "value": ["ә"]}, {"key": "language", "value": "ru"}],
    )
    assert (made["license_id"], made["url"], made["type"]) == ("our-own", "see the reading room", "showcase")
    assert made["isopen"] is False
    assert [one["name"] for one in made["tags"]] == ["a", "б"]
    found = {one["key"]: one["value"] for one in made["extras"]}
    assert (found["number"], found["list"], found["language"]) == ("5", '["ә"]', "ru")
    assert found["unknown"] == "kept as an extra"
    assert portal.result("package_update", **made) == made


def test_no_extra_stands_in_for_a_field(portal: Portal) -> None:
    made = create(portal, extras=[{"key": "ckan:id", "value": "x"}], resources=[{"url": "", "ckan:url_type": "upload"}])
    assert made["id"] != "x"
    assert "ckan:id" not in str(made["extras"])
    assert (made["resources"][0]["url_type"], "ckan:url_type" in made["resources"][0]) == (None, False)


def test_fields_of_ours_come_by_the_extras(portal: Portal) -> None:
    said = {
        "issued": "2024-05",
        "doi": "10.1000/182",
        "register_number": "0124РК00123",
        "resource_type_general": "report",
    }
    made = create(portal, extras=[{"key": key, "value": value} for key, value in said.items()])
    kept = stored_record(portal, made)
    assert (str(kept.issued), kept.type, kept.identifiers[0].value) == ("2024-05", "report", "10.1000/182")
    found = {one["key"]: one["value"] for one in made["extras"]}
    assert {key: found[key] for key in said} == said


def stored_record(portal: Portal, package: Any) -> Any:
    """The record behind the dictionary."""
    with portal.catalogue.sessions.read() as session:
        key = session.scalar(select(Dataset.id).where(Dataset.slug == package["name"]))
    assert key
    return stored(portal.catalogue, key)


def test_texts_in_several_languages(portal: Portal) -> None:
    made = create(portal, title_translated={"kk": "Су", "ru": "Вода", "en": "Water"}, notes="Описание")
    assert made["title_translated"] == {"kk": "Су", "ru": "Вода", "en": "Water"}
    other = portal.result("package_patch", "editor", id=made["id"], title="Жайық")  # shown is the site's own language
    assert other["title_translated"] == {"kk": "Жайық", "ru": "Вода", "en": "Water"}
    third = portal.result("package_update", "editor", **{**other, "title_translated": {"kk": "Өзен"}})
    assert third["title_translated"] == {"kk": "Өзен"}
    assert third["notes"] == "Описание"


def test_update_keeps_files_and_groups_and_takes_the_rest(portal: Portal) -> None:
    made = create(portal, "sysadmin", **FULL, resources=[FILE], groups=[{"name": group(portal)}])
    bare = portal.result("package_update", "editor", id=made["id"], title="Другое")
    assert [one["id"] for one in bare["resources"]] == [made["resources"][0]["id"]]
    assert (bare["groups"], bare["name"], bare["owner_org"]) == (made["groups"], made["name"], made["owner_org"])
    assert (bare["tags"], extras(bare), bare["notes"], bare["author"]) == ([], {}, "", None)
    assert (bare["author_email"], bare["maintainer"], bare["license_id"], bare["url"]) == (None, None, None, None)
    assert bare["metadata_modified"] > made["metadata_modified"]
    empty = portal.result("package_update", id=made["id"], title="Другое", resources=[], groups=[])
    assert (empty["resources"], empty["groups"]) == ([], [])


def test_patch_keeps_all_else(portal: Portal) -> None:
    made = create(portal, **FULL, resources=[FILE])
    after = portal.result("package_patch", "editor", id=made["name"], notes="Новое", extras=[])
    assert (after["notes"], extras(after)) == ("Новое", {})
    same = ("title", "author", "author_email", "maintainer", "license_id", "url", "version", "tags", "resources")
    assert {key: after[key] for key in same} == {key: made[key] for key in same}
    renamed = portal.result("package_patch", "editor", id=made["id"], name=fresh())
    assert portal.result("package_show", id=made["name"])["name"] == renamed["name"]


def test_what_ckan_cannot_say_survives_its_clients(portal: Portal) -> None:
    made = create(portal, contributors=json.dumps([{"name": "Ким", "orcid": "0000-0002-1825-0097"}]), author="Ким")
    assert stored_record(portal, made).contributors[0].orcid == "0000-0002-1825-0097"
    after = portal.result("package_patch", "editor", id=made["id"], notes="x", author="Ким")
    assert stored_record(portal, after).contributors[0].orcid == "0000-0002-1825-0097"


def test_groups_of_another_site_are_known_by_their_names(portal: Portal) -> None:
    elsewhere = [{"id": str(uuid4()), "name": "health"}, {"id": str(uuid4()), "name": group(portal)}]
    made = create(portal, "sysadmin", groups=elsewhere)
    assert {one["name"] for one in made["groups"]} == {one["name"] for one in elsewhere}


def test_themes_are_groups(portal: Portal) -> None:
    made = create(portal, groups=[{"name": "health"}])
    assert [one["name"] for one in made["groups"]] == ["health"]
    assert stored_record(portal, made).themes == ("health",)
    assert portal.result("package_patch", "editor", id=made["id"], groups=[])["groups"] == []


def test_a_group_is_for_its_own_people_to_fill(portal: Portal) -> None:
    error(portal, "package_create", "editor", 403, name=fresh(), owner_org="su", groups=[{"name": group(portal)}])


def test_drafts_and_deletion(portal: Portal) -> None:
    draft = create(portal, state="draft")
    error(portal, "package_show", "anonymous", 403, id=draft["name"])
    live = portal.result("package_patch", "editor", id=draft["id"], state="active")
    assert portal.result("package_show", "anonymous", id=draft["id"])["state"] == live["state"] == "active"
    portal.result("package_patch", "editor", id=draft["id"], state="deleted")
    error(portal, "package_show", "anonymous", 404, id=draft["id"])
    assert portal.result("package_patch", "editor", id=draft["id"], state="active")["state"] == "active"


def test_purge_is_for_sysadmins_and_for_ever(portal: Portal) -> None:
    made = create(portal)
    assert error(portal, "dataset_purge")["id"] == ["Missing value"]
    error(portal, "dataset_purge", status=404, id="none-such")
    assert portal.result("dataset_purge", id=made["name"]) is None
    error(portal, "package_show", status=404, id=made["id"])
    assert made["name"] not in portal.result("package_list")


def test_owner_changes_between_organizations(portal: Portal) -> None:
    made = create(portal)
    error(portal, "package_owner_org_update", "editor", 403, id=made["id"], organization_id="other")
    assert portal.result("package_owner_org_update", id=made["id"], organization_id="other") is None
    assert portal.result("package_show", id=made["id"])["organization"]["name"] == "other"
    assert error(portal, "package_owner_org_update", id=made["id"])["organization_id"] == ["Missing value"]


@pytest.mark.parametrize("none", ["", None], ids=["empty", "null"])
def test_a_form_of_a_sysadmin_without_its_organization_leaves_it(portal: Portal, none: str | None) -> None:
    made = create(portal)
    for name in ("package_update", "package_patch"):
        assert portal.result(name, **{**made, "owner_org": none})["owner_org"] == made["owner_org"]
    match = {"id": made["id"]}
    revised = portal.result("package_revise", match=match, update={"owner_org": none, "notes": "Вода"})["package"]
    assert (revised["owner_org"], revised["notes"]) == (made["owner_org"], "Вода")
    assert portal.result("package_owner_org_update", id=made["id"], organization_id=none) is None  # which asks for it
    assert portal.result("package_show", id=made["id"])["organization"] is None


def test_resources_are_reordered(portal: Portal) -> None:
    made = create(portal, resources=[{"url": f"https://x.example/{n}.csv"} for n in range(3)])
    ids = [one["id"] for one in made["resources"]]
    order = portal.result("package_resource_reorder", "editor", id=made["id"], order=[ids[2]])
    assert order == {"id": made["id"], "order": [ids[2], ids[0], ids[1]]}
    shown = portal.result("package_show", id=made["id"])["resources"]
    assert [(one["id"], one["position"]) for one in shown] == [(ids[2], 0), (ids[0], 1), (ids[1], 2)]
    for wrong in ([], [ids[0], ids[0]], ["nothing"]):
        assert "order" in error(portal, "package_resource_reorder", "editor", id=made["id"], order=wrong)


def test_resources_one_by_one(portal: Portal) -> None:
    made = create(portal)
    assert error(portal, "resource_create")["package_id"] == ["Missing value"]
    error(portal, "resource_create", status=404, package_id="none-such")
    first = portal.result("resource_create", "editor", package_id=made["name"], **FILE)
    second = portal.result("resource_create", "editor", package_id=made["id"], url="")
    assert (first["own field"], first["format"], second["url"]) == ("kept", "CSV", "")
    assert "already exists" in str(error(portal, "resource_create", package_id=made["id"], id=first["id"]))
    assert portal.result("resource_patch", "editor", id=first["id"], hash="a" * 64)["hash"] == "a" * 64
    after = portal.result("resource_update", "editor", id=first["id"], url=FILE["url"], name="Другая")
    assert (after["name"], after["description"], after["size"], after["resource_type"]) == ("Другая", "", None, None)
    assert ("own field" in after, after["format"], after["mimetype"]) == (False, "CSV", "text/csv")
    patched = portal.result("resource_patch", "editor", id=first["id"], description="д", more="1")
    assert (patched["name"], patched["description"], patched["more"]) == ("Другая", "д", "1")
    assert portal.result("resource_delete", "editor", id=second["id"]) is None
    error(portal, "resource_delete", status=404, id=second["id"])
    error(portal, "resource_update", status=404, id="x", url="")
    shown = portal.result("package_show", id=made["id"])["resources"]
    assert shown == [patched]


def test_only_the_resource_that_changed_is_modified(portal: Portal) -> None:
    made = create(portal, resources=[{"url": "https://x.example/1.csv"}, {"url": "https://x.example/2.csv"}])
    first, second = made["resources"]
    after = portal.result("resource_patch", "editor", id=first["id"], name="x")
    shown = portal.result("package_show", id=made["id"])
    assert after["metadata_modified"] > first["metadata_modified"]
    assert shown["resources"][1] == second
    assert shown["metadata_modified"] > made["metadata_modified"]
    noted = portal.result("package_patch", "editor", id=made["id"], notes="x")
    assert [one["metadata_modified"] for one in noted["resources"]] == [
        one["metadata_modified"] for one in shown["resources"]
    ]


def test_uploads(portal: Portal) -> None:
    made = create(portal)
    sent = {"package_id": made["id"], "name": "Посты", "upload": (BytesIO(CSV), "посты на реке.csv"), "note": "x"}
    file = portal.send("resource_create", "editor", **sent).json["result"]
    assert (file["url_type"], file["size"], file["mimetype"], file["format"]) == ("upload", len(CSV), "text/csv", "CSV")
    assert (file["name"], file["note"]) == ("Посты", "x")
    assert f"/resource/{file['id']}/download/" in file["url"]
    hidden = portal.result("package_show", "anonymous", id=made["id"])["resources"][0]
    assert (hidden["url"], hidden["hash"]) == ("", "")
    same = portal.result("resource_patch", "editor", id=file["id"], description="д")
    assert (same["hash"], same["url"], same["url_type"]) == (file["hash"], file["url"], "upload")
    assert portal.result("resource_update", "editor", **same) == same
    portal.result("package_patch", "editor", id=made["id"], notes="x", resources=[same])
    changed = portal.send("resource_update", "editor", id=file["id"], upload=(BytesIO(b"other"), "b.txt"))
    assert (changed.json["result"]["size"], changed.json["result"]["format"]) == (5, "TXT")
    cleared = portal.result("resource_patch", "editor", id=file["id"], clear_upload=True, url="https://x.example/y.csv")
    assert (cleared["url"], cleared["url_type"], cleared["hash"]) == ("https://x.example/y.csv", None, "")
    empty = portal.send("resource_create", "editor", package_id=made["id"], upload=(BytesIO(b""), "e.csv"))
    assert (empty.status_code, empty.json["error"]["upload"]) == (409, ["The file is empty."])


def test_a_resource_is_no_more_open_by_what_is_left_out(portal: Portal) -> None:
    embargo = Disclosure(DisclosureStatus.EMBARGOED, until=dt.date(2999, 1, 1))
    mine = writing.create(portal.catalogue, SYSTEM, record("Закрыто", resources=(link(disclosure=embargo),)))
    assert mine.id
    shown = portal.result("package_show", id=mine.slug)
    bare = {key: shown["resources"][0][key] for key in ("id", "url")}
    portal.result("package_update", id=mine.slug, title="Закрыто", resources=[bare])
    portal.result("resource_update", id=bare["id"], url="https://other.example/a.csv")
    assert stored(portal.catalogue, mine.id).resources[0].disclosure == embargo
    portal.result("resource_patch", id=bare["id"], access_rights="open")
    assert stored(portal.catalogue, mine.id).resources[0].disclosure.status is DisclosureStatus.OPEN


CALLS: dict[str, tuple[set[str], Any]] = {
    "package_create": (EDITORS, lambda _: {"name": fresh(), "owner_org": "su"}),
    "package_update": (EDITORS, lambda p: {"id": p["id"], "title": "x"}),
    "package_patch": (EDITORS, lambda p: {"id": p["id"], "notes": "x"}),
    "package_revise": (EDITORS, lambda p: {"match": {"id": p["id"]}, "update": {"notes": "x"}}),
    "package_delete": (EDITORS, lambda p: {"id": p["id"]}),
    "dataset_purge": (SYSADMINS, lambda p: {"id": p["id"]}),
    "package_resource_reorder": (EDITORS, lambda p: {"id": p["id"], "order": [p["resources"][0]["id"]]}),
    "resource_create": (EDITORS, lambda p: {"package_id": p["id"], "url": "https://x.example"}),
    "resource_update": (EDITORS, lambda p: {"id": p["resources"][0]["id"], "url": "https://y.example"}),
    "resource_patch": (EDITORS, lambda p: {"id": p["resources"][0]["id"], "name": "y"}),
    "resource_delete": (EDITORS, lambda p: {"id": p["resources"][0]["id"]}),
}


@pytest.mark.parametrize("name", CALLS)
def test_who_may(portal: Portal, name: str) -> None:
    allowed, data = CALLS[name]
    for private in (False, True):
        for role in ROLES:
            made = create(portal, private=private, resources=[{"url": "https://x.example"}])
            answer = portal.post(name, role, **data(made))
            expected = {200} if role in allowed else {403, 404} if private and role in SIGNED_IN else {403}
            assert answer.status_code in expected, (role, private, answer.text)


def test_revise_changes_only_what_is_as_it_was_thought(portal: Portal) -> None:
    made = create(portal, **FULL, resources=[FILE, {"url": "https://x.example/2.csv"}])
    first, second = (one["id"] for one in made["resources"])
    told = error(portal, "package_revise", "editor", match={"id": made["id"], "notes": "Другое"}, update={"notes": "x"})
    assert told["message"] == [{"match": ["notes"]}]
    assert error(portal, "package_revise", "editor", update={"notes": "x"})["match"] == ["Missing value"]
    assert "odd" in str(error(portal, "package_revise", "editor", match={"id": made["id"]}, odd="x"))

    def revise(**data: Any) -> Any:
        return portal.result("package_revise", "editor", match__id=made["id"], **data)["package"]

    assert revise(match__notes=FULL["notes"], update={"notes": "новое"})["notes"] == "новое"
    after = revise(**{f"update__resources__{first[:5]}__name": "первый", "update__resources__1__name": "второй"})
    assert [one["name"] for one in after["resources"]] == ["первый", "второй"]
    assert revise(**{"update__resources__-1__description": "д"})["resources"][1]["description"] == "д"
    more = revise(update__resources__extend=[{"url": "https://x.example/3.csv"}], include="+resources__2__url,-*")
    assert more == {"resources": [{"url": "https://x.example/3.csv"}]} or "resources" in more
    less = revise(filter=["-extras", f"+resources__{second[:8]}", "-resources__*"])
    assert ([one["id"] for one in less["resources"]], extras(less)) == ([second], {})
    assert less["tags"] == made["tags"]
    error(portal, "package_revise", "editor", match__id=made["id"], update__resources__9__name="x")


def test_revise_takes_files(portal: Portal) -> None:
    made = create(portal, resources=[{"url": "https://x.example/1.csv", "name": "a"}])
    key = made["resources"][0]["id"]
    sent = {
        "match": json.dumps({"name": made["name"]}),
        f"update__resources__{key[:6]}__upload": (BytesIO(CSV), "a.csv"),
        f"update__resources__{key[:6]}__description": "с файлом",
    }
    answer = portal.send("package_revise", "editor", **sent)
    (file,) = answer.json["result"]["package"]["resources"]
    assert (file["id"], file["url_type"], file["size"], file["description"]) == (key, "upload", len(CSV), "с файлом")


def test_a_dump_of_one_dataset_loads_elsewhere(portal: Portal) -> None:
    """What ckanapi does: the whole line as it was dumped, to package_create and then to package_update."""
    line = create(portal, **FULL, resources=[FILE], title_translated={"ru": "Вода", "kk": "Су"})
    purging.purge(portal.catalogue, SYSTEM, line["id"])
    made = portal.result("package_create", **line)
    computed = ("metadata_created", "metadata_modified", "creator_user_id", "resources")
    assert {k: v for k, v in made.items() if k not in computed} == {k: v for k, v in line.items() if k not in computed}
    stamps = ("created", "metadata_modified")
    assert [{k: v for k, v in one.items() if k not in stamps} for one in made["resources"]] == [
        {k: v for k, v in one.items() if k not in stamps} for one in line["resources"]
    ]
    assert portal.result("package_update", **line)["metadata_modified"] == made["metadata_modified"]


def test_relationships_are_relations(portal: Portal) -> None:
    first, second = create(portal), create(portal)
    given = {"subject": first["name"], "object": second["id"], "type": "child_of"}
    told = {"subject": first["name"], "object": second["name"], "type": "child_of", "comment": ""}
    assert portal.result("package_relationship_create", "editor", **given) == told
    assert portal.result("package_relationships_list", id=first["id"], rel="child_of") == [told]
    assert "IsPartOf" in str(portal.result("package_show", id=first["id"])["extras"])
    assert portal.result("package_relationship_update", "editor", **given) == told
    error(portal, "package_relationship_create", "member", 403, **given)
    assert "type" in error(portal, "package_relationship_create", "editor", **{**given, "type": "odd"})
    shown = portal.result("package_show", "editor", id=first["id"])
    assert portal.result("package_update", "editor", **shown) == shown
    assert portal.result("package_relationship_delete", "editor", **given) is None
    assert portal.result("package_relationships_list", id=first["id"]) == []
    error(portal, "package_relationship_delete", "editor", 404, **given)
    assert set(error(portal, "package_relationship_create", "editor")) == {"subject", "object", "type", "__type"}


@pytest.fixture
def reviewed(portal: Portal) -> Iterator[Portal]:
    """The agency su wants review meanwhile."""
    for wanted in (True, False):
        with portal.catalogue.sessions.write.begin() as session:
            session.execute(update(Organization).where(Organization.slug == "su").values(review=wanted))
        if wanted:
            yield portal


def accept(portal: Portal, key: str) -> None:
    """What waits of the dataset becomes public, by a reviewer."""
    headers = {"Authorization": f"Bearer {portal.tokens['admin']}"}
    answer = portal.client.post(f"/api/v1/datasets/{key}/publish", headers=headers)
    assert answer.status_code == 200, answer.text


def test_what_an_editor_makes_public_where_review_is_wanted_is_sent_in(reviewed: Portal) -> None:
    answer = reviewed.post("package_create", "editor", name=fresh(), owner_org="su", groups=[])
    made = answer.json["result"]
    assert (answer.status_code, made["state"], answer.headers["X-Review"]) == (200, "draft", "in_review")
    assert answer.json["review"]["url"].endswith(f"/api/v1/datasets/{made['id']}/life")
    error(reviewed, "package_show", "anonymous", 403, id=made["id"])
    again = reviewed.post("package_patch", "editor", id=made["id"], notes="Вода", state="active")
    assert (again.json["result"]["state"], again.json["result"]["notes"]) == ("draft", "Вода")
    assert reviewed.result("package_update", "editor", **again.json["result"]) == again.json["result"]
    accept(reviewed, made["id"])
    assert reviewed.result("package_show", "anonymous", id=made["id"])["notes"] == "Вода"
    draft = reviewed.post("package_create", "editor", name=fresh(), owner_org="su", state="draft")
    assert (draft.json["result"]["state"], draft.headers.get("X-Review")) == ("draft", None)
    sent = reviewed.post("package_patch", "editor", id=draft.json["result"]["id"], state="active")
    assert (sent.json["result"]["state"], sent.headers["X-Review"]) == ("draft", "in_review")
    accept(reviewed, draft.json["result"]["id"])
    assert "X-Review" not in reviewed.post("package_create", "admin", name=fresh(), owner_org="su").headers


def test_who_may_review_sends_in_what_they_make_where_somebody_else_reviews_too(reviewed: Portal) -> None:
    memberships.give_role(reviewed.catalogue, SYSTEM, "su", "lonely", Role.REVIEWER)
    try:
        answer = reviewed.post("package_create", "admin", name=fresh(), owner_org="su")
        assert (answer.json["result"]["state"], answer.headers["X-Review"]) == ("draft", "in_review")
        waits = reviewed.post("package_patch", "admin", id=answer.json["result"]["id"], state="active")
        assert (waits.json["result"]["state"], waits.headers["X-Review"]) == ("draft", "in_review")
    finally:
        memberships.take_role(reviewed.catalogue, SYSTEM, "su", "lonely")


def test_what_an_editor_changes_of_a_public_dataset_where_review_is_wanted_waits(reviewed: Portal) -> None:
    made = create(reviewed, "sysadmin", notes="Было", resources=[FILE, {"url": "https://water.example.kz/b.csv"}])
    answer = reviewed.post("package_patch", "editor", id=made["id"], notes="Иначе")
    would = answer.json["result"]
    assert (would["notes"], would["state"], answer.headers["X-Review"]) == ("Иначе", "draft", "proposed")
    assert "changed_entities" not in answer.json
    assert reviewed.result("package_show", id=made["id"]) == made
    assert reviewed.result("package_update", "editor", **would) == would  # what comes back changes nothing
    whole = reviewed.post("package_update", "editor", **{**made, "title": "Точнее", "notes": "Иначе"})
    assert (whole.json["result"]["title"], whole.json["result"]["notes"]) == ("Точнее", "Иначе")
    other = [made["resources"][1]["id"], made["resources"][0]["id"]]
    assert reviewed.result("package_resource_reorder", "editor", id=made["id"], order=other)["order"] == other
    assert reviewed.result("package_show", id=made["id"]) == made
    accept(reviewed, made["id"])
    stands = reviewed.result("package_show", id=made["id"])
    assert (stands["title"], stands["notes"], stands["state"]) == ("Точнее", "Иначе", "active")
    assert [one["id"] for one in stands["resources"]] == other
    assert "X-Review" not in reviewed.post("package_patch", "editor", id=made["id"], notes="Иначе").headers


def test_a_file_that_an_editor_sends_where_review_is_wanted_waits_with_its_change(reviewed: Portal) -> None:
    made = create(reviewed, "sysadmin")
    sent = {"package_id": made["id"], "name": "Посты", "upload": (BytesIO(CSV), "посты.csv")}
    answer = reviewed.send("resource_create", "editor", **sent)
    assert (answer.json["result"]["state"], answer.headers["X-Review"]) == ("draft", "proposed")
    assert reviewed.result("package_show", id=made["id"]) == made
    accept(reviewed, made["id"])
    (file,) = reviewed.result("package_show", id=made["id"])["resources"]
    assert (file["id"], file["name"], file["size"]) == (answer.json["result"]["id"], "Посты", len(CSV))
    emptied = error(reviewed, "resource_patch", "editor", 403, id=file["id"], clear_upload=True)
    assert "Give it another address" in emptied["message"]
    assert reviewed.post("resource_delete", "editor", id=file["id"]).headers["X-Review"] == "proposed"
    assert reviewed.result("resource_show", id=file["id"])["size"] == len(CSV)


def test_what_cannot_wait_for_a_reviewer_is_refused_with_what_to_do(reviewed: Portal) -> None:
    made, grouped = create(reviewed, "sysadmin"), group(reviewed)
    reviewed.result("group_member_create", id=grouped, username="editor", role="admin")
    told = error(reviewed, "package_patch", "editor", 403, id=made["id"], groups=[{"name": grouped}])
    assert "ask a reviewer" in told["message"]
    reviewed.result("package_patch", "admin", id=made["id"], notes="Сразу")
    reviewed.result("package_patch", "editor", id=made["id"], notes="Ждёт")
    reviewed.result("package_patch", "admin", id=made["id"], version="2")
    assert reviewed.result("package_patch", "editor", id=made["id"], state="deleted")["state"] == "deleted"
