"""/api/v1/datasets: what GET gives, PUT takes; lists miss nothing; nobody overwrites what they have not seen."""

from __future__ import annotations

import io
import threading
from typing import Any

import pytest

from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import OrganizationRef
from opendata.services import writing
from opendata.services.actors import SYSTEM
from tests.factories import ru
from tests.web.api.conftest import Api


@pytest.fixture
def editor(api: Api) -> Api:
    return api.by("editor")


def test_what_get_gives_put_takes_and_nothing_changes(editor: Api) -> None:
    before = editor.get("/datasets/su-balansy")
    answer = editor.ask("PUT", "/datasets/su-balansy", json=before)
    assert answer.json == before


def test_every_field_that_is_written_is_read_again(editor: Api) -> None:
    said = {
        "title": {"kk": "Су", "ru": "Вода", "en": "Water", "original": "kk"},
        "type": "report",
        "organization": "su",
        "description": {"ru": "О воде."},
        "table_of_contents": {"ru": "1. Вода"},
        "keywords": [{"text": "вода", "language": "ru"}],
        "themes": ["environment"],
        "subjects": [{"scheme": "grnti", "code": "87.01"}],
        "performer": {"ru": "Институт вод"},
        "contributors": [{"name": "Иванов И.", "role": "leader", "orcid": "0000-0002-1825-0097"}],
        "contacts": [{"name": "Отдел", "email": "water@example.kz"}],
        "license_id": "CC-BY-4.0",
        "identifier": "W-1",
        "identifiers": [{"scheme": "doi", "value": "10.1234/water"}],
        "issued": "2025-11",
        "modified": "2025-12-01",
        "languages": ["kk", "ru"],
        "frequency": "annual",
        "temporal": {"start": "2024", "end": "2025-06"},
        "spatial": "Казахстан",
        "bbox": {"west": 46.5, "south": 40.5, "east": 87.3, "north": 55.4},
        "landing_page": "https://water.example/w1",
        "version": "2",
        "relations": [{"kind": "References", "target": "https://other.example/a"}],
        "extras": [{"key": "basin", "value": "Жайық"}],
        "report_number": "17",
        "resources": [{"download_url": "https://water.example/a.csv", "format": "CSV", "role": "data"}],
    }
    made = editor.post("/datasets", said)
    shown = editor.get(f"/datasets/{made['slug']}")
    for name, value in said.items():
        assert _holds(shown[name], value) or name == "organization", (name, shown[name])
    assert shown["organization"]["slug"] == "su"
    assert shown["open"] == "yes"
    again = editor.ask("PUT", f"/datasets/{made['slug']}", json=shown).json
    assert again == shown


def _holds(shown: Any, said: Any) -> bool:
    if isinstance(said, dict):
        return all(_holds(shown[name], value) for name, value in said.items())
    if isinstance(said, list):
        return len(shown) == len(said) and all(map(_holds, shown, said))
    return bool(shown == said)


def test_a_list_is_read_to_its_end_while_records_come_and_go(api: Api) -> None:
    editor = api.by("editor")
    kept = {editor.create(f"Список {number}")["id"] for number in range(12)}
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            made = writing.create(
                api.catalogue, SYSTEM, DatasetRecord(ru(f"Помеха {number}"), organization=OrganizationRef(slug="su"))
            )
            if number % 2:
                writing.remove(api.catalogue, SYSTEM, made.slug)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = list(_walk(api, "/datasets?limit=3&fields=id"))
    finally:
        stop.set()
        writer.join()
    assert len(seen) == len(set(seen))
    assert kept <= set(seen)


def _walk(api: Api, path: str) -> Any:
    cursor = ""
    while cursor is not None:
        answer = api.ask("GET", f"{path}&cursor={cursor}" if cursor else path)
        yield from (one["id"] for one in answer.json["items"])
        cursor = answer.json["next"]
        assert (cursor is None) == ("Link" not in answer.headers)
        if cursor:
            assert f"cursor={cursor}" in answer.headers["Link"]
            assert 'rel="next"' in answer.headers["Link"]


