"""package_search, as CKAN's clients ask it."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.ckan_api.conftest import Ask, Failed
from tests.web.conftest import Shelf


@pytest.mark.parametrize(
    "asked", [{}, {"q": "*:*"}, {"q": '""'}, {"q": "''"}, {"q": ""}, {"q": "Водный"}, {"fq": "organization:su"}]
)
def test_public_datasets_are_found(ask: Ask, shelf: Shelf, asked: dict[str, Any]) -> None:
    found = ask("package_search", **asked)
    assert (found["count"], [one["name"] for one in found["results"]]) == (1, ["su-balansy"])
    assert (found["facets"], found["search_facets"]) == ({}, {})
    assert found["results"][0] == ask("package_show", id="su-balansy")


@pytest.mark.parametrize(
    ("fq", "count"),
    [("organization:su OR organization:other", 1), ("-organization:su -organization:other", 0),
     ("-organization:other", 1), ("issued:2024*", 1),
     ('organization:("su" OR "other") metadata_modified:[2015-10-23T14:51:13.282361Z TO *]', 1),
     ("organization:other OR organization:third", 0), ("metadata_modified:[2027-01-01T00:00:00Z TO *]", 0),
     ("res_format:PDF", 1), ("tags:\"су & жер\"", 1), ("license_id:CC-BY-4.0", 1), ("type:dataset", 1)],
)  # fmt: skip
def test_filters_of_harvesters_are_understood(ask: Ask, shelf: Shelf, fq: str, count: int) -> None:
    assert ask("package_search", fq=fq, rows=0)["count"] == count


def test_facets_are_counted_and_named(ask: Ask, shelf: Shelf) -> None:
    fields = ["organization", "tags", "license_id", "res_format"]
    for given in (fields, '["organization", "tags", "license_id", "res_format"]'):
        found = ask("package_search", **{"facet.field": given, "rows": 0, "facet": "true"})
        assert found["facets"]["organization"] == {"su": 1}
        assert found["search_facets"]["organization"] == {
            "title": "organization", "items": [{"name": "su", "display_name": "Су агенттігі", "count": 1}],
        }  # fmt: skip
        names = [one["display_name"] for one in found["search_facets"]["res_format"]["items"]]
        assert names == sorted(names, reverse=True) == ["PDF", "HTML"]
        assert found["search_facets"]["license_id"]["items"][0]["display_name"].startswith("Creative Commons")
    assert ask("package_search", **{"facet.field": fields, "facet": False})["facets"] == {}


@pytest.mark.parametrize(
    ("asked", "status", "kind"),
    [({"weather": 1}, 400, "Search Query Error"), ({"sort": "name"}, 400, "Search Query Error"),
     ({"q": "{!child of=x}y"}, 409, "Search Error"), ({"fq": "{!xmlparser}"}, 409, "Search Error"),
     ({"facet.field": "tags"}, 409, "Validation Error"), ({"rows": "many"}, 409, "Validation Error"),
     ({"start": -1}, 409, "Validation Error"), ({"fq": "organization:["}, 400, "Search Query Error")],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(ask: Ask, shelf: Shelf, asked: dict[str, Any], status: int, kind: str) -> None:
    with pytest.raises(Failed) as wrong:
        ask("package_search", **asked)
    assert (wrong.value.status, wrong.value.error["__type"]) == (status, kind)


def test_parameters_of_engine_and_plugins_are_passed_over(ask: Ask, shelf: Shelf) -> None:
    asked = {
        "ext_bbox": "1,2,3,4",
        "defType": "edismax",
        "qf": "title",
        "use_default_schema": True,
        "mm": "1",
        "wt": "json",
    }
    assert ask("package_search", **asked)["count"] == 1


@pytest.mark.parametrize("fl", ["id,name tags", ["id", "name", "tags"]])
def test_chosen_fields_come_alone(ask: Ask, shelf: Shelf, fl: Any) -> None:
    (found,) = ask("package_search", fl=fl)["results"]
    assert found == {"id": str(shelf.dataset_id), "name": "su-balansy", "tags": ["су & жер"]}
    assert ask("package_search", fl="resource_type_general organization")["results"] == [
        {"resource_type_general": "report", "organization": "su"}
    ]


def test_too_many_rows_are_cut_and_it_is_said(client: FlaskClient, shelf: Shelf) -> None:
    answer = client.get("/api/3/action/package_search?rows=5000&start=0&sort=id+asc")
    assert (answer.status_code, answer.headers["X-Result-Capped"]) == (200, "1000")
    assert answer.get_json()["result"]["sort"] == "id asc"
    assert (
        client.get("/api/3/action/package_search?rows=100&start=100&sort=id+asc").get_json()["result"]["results"] == []
    )


def test_unpublished_is_not_found_by_the_public(ask: Ask, shelf: Shelf) -> None:
    for flag in ("include_private", "include_drafts", "include_deleted"):
        assert ask("package_search", **{flag: True})["count"] == 1
    assert ask("package_search", fq="state:draft OR private:true")["count"] == 0
