"""What holds for every operation: who may, how much, for whose pages, and that the documents tell it."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from opendata.bootstrap import open_catalogue
from opendata.config import load_config
from opendata.services.catalogue import Catalogue
from opendata.web.api import merge_patch, openapi, version1
from opendata.web.api.contract import TABLE, Operation
from opendata.web.app import create_app
from tests.conftest import settings
from tests.web.api.conftest import Api

TUS = {"Tus-Resumable": "1.0.0", "Upload-Length": "3", "Upload-Offset": "0"}
FAR = {"environ_overrides": {"REMOTE_ADDR": "203.0.113.7"}}


def path_of(op: Operation) -> str:
    """An address of the operation, of nothing that is there."""
    values = {"job_id": "1", "number": "1", "resource_id": "0" * 8 + "-0000-4000-8000-" + "0" * 12}
    values |= {"webhook_id": values["resource_id"], "source": "nobody", "name": "nobody", "kind": "drafts"}
    ids = ("upload_id", "file_id", "token_id", "alert_id", "report_id")
    values |= dict.fromkeys(ids, values["resource_id"]) | {"user": "nobody", "position": "1", "token": "none"}
    values["checksum"] = "0" * 64
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], op.path)


def test_the_document_is_openapi_and_has_what_it_refers_to(api: Api) -> None:
    document = api.get("/openapi.json")
    OpenAPIV31SpecValidator(document).validate()
    assert openapi.names(document) == set(document["components"]["schemas"])
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert len(operations) == len(TABLE.operations)
    assert len({one["operationId"] for one in operations}) == len(operations)
    assert all(one["summary"] and one["tags"] for one in operations)
    assert all("414" in one["responses"] for one in operations)  # of the server itself, before anything of ours


def test_every_route_is_in_the_document(api: Api) -> None:
    rules = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in api.app.url_map.iter_rules()
        if rule.endpoint.startswith(("api.", "tus."))
    }
    assert rules == {*api.get("/openapi.json")["paths"], "/api/v1/openapi.json"}


@pytest.mark.parametrize("op", [op for op in TABLE.operations if op.signed_in], ids=lambda op: str(op.id))
def test_what_needs_a_token_answers_nobody_without(api: Api, op: Operation) -> None:
    answer = api.ask(op.method, path_of(op), 401, headers=TUS)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.mimetype == "application/problem+json"
    api.ask(op.method, path_of(op), 401, headers={**TUS, "Authorization": "Bearer odk_nobody"})


@pytest.mark.parametrize("op", [op for op in TABLE.operations if op.right], ids=lambda op: str(op.id))
def test_what_needs_a_right_is_refused_to_who_has_none(api: Api, op: Operation) -> None:
    api.by("lonely").ask(op.method, path_of(op), 403)


def test_pages_of_other_sites_may_read_and_no_more(api: Api) -> None:
    elsewhere = {"Origin": "https://app.example"}
    answer = api.ask("GET", "/datasets", headers=elsewhere)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    asked = {**elsewhere, "Access-Control-Request-Method": "POST"}
    allowed = api.ask("OPTIONS", "/datasets", headers=asked)
    assert allowed.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert set(allowed.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    refused = api.ask("POST", "/datasets", 403, headers=elsewhere, json={})
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_head_is_get_without_a_body(api: Api) -> None:
    for path in ("/datasets", "/datasets/su-balansy", "/search", "/openapi.json"):
        whole, head = api.ask("GET", path), api.ask("HEAD", path)
        assert head.data == b""
        assert head.headers["ETag"] == whole.headers["ETag"]
    api.ask("PUT", "/datasets", 405)
    assert api.ask("GET", "/nothing", 404).mimetype == "application/problem+json"


def test_answers_say_what_is_left_and_the_last_one_how_long_to_wait(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    del monkeypatch
    few = {"OPENDATA_SECURITY__API_PER_MINUTE": "3", "OPENDATA_SECURITY__SEARCHES_PER_MINUTE": "2"}
    config = load_config(environ=settings(catalogue.config.home) | few)
    limited = open_catalogue(config)
    client = create_app(limited).test_client()
    first = client.get("/api/v1/datasets", **FAR)
    assert first.headers["RateLimit-Policy"] == '"address";q=3;w=60'
    assert re.fullmatch(r'"address";r=2;t=\d+', first.headers["RateLimit"])
    assert client.get("/api/v1/search", **FAR).headers["RateLimit"].count("r=1;") == 2
    client.get("/api/v1/datasets", **FAR)
    refused = client.get("/api/v1/datasets", **FAR)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 20
    assert "r=0;" in refused.headers["RateLimit"]
    assert client.get("/api/v1/datasets").status_code == 200  # at this very machine
    for path in ("/api/v1/uploads", "/api/v1/uploads/files"):
        method = "OPTIONS" if path.endswith("files") else "GET"
        assert client.open(path, method=method, **FAR).headers["RateLimit"].startswith('"address";r=0'), path
    limited.close()


def test_the_document_is_made_once_for_a_site() -> None:
    assert version1.document("A", "https://a.example", "") is version1.document("A", "https://a.example", "")


def test_sources_and_jobs_are_those_of_ones_agencies(api: Api) -> None:
    member = api.by("member")
    assert [one["name"] for one in member.get("/sources")["items"]] == ["river"]
    member.get("/sources/foreign", 404)
    jobs = list(_pages(member, "/jobs?limit=1"))
    assert {one["source"] for one in jobs} == {"river"}
    found = list(_pages(member, f"/jobs/{jobs[0]['id']}/problems?limit=50"))
    assert len(found) == len({one["identifier"] for one in found}) == 120
    everything = list(_pages(api.by("sysadmin"), "/jobs?limit=1"))
    assert [one["id"] for one in everything] == sorted((one["id"] for one in everything), reverse=True)
    assert "secret" not in str(api.by("sysadmin").get("/sources"))
    member.get("/jobs/999999", 404)
    member.get("/jobs/99999999999999", 404)


def _pages(api: Api, path: str) -> Any:
    cursor = ""
    while cursor is not None:
        answer = api.get(f"{path}&cursor={cursor}" if cursor else path)
        yield from answer["items"]
        cursor = answer["next"]


def test_a_source_is_added_changed_and_removed(api: Api) -> None:
    admin = api.by("admin")
    said = {"name": "lake", "type": "ckan", "url": "https://lake.example", "organization": "su", "frequency": "daily"}
    secret = {"credentials": {"kind": "bearer", "value": "much-secret-token"}}
    made = admin.ask("POST", "/sources", 201, json={**said, **secret})
    assert "much-secret-token" not in made.text
    assert made.json["has_credentials"]
    admin.ask("PATCH", "/sources/lake", 422, json={"frequency": "sometimes"})
    admin.ask("PATCH", "/sources/lake", 400, json={"name": "other"})
    tag = {"If-Match": admin.ask("GET", "/sources/lake").headers["ETag"]}
    assert admin.ask("PATCH", "/sources/lake", json={"title": "Lake"}, headers=tag).json["title"] == "Lake"
    admin.ask("PATCH", "/sources/lake", 412, json={"title": "Pond"}, headers=tag)
    admin.ask("DELETE", "/sources/lake", 412, headers=tag)
    assert not admin.ask("POST", "/sources/lake/pause").json["active"]
    assert admin.ask("POST", "/sources/lake/resume").json["active"]
    assert admin.ask("POST", "/sources/lake/run", 202).json["waiting"]
    admin.ask("DELETE", "/sources/lake", 204)
    admin.get("/sources/lake", 404)


def test_agencies_are_made_changed_and_listed(api: Api) -> None:
    root = api.by("sysadmin")
    root.post("/organizations", {"slug": "lakes", "title": {"en": "Lakes"}, "parent": "su"})
    changed = root.ask("PATCH", "/organizations/lakes", json={"homepage": "https://lakes.example"}).json
    assert (changed["parent"]["slug"], changed["homepage"]) == ("su", "https://lakes.example")
    tag = api.ask("GET", "/organizations/lakes").headers["ETag"]
    assert root.ask("PUT", "/organizations/lakes", json=changed, headers={"If-Match": tag}).json == changed
    root.ask("PATCH", "/organizations/lakes", json={"email": "a@lakes.example"}, headers={"If-Match": tag})
    root.ask("PATCH", "/organizations/lakes", 412, json={"email": ""}, headers={"If-Match": tag})
    root.ask("DELETE", "/organizations/lakes", 412, headers={"If-Match": tag})
    every = [one["slug"] for one in _pages(api, "/organizations?limit=1")]
    assert len(every) == len(set(every))
    assert {"su", "lakes"} <= set(every)
    root.ask("DELETE", "/organizations/lakes", 204)
    api.by("editor").ask("POST", "/organizations", 403, json={"slug": "x1", "title": {"en": "X"}})


def test_a_change_of_others_between_reading_and_writing_is_kept(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    root, done = api.by("sysadmin"), []
    root.post("/organizations", {"slug": "ponds", "title": {"en": "Ponds"}})
    read = merge_patch.patched

    def slowly(*given: Any) -> Any:
        if not done:
            done.append(True)
            root.ask("PATCH", "/organizations/ponds", json={"homepage": "https://ponds.example"})
        return read(*given)

    monkeypatch.setattr(merge_patch, "patched", slowly)
    found = root.ask("PATCH", "/organizations/ponds", json={"email": "a@ponds.example"}).json
    assert (found["homepage"], found["email"]) == ("https://ponds.example", "a@ponds.example")
    root.ask("DELETE", "/organizations/ponds", 204)


def test_a_study_is_registered_and_changed(api: Api) -> None:
    editor = api.by("editor")
    owed = {"kind": "final_report", "due": "2025-01-01"}
    contract = {"contract_number": "7", "amount": "1200000.50", "deliverables": [owed]}
    said = {"register_number": "BR12345678", "title": {"ru": "Озёра"}, "organization": "su", "contracts": [contract]}
    made = editor.post("/studies", said)
    assert made["contracts"][0]["amount"] == "1200000.50"
    assert made["due_state"] == "overdue"
    editor.post("/studies", said, 409)
    path = f"/studies/{made['slug']}"
    assert editor.ask("PUT", path, json=made).json == made
    tag = {"If-Match": api.ask("GET", path).headers["ETag"]}
    assert editor.ask("PATCH", path, json={"official": "Ахметов"}, headers=tag).json["official"] == "Ахметов"
    editor.ask("PATCH", path, 412, json={"official": "x"}, headers=tag)
    assert editor.ask("PATCH", path, json={"register_number": "BR00000002"}).json["register_number"] == "BR00000002"
    wrong = {"register_number": "", "contracts": [{**contract, "currency": "TNG"}]}
    refused = editor.ask("PATCH", path, 422, json=wrong)
    assert {one["pointer"] for one in refused.json["problems"]} == {"#/register_number", "#/contracts/0/currency"}
    report = editor.post("/datasets", {"title": {"ru": "Отчёт об озёрах"}, "organization": "su"})
    met = {"contracts": [{**contract, "deliverables": [{**owed, "dataset": report["slug"]}]}]}
    assert editor.ask("PATCH", path, json=met).json["contracts"][0]["deliverables"][0]["state"] == "deposited"
    assert editor.ask("PATCH", path, json={"contracts": [contract]}).json["due_state"] == "deposited"
    met["contracts"][0]["deliverables"][0]["dataset"] = "nothing-such"
    editor.ask("PATCH", path, 422, json=met)
    met["contracts"][0]["deliverables"][0]["dataset"] = None
    assert editor.ask("PATCH", path, json=met).json["due_state"] == "overdue"
    editor.ask("PATCH", path, json={"private": True})
    api.get(path, 404)
    editor.ask("PATCH", path, json={"private": False})
    assert api.get(f"/studies/{made['id']}")["slug"] == made["slug"]
    assert made["id"] in {one["id"] for one in _pages(api, "/studies?limit=1")}
    api.by("stranger").ask("PATCH", path, 403, json={"official": "x"})
    api.by("stranger").ask("DELETE", path, 403)
    editor.ask("DELETE", path, 412, headers=tag)
    editor.ask("DELETE", f"{path}?reason=Twice", 204)
    assert api.get(path, 410)["tombstone"]["reason"] == "Twice"
    assert editor.ask("POST", f"{path}/restore").json["state"] == "published"
    editor.ask("POST", f"{path}/restore", 409)


def test_members_of_an_agency_are_listed_and_given_roles(api: Api) -> None:
    admin, path = api.by("admin"), "/organizations/su/members"
    before = list(_pages(admin, f"{path}?limit=1"))
    user = api.by("lonely").get("/me/tokens") and "lonely@example.kz"
    given = admin.ask("PUT", f"{path}/{user}", json={"role": "editor"}).json
    assert given["role"] == "editor"
    assert admin.ask("PUT", f"{path}/{given['id']}", json={"role": "member"}).json["role"] == "member"
    assert len(list(_pages(admin, f"{path}?limit=2"))) == len(before) + 1
    admin.ask("PUT", f"{path}/{user}", 400, json={"role": "king"})
    admin.ask("PUT", f"{path}/nobody", 404, json={"role": "editor"})
    admin.ask("DELETE", f"{path}/{given['username']}", 204)
    assert list(_pages(admin, f"{path}?limit=100")) == before
    for who in ("editor", "stranger"):
        api.by(who).get(path, 403)
    assert "@" not in str(before)


def test_tokens_of_ones_own_are_made_listed_and_revoked(api: Api) -> None:
    member = api.by("member")
    key = {"Idempotency-Key": "token-000001"}
    made = member.ask("POST", "/me/tokens", 201, json={"name": "copy", "days": 3}, headers=key).json
    again = member.ask("POST", "/me/tokens", 201, json={"name": "copy", "days": 3}, headers=key)
    assert again.json == made
    api.tokens["made"] = made["secret"]
    listed = api.by("made").get("/me/tokens")["items"]
    assert made["secret"] not in str(listed)
    assert [one["current"] for one in listed if one["id"] == made["token"]["id"]] == [True]
    assert made["token"]["expires"]
    api.by("admin").ask("DELETE", f"/me/tokens/{made['token']['id']}", 404)
    member.ask("DELETE", f"/me/tokens/{made['token']['id']}", 204)
    api.by("made").get("/me/tokens", 401)
    member.ask("POST", "/me/tokens", 400, json={"name": "copy", "days": 0})


def test_search_is_that_of_the_pages(api: Api) -> None:
    found = api.get("/search?q=баланс")
    assert set(found) == {"total", "complete", "checked", "items", "facets", "notes", "next"}
    assert {"id", "kind", "slug", "title", "url", "score", "passages"} <= set(found["items"][0])
    inside = api.get("/search?q=есептелді")["items"][0]
    assert inside["passages"][0]["page"] == 2
    assert api.get("/search?kind=study&facets=false")["facets"] == []
    one = api.get("/search?size=1")
    following = one["next"].removeprefix("/api/v1")
    assert api.get(following)["items"][0]["id"] != one["items"][0]["id"]
    notes = api.get("/search?q=nobody:x")["notes"]
    assert notes[0]["code"] == "unknown_prefix"
    api.get("/search?kind=poem", 400)
    api.get("/search/facets/poem", 404)
    assert api.get("/search/facets/type")["values"]
    assert api.get("/search?year=2030..1990")["total"] == api.get("/search?year=1990..2030")["total"]


def test_an_upload_under_a_key_is_begun_once_and_told_how_much_is_left(api: Api) -> None:
    editor = api.by("editor")

    def send(status: int = 202, rows: str = "1") -> Any:
        table = (io.BytesIO(f"Title,Year\nOne {rows},2024\n".encode()), "table.csv")
        form = {"file": table, "organization": "su", "language": "en"}
        return editor.ask("POST", "/uploads", status, data=form, headers={"Idempotency-Key": "upload-000001"})

    first, again = send(), send()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (again.json, again.headers["Location"]) == (first.json, first.headers["Location"])
    assert send(422, rows="2").json["problems"][0]["code"] == "key_reused"
    path = f"/uploads/{first.json['id']}"
    assert editor.ask("GET", path).headers["ETag"]
    for step in (1, 2):
        said = editor.ask("POST", f"{path}/cancel", 200, headers={"Idempotency-Key": "cancel-000001"})
        assert ("Idempotent-Replayed" in said.headers) == (step == 2)
    assert [one["id"] for one in editor.get("/uploads?page=")["items"]] == [first.json["id"]]


def test_events_are_told_from_a_cursor_on(api: Api) -> None:
    cursor = api.get("/events?cursor=latest")["next"]
    made = api.by("editor").create("Событие")
    told = api.get(f"/events?cursor={cursor}")
    assert [(one["id"], one["event"]) for one in told["items"]] == [(made["id"], "created")]
    assert api.get(f"/events?cursor={told['next']}")["items"] == []
    private = api.by("editor").create("Тайна", private=True)
    assert api.get(f"/events?cursor={told['next']}")["items"] == []
    assert api.by("member").get(f"/events?cursor={told['next']}")["items"][0]["id"] == private["id"]
    api.get("/events?cursor=x", 400)
    for number in range(3):
        api.by("editor").create(f"Ещё {number}")
    whole = api.get("/events?kind=dataset&kind=organization&limit=1000")["items"]
    found, cursor = [], "0"
    while (leaf := api.get(f"/events?kind=organization&kind=dataset&limit=2&cursor={cursor}"))["next"] != cursor:
        found, cursor = [*found, *leaf["items"]], leaf["next"]
    assert found == whole
    assert len(whole) > 3
    assert api.get("/events?kind=organization")["items"] == [one for one in whole if one["kind"] == "organization"]


def test_a_webhook_by_the_api(api: Api) -> None:
    member = api.by("member")
    made = member.post("/webhooks", {"url": "https://hook.example/secret-path", "events": ["created"]})
    assert made["key"].startswith("whsec_")
    hook = made["webhook"]
    assert "secret-path" not in str(made)
    path = f"/webhooks/{hook['id']}"
    assert member.get(path) == hook
    tag = {"If-Match": member.ask("GET", path).headers["ETag"]}
    assert member.ask("PATCH", path, json={"active": False, "name": "mine"}, headers=tag).json["name"] == "mine"
    member.ask("PATCH", path, 412, json={"name": "yours"}, headers=tag)
    member.ask("DELETE", path, 412, headers=tag)
    assert member.ask("POST", f"{path}/key").json["key"] != made["key"]
    assert member.get(f"{path}/deliveries")["items"] == []
    assert [one["id"] for one in member.get("/webhooks")["items"]] == [hook["id"]]
    api.by("admin").get(path, 404)
    member.post("/webhooks", {"url": "hook.example"}, 422)
    member.ask("DELETE", path, 204)
    member.get(path, 404)


def test_lists_say_what_values_mean(api: Api) -> None:
    assert "cc-by-4.0" in {one["id"].lower() for one in api.get("/licenses")["items"]} or api.get("/licenses")["items"]
    for name in api.get("/vocabularies")["items"]:
        assert api.get(f"/vocabularies/{name}")["items"], name
    assert not api.get("/me")["signed_in"]
    assert "edit_records" in api.by("editor").get("/me")["rights"]