def test_a_cursor_fits_its_own_list_alone(api: Api) -> None:
    api.by("editor").create("Один")
    api.by("editor").create("Другой")
    cursor = api.get("/datasets?limit=1")["next"]
    assert api.get(f"/datasets?limit=2&cursor={cursor}")["items"]
    for path in (f"/datasets?organization=su&cursor={cursor}", "/datasets?cursor=AAAA", "/datasets?cursor=йц"):
        assert api.get(path, 422)["problems"][0]["code"] == "wrong_cursor"


def test_a_change_over_one_that_was_not_seen_is_refused(editor: Api) -> None:
    made = editor.create("Версия")
    tag = editor.ask("GET", f"/datasets/{made['slug']}").headers["ETag"]
    patch = {"Content-Type": "application/merge-patch+json"}
    path = f"/datasets/{made['slug']}"
    first = editor.ask("PATCH", path, data='{"version": "1"}', headers={**patch, "If-Match": tag})
    editor.ask("PATCH", path, 412, data='{"version": "2"}', headers={**patch, "If-Match": tag})
    editor.ask("PUT", path, 412, json=made, headers={"If-Match": tag})
    editor.ask("DELETE", path, 412, headers={"If-Match": tag})
    both = f'"nothing.else", {first.headers["ETag"]}'
    assert (
        editor.ask("PATCH", path, data='{"version": "3"}', headers={**patch, "If-Match": both}).json["version"] == "3"
    )
    assert editor.ask("PATCH", path, data='{"version": "4"}', headers={**patch, "If-Match": "*"}).json["version"] == "4"


def test_what_is_known_already_is_not_sent_again(api: Api) -> None:
    for path in ("/datasets/su-balansy", "/datasets", "/search?q=баланс", "/organizations", "/studies", "/licenses"):
        answer = api.ask("GET", path)
        assert answer.headers["Cache-Control"] == "public, no-cache"
        known = {"If-None-Match": answer.headers["ETag"]}
        assert api.ask("GET", path, 304, headers=known).data == b""
        assert api.by("editor").ask("GET", "/me").headers["Cache-Control"] == "private, no-store"


def test_a_merge_patch_changes_what_it_names_and_null_empties(editor: Api) -> None:
    made = editor.create("Заплата", description={"ru": "Текст", "en": "Text"}, spatial="Семей", issued="2024")
    path = f"/datasets/{made['slug']}"
    patched = editor.ask("PATCH", path, json={"description": {"en": None}, "spatial": "Алматы", "issued": None}).json
    assert patched["description"] == {**made["description"], "en": ""}
    assert (patched["spatial"], patched["issued"], patched["title"]) == ("Алматы", None, made["title"])
    assert editor.ask("PATCH", path, 422, json={"title": None}).json["problems"][0]["pointer"] == "#/title"


def test_every_problem_of_a_body_has_its_pointer(editor: Api) -> None:
    said = {
        "title": {"ru": "x", "de": "y"},
        "issued": "2024-02-30",
        "keywords": [{"text": "a"}, {"language": "ru"}],
        "resources": [{"role": "poem"}],
        "nobody": 1,
    }
    answer = editor.post("/datasets", said, 400)
    assert {one["pointer"] for one in answer["problems"]} == {
        "#/title/de",
        "#/issued",
        "#/keywords/1/text",
        "#/resources/0/role",
        "#/nobody",
    }
    assert answer["type"] == "about:blank"
    refused = editor.post("/datasets", {"title": {"ru": "x"}, "organization": "nobody"}, 422)
    assert refused["problems"][0]["pointer"] == "#/organization"
    for data in (b"", b"[1]", b"{", b'{"title": NaN}', b'{"title": "\\u0000"}', b"\xff"):
        editor.ask("POST", "/datasets", 400, data=data, content_type="application/json")
    editor.ask("POST", "/datasets", 415, data=b"{}", content_type="text/plain")
    editor.ask("POST", "/datasets", 413, data=b"1" * (3 * 1024**2), content_type="application/json")


