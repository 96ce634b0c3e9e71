"""Earlier versions of files, and who may have a file, as programs see and change it."""

from __future__ import annotations

import io
from typing import Any

from sqlalchemy import select

from opendata.catalog.records import TextInfo, TextStatus
from opendata.services import content
from opendata.store.datasets import Resource
from tests.web.api.conftest import Api


def sent(api: Api, text: str, name: str = "t.csv") -> dict[str, Any]:
    return {"file": (io.BytesIO(text.encode()), name)}


def replaced(api: Api, title: str) -> tuple[str, Any]:
    """The address of a file that had other bytes before, and what it was then."""
    editor = api.by("editor")
    slug = editor.create(title)["slug"]
    first = editor.ask("POST", f"/datasets/{slug}/resources", 201, data=sent(api, "a,b\n1,2\n")).json
    path = f"/datasets/{slug}/resources/{first['id']}"
    more = {**sent(api, "a,b\n1,3\n", "u.csv"), "why": "Исправлено"}
    looked_at(api, first["checksum"], editor.ask("PUT", f"{path}/content", data=more).json["checksum"])
    return path, first


def looked_at(api: Api, *checksums: str) -> None:
    """What the worker would find in the bytes: nothing."""
    with api.catalogue.sessions.write.begin() as session:
        for checksum in checksums:
            content.keep(session, checksum, (), api.catalogue.now())
            for row in session.scalars(select(Resource).where(Resource.checksum == checksum)):
                row.text = TextInfo(TextStatus.NO_TEXT)


def test_what_a_file_had_is_listed_with_its_address(api: Api) -> None:
    path, first = replaced(api, "Прежнее")
    (one,) = api.by("editor").get(f"{path}/versions")["items"]
    assert (one["number"], one["filename"], one["checksum"], one["why"]) == (
        1, "t.csv", first["checksum"], "Исправлено",
    )  # fmt: skip
    assert one["content_url"].endswith("/version/1/download/t.csv")
    assert one["replaced_by"] == "editor"
    assert api.by("editor").get(f"{path}/versions/1") == one
    api.get(f"{path}/versions/2", 404)


def test_a_version_is_withheld_and_shown_again(api: Api) -> None:
    path, _ = replaced(api, "Лишнее")
    editor = api.by("editor")
    at = f"{path}/versions/1/withholding"
    api.ask("PUT", at, 401, json={"reason": "Личные данные людей"})
    api.by("member").ask("PUT", at, 403, json={"reason": "Личные данные людей"})
    editor.ask("PUT", at, 422, json={"reason": "да"})
    assert editor.ask("PUT", at, json={"reason": "Личные данные людей"}).json["withheld"]
    editor.ask("PUT", at, 409, json={"reason": "Личные данные людей"})
    editor.ask("DELETE", at, 204)
    editor.ask("DELETE", at, 409)


def test_other_bytes_are_refused_where_the_record_was_changed_meanwhile(api: Api) -> None:
    """The version is compared where the bytes are written, not before they are sent."""
    path, _ = replaced(api, "Вдвоём")
    editor = api.by("editor")
    read = editor.ask("GET", path).headers["ETag"]
    editor.ask("PATCH", path, json={"language": "ru"})
    stale = {"If-Match": read}
    editor.ask("PUT", f"{path}/content", 412, data=sent(api, "x"), headers=stale)
    collection = path.rpartition("/")[0]
    editor.ask("POST", collection, 412, data=sent(api, "x"), headers=stale)
    editor.ask("PUT", f"{path}/disclosure", 412, json={"status": "open"}, headers=stale)
    now = {"If-Match": editor.ask("GET", path).headers["ETag"]}
    editor.ask("PUT", f"{path}/content", 200, data=sent(api, "a\n1\n"), headers=now)


def test_bytes_in_pieces_replace_those_of_a_file(api: Api) -> None:
    path, _ = replaced(api, "Частями")
    editor = api.by("editor")
    tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "8", "Upload-Metadata": "filename dC5jc3Y="}
    tus |= {"Content-Type": "application/offset+octet-stream"}
    upload = editor.ask("POST", "/uploads/files", 201, headers=tus, data=b"a,b\n5,6\n").headers["Location"]
    said = {"upload": upload.rpartition("/")[2], "why": "Новый год"}
    editor.ask("PUT", f"{path}/content", json=said)
    assert [one["why"] for one in editor.get(f"{path}/versions")["items"]] == ["Новый год", "Исправлено"]
    editor.ask("PUT", f"{path}/content", 400, json={"upload": "no"})
    editor.ask("PUT", f"{path}/content", 400, json={**said, "more": 1})


def test_who_may_have_a_file_is_said_with_its_ground(api: Api) -> None:
    path, _ = replaced(api, "Закрыть")
    editor = api.by("editor")
    at = f"{path}/disclosure"
    wrong = editor.ask("PUT", at, 422, json={"status": "withheld"}).json["problems"]
    assert [(one["code"], one["pointer"]) for one in wrong] == [("no_ground", "#/legal_ground")]
    past = editor.ask("PUT", at, 422, json={"status": "embargoed", "until": "2020-01-01", "legal_ground": "Закон"})
    assert past.json["problems"][0]["code"] == "embargo_past"
    assert api.get(path)["available"]
    closed = editor.ask("PUT", at, json={"status": "withheld", "legal_ground": "Закон о тайне"}).json
    assert closed["disclosure"]["legal_ground"] == "Закон о тайне"
    assert not api.get(path)["available"]
    assert api.get(f"{path}/versions")["items"] == []
    api.by("member").ask("PUT", at, 403, json={"status": "open"})


def test_several_files_are_disclosed_together_or_not_at_all(api: Api) -> None:
    path, first = replaced(api, "Вместе")
    editor = api.by("editor")
    collection = path.rpartition("/")[0]
    second = editor.ask("POST", collection, 201, data=sent(api, "c\n")).json
    at = f"{collection.rpartition('/')[0]}/disclosure"
    wish = {"status": "withheld", "legal_ground": "Закон о тайне"}
    nobody = "00000000-0000-4000-8000-000000000000"
    editor.ask("PUT", at, 404, json={"resources": [first["id"], nobody], "disclosure": wish})
    assert editor.get(path)["disclosure_today"] == "open"
    done = editor.ask("PUT", at, json={"resources": [first["id"], second["id"]], "disclosure": wish}).json["items"]
    assert [one["disclosure_today"] for one in done] == ["withheld", "withheld"]


def test_the_action_api_keeps_what_it_replaces(api: Api) -> None:
    path, _ = replaced(api, "CKAN")
    key = {"Authorization": api.tokens["editor"]}
    data = {"id": path.rpartition("/")[2]}
    for action in ("resource_patch", "resource_update"):
        form = {**data, "upload": sent(api, f"a\n{action}\n")["file"]}
        answer = api.client.post(f"/api/3/action/{action}", data=form, headers=key)
        assert answer.status_code == 200, answer.text
    assert [one["number"] for one in api.by("editor").get(f"{path}/versions")["items"]] == [3, 2, 1]
