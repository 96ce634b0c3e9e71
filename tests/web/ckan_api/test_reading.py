"""Datasets, agencies, groups, keywords and the rest, as CKAN's clients read them."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from opendata.catalog import vocabularies
from opendata.web.ckan_api import registry
from tests.web.ckan_api.conftest import Ask, Failed
from tests.web.conftest import Shelf

PACKAGE = {
    "author", "author_email", "creator_user_id", "extras", "groups", "id", "isopen", "license_id", "license_title",
    "maintainer", "maintainer_email", "metadata_created", "metadata_modified", "name", "notes", "num_resources",
    "num_tags", "organization", "owner_org", "private", "relationships_as_object", "relationships_as_subject",
    "resources", "state", "tags", "title", "type", "url", "version",
}  # fmt: skip
RESOURCE = {
    "cache_last_updated", "cache_url", "created", "description", "format", "hash", "id", "last_modified",
    "metadata_modified", "mimetype", "mimetype_inner", "name", "package_id", "position", "resource_type", "size",
    "state", "url", "url_type",
}  # fmt: skip
ORGANIZATION = {
    "approval_status", "created", "description", "display_name", "extras", "groups", "id", "image_display_url",
    "image_url", "is_organization", "name", "num_followers", "package_count", "state", "title", "type", "users",
}  # fmt: skip


def test_package_has_every_key_of_ckan_and_ours_beside(ask: Ask, shelf: Shelf) -> None:
    package = ask("package_show", id="su-balansy")
    assert set(package) == PACKAGE | {"license_url", "title_translated", "notes_translated"}
    assert set(package["organization"]) == {
        "approval_status", "created", "description", "id", "image_url", "is_organization", "name", "state", "title",
        "type", "title_translated",
    }  # fmt: skip
    ours = {
        "datastore_active",
        "role",
        "filename",
        "access_url",
        "access_rights",
        "available",
        "legal_ground",
        "access_reason",
    }
    for resource in package["resources"]:
        assert RESOURCE <= set(resource) <= RESOURCE | ours
    assert package["metadata_modified"] == "2026-06-01T06:00:00.000000"
    assert (package["type"], package["state"], package["isopen"], package["private"]) == (
        "dataset",
        "active",
        True,
        False,
    )
    assert package["tags"][0]["name"] == "су & жер"
    assert {"key": "resource_type_general", "value": "report"} in package["extras"]
    assert package["id"] == str(shelf.dataset_id)


def test_package_is_found_by_id_and_name_or_id(ask: Ask, shelf: Shelf) -> None:
    by_id = ask("package_show", id=str(shelf.dataset_id), use_default_schema=True, include_datasets=False, unknown=1)
    assert by_id == ask("package_show", name_or_id="su-balansy")


def test_file_is_downloaded_where_its_url_says(ask: Ask, client: FlaskClient, shelf: Shelf) -> None:
    resource = ask("resource_show", id=str(shelf.pdf))
    assert (resource["url_type"], resource["package_id"]) == ("upload", str(shelf.dataset_id))
    assert len(client.get(resource["url"]).data) == resource["size"]


def test_closed_file_tells_neither_address_nor_checksum(ask: Ask, shelf: Shelf) -> None:
    resource = ask("resource_show", id=str(shelf.withheld))
    assert (resource["url"], resource["hash"], resource["access_rights"]) == ("", "", "embargoed")


@pytest.mark.parametrize("action", ["package_show", "resource_show", "organization_show", "group_show", "tag_show"])
def test_missing_and_unknown_ids_are_told_apart(ask: Ask, shelf: Shelf, action: str) -> None:
    with pytest.raises(Failed) as missing:
        ask(action)
    assert (missing.value.status, missing.value.error["id"]) == (409, ["Missing value"])
    with pytest.raises(Failed) as unknown:
        ask(action, id="nowhere")
    assert (unknown.value.status, unknown.value.error["__type"]) == (404, "Not Found Error")


def test_agency_is_no_group_and_a_group_no_agency(ask: Ask, shelf: Shelf) -> None:
    agency = ask("organization_list", all_fields=True)[0]
    for name, action in ((agency["id"], "group_show"), ("science", "organization_show")):
        with pytest.raises(Failed) as wrong:
            ask(action, id=name)
        assert wrong.value.status == 404


def test_unpublished_dataset_is_refused_and_a_withdrawn_one_gone(ask: Ask, shelf: Shelf) -> None:
    with pytest.raises(Failed) as draft:
        ask("package_show", id="draft")
    assert (draft.value.status, draft.value.error["__type"]) == (403, "Authorization Error")
    with pytest.raises(Failed) as withdrawn:
        ask("package_show", id="gone")
    assert withdrawn.value.status == 404
    assert ask("package_list") == ["su-balansy"]
    assert [one["name"] for one in ask("current_package_list_with_resources")] == ["su-balansy"]


def test_agency_has_every_key_of_ckan(ask: Ask, shelf: Shelf) -> None:
    assert ask("organization_list") == ["su"]
    agency = ask("organization_show", id="su")
    assert set(agency) == ORGANIZATION | {"tags", "title_translated"}
    assert (agency["package_count"], agency["title"], agency["is_organization"]) == (1, "Су агенттігі", True)
    shown = ask("organization_show", id="su", include_datasets="True", include_member_count="1", include_users="no")
    assert [one["name"] for one in shown["packages"]] == ["su-balansy"]
    assert (shown["member_count"], "users" in shown) == (0, False)
    (listed,) = ask("organization_list", all_fields=True)
    assert set(listed) == ORGANIZATION - {"extras", "groups", "users"} | {"title_translated"}


def test_themes_are_groups(ask: Ask, shelf: Shelf) -> None:
    assert set(ask("group_list")) == set(vocabularies.codes("theme"))
    group = ask("group_show", id="science", include_datasets=True)
    assert (group["type"], group["title_translated"]["en"], group["packages"]) == ("group", "Science and research", [])
    assert ask("group_show", id=group["id"])["name"] == "science"


@pytest.mark.parametrize(
    ("asked", "first"),
    [({"sort": "name asc"}, "agriculture"), ({"sort": "name desc"}, "transport"), ({"sort": "name"}, "agriculture"),
     ({"sort": "name", "offset": "1", "limit": "1"}, "economy"), ({"q": "ғылым"}, "science"),
     ({"groups": ["energy"]}, "energy"), ({"sort": "name", "after": "agriculture"}, "economy")],
)  # fmt: skip
def test_groups_are_sorted_cut_and_chosen(ask: Ask, shelf: Shelf, asked: dict[str, Any], first: str) -> None:
    found = ask("group_list", **asked)
    assert found[0] == first
    assert len(found) == int(asked.get("limit", len(found)))


@pytest.mark.parametrize(
    "asked", [{"limit": "a"}, {"limit": -1}, {"offset": "a"}, {"sort": "colour asc"}, {"all_fields": "perhaps"}]
)
def test_wrong_values_are_named(ask: Ask, shelf: Shelf, asked: dict[str, Any]) -> None:
    with pytest.raises(Failed) as wrong:
        ask("organization_list", **asked)
    assert (wrong.value.status, wrong.value.error["__type"]) == (409, "Validation Error")
    assert set(wrong.value.error) == {*asked, "__type"}


def test_cut_lists_say_so_and_how_to_go_on(client: FlaskClient, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opendata.web.ckan_api.groups_read.MOST_NAMES", 10)
    answer = client.get("/api/3/action/group_list?limit=5000&sort=name")
    assert (len(answer.get_json()["result"]), answer.headers["X-Result-Capped"]) == (10, "10")
    rest = client.get("/api/3/action/group_list", query_string={"sort": "name", "after": answer.get_json()["next"]})
    assert sorted(answer.get_json()["result"] + rest.get_json()["result"]) == sorted(vocabularies.codes("theme"))
    assert "next" not in rest.get_json()


def test_accounts_are_for_those_signed_in(ask: Ask, shelf: Shelf) -> None:
    for action in ("user_list", "user_show", "user_autocomplete"):
        with pytest.raises(Failed) as refused:
            ask(action, id="somebody", q="s")
        assert refused.value.status == 403


def test_keywords_are_tags(ask: Ask, shelf: Shelf) -> None:
    assert ask("tag_list") == ["су & жер"]
    assert ask("tag_search", query=["жер", "СУ"])["count"] == 1
    assert ask("tag_autocomplete", query="жер") == ["су & жер"]
    assert ask("tag_search") == {"count": 0, "results": []}
    tag = ask("tag_show", id="су & жер", include_datasets=True)
    assert [one["name"] for one in tag["packages"]] == ["su-balansy"]
    assert (ask("vocabulary_list"), tag["vocabulary_id"]) == ([], None)
    with pytest.raises(Failed):
        ask("tag_list", vocabulary_id="none")


def test_licences_say_whether_they_are_open(ask: Ask) -> None:
    known = {one["id"]: one for one in ask("license_list")}
    assert known["CC-BY-4.0"]["od_conformance"] == "approved"
    assert known["CC-BY-NC-4.0"]["od_conformance"] == "rejected"


def test_state_of_the_site_is_told(ask: Ask) -> None:
    state = ask("status_show")
    assert set(state) == {
        "site_title", "site_description", "site_url", "error_emails_to", "locale_default", "extensions", "ckan_version",
    }  # fmt: skip
    assert state["ckan_version"].startswith("2.")


def test_whatever_is_asked_is_answered(client: FlaskClient, shelf: Shelf) -> None:
    asked: list[dict[str, Any]] = [{}, {"id": "x", "q": "x", "query": "x"}, {"id": [1], "limit": {}, "q": {"a": 1}}]
    reading = [name for name in registry.names() if (one := registry.find(name)) and one.reads]
    assert len(reading) > 50
    for action in reading:
        for data in asked:
            answer = client.post(f"/api/action/{action}", json=data)
            assert answer.status_code < 500, (action, data)
            assert isinstance(answer.get_json()["success"], bool)