def test_a_batch_is_written_as_a_whole_or_not_at_all(editor: Api) -> None:
    total = len(list(_walk(editor, "/datasets?limit=100&fields=id")))
    items = [{"title": {"ru": f"Пачка {number}"}, "organization": "su"} for number in range(3)]
    wrong = [items[0], {"title": {}, "organization": "su"}, {**items[2], "bbox": {**dict.fromkeys("wsen")}}]
    malformed = editor.post("/datasets/batch", {"items": wrong}, 400)
    assert all(one["pointer"].startswith("#/items/2/bbox") for one in malformed["problems"])
    refused = editor.post("/datasets/batch", {"items": wrong[:2]}, 422)
    assert [one["pointer"] for one in refused["problems"]] == ["#/items/1/title"]
    assert len(list(_walk(editor, "/datasets?limit=100&fields=id"))) == total
    made = editor.post("/datasets/batch", {"items": items})["items"]
    assert [one["title"]["ru"] for one in made] == ["Пачка 0", "Пачка 1", "Пачка 2"]
    editor.post("/datasets/batch", {"items": items * 40}, 400)


def test_a_key_makes_a_request_happen_once(api: Api) -> None:
    editor, key = api.by("editor"), {"Idempotency-Key": "7f1a-create-once"}
    said = {"title": {"ru": "Однажды"}, "organization": "su"}
    first = editor.ask("POST", "/datasets", 201, json=said, headers=key)
    again = editor.ask("POST", "/datasets", 201, json=said, headers=key)
    assert again.data == first.data
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert editor.ask("POST", "/datasets", 422, json={**said, "version": "2"}, headers=key).json["problems"]
    api.by("admin").ask("POST", "/datasets", 201, json=said, headers=key)
    refused = {"Idempotency-Key": "7f1a-refused-first"}
    editor.ask("POST", "/datasets", 422, json={"title": {}, "organization": "su"}, headers=refused)
    editor.ask("POST", "/datasets", 201, json=said, headers=refused)
    editor.ask("POST", "/datasets", 400, json=said, headers={"Idempotency-Key": "short"})


def test_a_withdrawn_record_leaves_its_tombstone_and_comes_back(api: Api) -> None:
    admin = api.by("admin")
    made = admin.create("Изъятие")
    admin.ask("DELETE", f"/datasets/{made['slug']}?reason=Ошибка", 204)
    gone = api.get(f"/datasets/{made['slug']}", 410)
    assert gone["tombstone"]["reason"] == "Ошибка"
    assert made["id"] in {one["id"] for one in admin.get("/datasets?state=withdrawn&limit=100")["items"]}
    assert api.get("/datasets?state=withdrawn")["items"] == []
    back = admin.ask("POST", f"/datasets/{made['slug']}/restore").json
    assert (back["state"], back["tombstone"]) == ("published", None)
    admin.ask("POST", f"/datasets/{made['slug']}/restore", 409)


def test_a_former_name_leads_to_the_present_one(api: Api) -> None:
    editor = api.by("editor")
    made = editor.create("Переезд")
    editor.ask("PATCH", f"/datasets/{made['slug']}", json={"slug": "novoe-imya"})
    moved = api.ask("GET", f"/datasets/{made['slug']}?fields=slug", 308)
    assert moved.headers["Location"].endswith("/api/v1/datasets/novoe-imya?fields=slug")
    assert api.get(f"/datasets/{made['id']}")["slug"] == "novoe-imya"


