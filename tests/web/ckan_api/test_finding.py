"""Datasets and files looked for by a part of a name or a field."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.ckan_api.conftest import Ask, Failed
from tests.web.conftest import Shelf


def test_dataset_is_completed_by_name_and_by_title(ask: Ask, shelf: Shelf) -> None:
    assert ask("package_autocomplete", q="su-b") == [
        {"name": "su-balansy", "title": "Су балансы", "match_field": "name", "match_displayed": "su-balansy"}
    ]
    (found,) = ask("package_autocomplete", q="Водн бал")
    assert (found["match_field"], found["match_displayed"]) == ("title", "Су балансы (su-balansy)")
    assert ask("package_autocomplete", q="draft") == []


@pytest.mark.parametrize(
    ("query", "count"),
    [("name:CLOSED", 1), ("name:есеп", 1), ("name:ЕСЕП", 1), (["format:pdf", "name:closed"], 1), ("format:pdf", 2),
     ("hash:41a9712476", 1), ("hash:9712476", 0), ("url:example.org", 1), (["format:pdf", "format:html"], 0),
     ("mimetype:text/", 1), ("description:none", 0)],
)  # fmt: skip
def test_files_are_found_by_their_fields(ask: Ask, shelf: Shelf, query: Any, count: int) -> None:
    found = ask("resource_search", query=query)
    assert (found["count"], len(found["results"])) == (count, count)


def test_files_are_cut_and_ordered(ask: Ask, shelf: Shelf) -> None:
    found = ask("resource_search", query="format:", order_by="position", limit="2", offset="1")
    assert (found["count"], [one["position"] for one in found["results"]]) == (4, [1, 2])


@pytest.mark.parametrize("asked", [{}, {"query": "pdf"}, {"query": "held:1"}, {"query": "name:x", "order_by": "held"}])
def test_what_is_no_field_is_refused(ask: Ask, asked: dict[str, Any]) -> None:
    with pytest.raises(Failed) as wrong:
        ask("resource_search", **asked)
    assert (wrong.value.status, wrong.value.error["__type"]) == (409, "Validation Error")


def test_closed_file_is_not_found_by_what_is_kept_back(ask: Ask, shelf: Shelf) -> None:
    for query in ("url:closed", "size:1", "hash:"):
        found = ask("resource_search", query=query)["results"]
        assert str(shelf.withheld) not in [one["id"] for one in found]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/api/2/util/tag/autocomplete?incomplete=жер", {"ResultSet": {"Result": [{"Name": "су & жер"}]}}),
        ("/api/2/util/resource/format_autocomplete?incomplete=pd", {"ResultSet": {"Result": [{"Format": "PDF"}]}}),
        ("/api/2/util/tag/autocomplete", {"ResultSet": {"Result": []}}),
        ("/api/2/util/group/autocomplete", []),
        ("/api/2/util/dataset/munge_name?name=a_b-1", "a_b-1"),
        ("/api/util/dataset/munge_name?name=Су", "su"),
        ("/api/3/util/dataset/munge_title_to_name?title=Отчёт о паводках: 2023", "otchyot-o-pavodkakh-2023"),
        ("/api/2/util/dataset/munge_title_to_name?name=x", "x_"),
        ("/api/2/util/tag/munge?tag=Су (және) жер_", "су-және-жер"),
        ("/api/2/util/tag/munge", ""),
    ],
)
def test_forms_of_ckan_are_answered(client: FlaskClient, shelf: Shelf, path: str, found: Any) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.get_json()) == (200, found)
    assert answer.headers["Content-Type"] == "application/json;charset=utf-8"


def test_forms_complete_datasets_agencies_and_groups(client: FlaskClient, shelf: Shelf) -> None:
    answer = client.get("/api/2/util/dataset/autocomplete?incomplete=su-ba").get_json()
    assert answer["ResultSet"]["Result"][0]["name"] == "su-balansy"
    assert [one["name"] for one in client.get("/api/2/util/organization/autocomplete?q=Агентств").get_json()] == ["su"]
    assert [one["name"] for one in client.get("/api/2/util/group/autocomplete?q=energ").get_json()] == ["energy"]
    assert client.get("/api/2/util/user/autocomplete?q=root").status_code == 403
    assert client.get("/api/2/util/nothing").status_code == 404
    assert client.get("/api/i18n/kk").get_json()[""]["lang"] == "kk"
    assert client.get("/api/i18n/tlh").status_code == 400
