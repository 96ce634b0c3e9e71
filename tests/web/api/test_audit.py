"""/api/v1/audit: read by administrators, sifted, page by page."""

from __future__ import annotations

import pytest

from tests.web.api.conftest import Api


def test_an_administrator_reads_what_was_done(api: Api) -> None:
    made = api.by("editor").create("Журнал")
    api.by("stranger").get("/audit")
    assert api.by("stranger").get("/audit", query_string={"record": made["id"]})["items"] == []
    [event] = api.by("admin").get("/audit", query_string={"record": made["slug"], "action": "created"})["items"]
    assert (event["kind"], event["object_id"], event["actor"]) == ("dataset", made["id"], "editor")
    assert event["address"] == "127.0.0.1"
    for who in ("lonely", "member", "editor"):
        api.by(who).get("/audit", 403)
    api.get("/audit", 401)


def test_it_goes_on_behind_the_cursor(api: Api) -> None:
    for number in range(3):
        api.by("editor").create(f"Запись {number}")
    first = api.by("admin").get("/audit", query_string={"limit": 2, "kind": "dataset"})
    rest = api.by("admin").get("/audit", query_string={"limit": 2, "kind": "dataset", "cursor": first["next"]})
    ids = [one["id"] for one in (*first["items"], *rest["items"])]
    assert ids == sorted(set(ids), reverse=True)
    assert len(ids) == 4 or rest["next"] is None


@pytest.mark.parametrize("query", [{"since": "yesterday"}, {"until": "2026-06-01"}, {"until": ""}, {"kind": "x"}])
def test_what_cannot_be_asked_is_said(api: Api, query: dict[str, str]) -> None:
    api.by("admin").get("/audit", 400, query_string=query)