def test_files_are_sent_changed_replaced_and_taken_out(api: Api) -> None:
    editor = api.by("editor")
    slug = editor.create("Файлы")["slug"]
    form = {"file": (io.BytesIO(b"a,b\n1,2\n"), "t.csv"), "resource": '{"role": "data", "name": {"en": "T"}}'}
    sent = editor.ask("POST", f"/datasets/{slug}/resources", 201, data=form)
    file = sent.json
    assert (file["format"], file["byte_size"], file["role"], file["stored"]) == ("CSV", 8, "data", True)
    path = sent.headers["Location"].removeprefix("/api/v1")
    assert editor.ask("PUT", path, json=file).json == file
    assert editor.ask("PATCH", path, json={"name": {"ru": "Т"}}).json["name"]["ru"] == "Т"
    other = {"file": (io.BytesIO(b"a,b\n1,2\n3,4\n"), "u.csv")}
    replaced = editor.ask("PUT", f"{path}/content", data=other).json
    assert (replaced["filename"], replaced["byte_size"], replaced["id"]) == ("u.csv", 12, file["id"])
    link = editor.post(f"/datasets/{slug}/resources", {"access_url": "https://x.example/a"})
    assert [one["id"] for one in editor.get(f"/datasets/{slug}/resources")["items"]] == [file["id"], link["id"]]
    editor.ask("DELETE", path, 204)
    assert [one["id"] for one in editor.get(f"/datasets/{slug}")["resources"]] == [link["id"]]
    editor.ask("GET", path, 404)
    editor.ask("POST", f"/datasets/{slug}/resources", 422, json={})
    form = "multipart/form-data"
    editor.ask("POST", f"/datasets/{slug}/resources", 400, data={"resource": "{}"}, content_type=form)


def test_a_file_in_pieces_becomes_one_of_a_dataset(api: Api) -> None:
    editor = api.by("editor")
    slug = editor.create("Кусками")["slug"]
    tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "8", "Upload-Metadata": "filename dC5jc3Y="}
    tus |= {"Content-Type": "application/offset+octet-stream"}
    upload = editor.ask("POST", "/uploads/files", 201, headers=tus, data=b"a,b\n1,2\n").headers["Location"]
    said = {"upload": upload.rpartition("/")[2], "resource": {"role": "data"}}
    made = editor.post(f"/datasets/{slug}/resources", said)
    assert (made["filename"], made["byte_size"]) == ("t.csv", 8)
    editor.post(f"/datasets/{slug}/resources", said, 404)


def test_who_may_write_and_who_may_not(api: Api) -> None:
    said = {"title": {"ru": "Право"}, "organization": "su"}
    api.post("/datasets", said, 401)
    api.by("member").post("/datasets", said, 403)
    api.by("stranger").post("/datasets", said, 403)
    made = api.by("editor").post("/datasets", {**said, "private": True})
    api.get(f"/datasets/{made['slug']}", 404)
    api.by("stranger").get(f"/datasets/{made['slug']}", 404)
    assert api.by("member").get(f"/datasets/{made['slug']}")["private"]
    api.by("member").ask("PATCH", f"/datasets/{made['slug']}", 403, json={"version": "1"})
    assert made["id"] in {one["id"] for one in api.by("member").get("/datasets?state=private&limit=100")["items"]}
    assert made["id"] not in {one["id"] for one in api.by("stranger").get("/datasets?state=private")["items"]}


def test_a_closed_file_tells_no_more_than_its_page(api: Api) -> None:
    closed = next(one for one in api.get("/datasets/su-balansy")["resources"] if one["filename"] == "closed.pdf")
    assert (closed["checksum"], closed["content_url"], closed["available"]) == ("", "", False)
    assert closed["disclosure"]["until"] == "2030-01-01"
    seen = next(
        one for one in api.by("editor").get("/datasets/su-balansy")["resources"] if one["filename"] == "closed.pdf"
    )
    assert seen["checksum"]


def test_only_the_wanted_fields_come(api: Api) -> None:
    assert set(api.get("/datasets/su-balansy?fields=slug,title")) == {"slug", "title"}
    assert all(set(one) == {"id"} for one in api.get("/datasets?fields=id")["items"])
    assert api.get("/datasets?fields=nothing", 400)["problems"][0]["field"] == "fields"


def test_a_list_is_narrowed_and_nothing_else_is_understood(api: Api) -> None:
    assert api.get("/datasets?organization=su&since=2020-01-01T00:00:00Z")["items"]
    assert api.get("/datasets?since=2100-01-01T00:00:00%2B05:00")["items"] == []
    api.get("/datasets?organization=nobody", 404)
    for query in (
        "limit=0",
        "limit=101",
        "limit=a",
        "since=yesterday",
        "since=",
        "state=hidden",
        "page=2",
        "limit=1&limit=2",
    ):
        assert api.get(f"/datasets?{query}", 400)["problems"], query
