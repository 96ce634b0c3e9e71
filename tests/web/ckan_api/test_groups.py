"""Groups and their datasets, as they are read after they were written."""

from __future__ import annotations

import pytest

from opendata.services import accounts
from opendata.services.catalogue import Catalogue
from tests.factories import work
from tests.web.ckan_api.conftest import Ask, Failed
from tests.web.people import People


@pytest.fixture
def token(peopled: Catalogue, people: People) -> str:
    """That of the sysadmin."""
    return accounts.create_token(peopled, people.sysadmin)


@pytest.fixture
def rivers(ask: Ask, token: str) -> str:
    """The name of a group with one dataset and one account."""
    ask("group_create", token=token, name="rivers", title="Өзендер", extras=[{"key": "basin", "value": "Жайық"}])
    ask("member_create", token=token, id="rivers", object="su-balansy", object_type="package", capacity="public")
    ask("member_create", token=token, id="rivers", object="editor", object_type="user", capacity="editor")
    return "rivers"


def test_dataset_and_group_know_each_other(ask: Ask, rivers: str) -> None:
    (group,) = ask("package_show", id="su-balansy")["groups"]
    assert set(group) == {"description", "display_name", "id", "image_display_url", "name", "title"}
    assert (group["name"], group["title"]) == (rivers, "Өзендер")
    shown = ask("group_show", id=rivers, include_datasets=True)
    assert ([one["name"] for one in shown["packages"]], shown["package_count"]) == (["su-balansy"], 1)
    assert shown["extras"] == [{"key": "basin", "value": "Жайық"}]
    assert [one["name"] for one in ask("group_package_show", id=rivers)] == ["su-balansy"]
    assert rivers in ask("group_list")
    (listed,) = ask("group_list", all_fields=True, groups=[rivers], include_extras=True, include_dataset_count="false")
    assert (listed["extras"], "package_count" in listed) == (shown["extras"], False)


def test_members_are_shown_to_those_signed_in(ask: Ask, token: str, rivers: str) -> None:
    assert ask("group_show", id=rivers)["users"] == []
    users = {one["name"]: one["capacity"] for one in ask("group_show", token=token, id=rivers)["users"]}
    assert users == {"root": "admin", "editor": "editor"}
    assert len(ask("member_list", token=token, id=rivers)) == 3
    assert [what for _, what, _ in ask("member_list", id=rivers)] == ["package"]


def test_group_is_a_filter_and_a_facet(ask: Ask, peopled: Catalogue, token: str, rivers: str) -> None:
    work(peopled)
    found = ask("package_search", fq=f"groups:{rivers}", **{"facet.field": ["groups"]})
    assert (found["count"], found["facets"]["groups"][rivers]) == (1, 1)
    items = {one["name"]: one["display_name"] for one in found["search_facets"]["groups"]["items"]}
    assert items[rivers] == "Өзендер"


def test_private_dataset_is_not_told_of_its_group(ask: Ask, token: str, rivers: str) -> None:
    ask("package_patch", token=token, id="su-balansy", private=True)
    shown = ask("group_show", id=rivers, include_datasets=True)
    assert (shown["packages"], shown["package_count"]) == ([], 0)
    assert ask("organization_show", id="su", include_datasets=True)["packages"] == []
    assert ask("member_list", id=rivers) == []


def test_deleted_group_is_gone_and_its_former_name_leads_to_it(ask: Ask, token: str, rivers: str) -> None:
    ask("group_patch", token=token, id=rivers, name="streams")
    assert ask("group_show", id=rivers)["name"] == "streams"
    ask("group_delete", token=token, id="streams")
    with pytest.raises(Failed) as gone:
        ask("group_show", id="streams")
    assert gone.value.status == 404
    assert "streams" not in ask("group_list")
    assert ask("package_show", id="su-balansy")["groups"] == []
