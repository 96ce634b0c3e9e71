"""/api/v1: review, publication and history of datasets and studies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from itertools import count

import pytest
from sqlalchemy import update

from opendata.catalog.records import RecordState, StudyRecord
from opendata.catalog.values import OrganizationRef
from opendata.services import studies_writing, writing
from opendata.services.actors import SYSTEM
from opendata.store.organizations import Organization
from tests.factories import link, record, ru
from tests.web.api.conftest import Api

PLACES = ("datasets", "studies")
NUMBERS = count(10)


@pytest.fixture(params=PLACES)
def draft(request: pytest.FixtureRequest, api: Api) -> str:
    """The address of a draft of the agency su."""
    su = OrganizationRef(slug="su")
    if request.param == "studies":
        number = f"0124РК{next(NUMBERS):05}"
        given = StudyRecord(ru("Сток"), number, organization=su, state=RecordState.DRAFT)
        return f"/studies/{studies_writing.create(api.catalogue, SYSTEM, given).slug}"
    made = record("Вода", organization=su, state=RecordState.DRAFT, resources=(link(),))
    return f"/datasets/{writing.create(api.catalogue, SYSTEM, made).slug}"


def rename(api: Api, path: str, title: str) -> None:
    change = writing.replace if path.startswith("/datasets") else studies_writing.replace
    change(api.catalogue, SYSTEM, path.rpartition("/")[2], lambda had: replace(had, title=ru(title)))


def test_a_record_is_sent_in_returned_and_taken_back(api: Api, draft: str) -> None:
    editor = api.by("editor")
    seen = editor.get(f"{draft}/life")
    assert (seen["state"], seen["proposed"]) == ("draft", False)
    assert {"submit", "comment", "withdraw"} <= set(seen["can"])
    assert editor.post(f"{draft}/submit", {"message": "Готово"}, 200)["state"] == "in_review"
    editor.post(f"{draft}/submit", {}, 409)
    editor.post(f"{draft}/comment", {"message": ""}, 422)
    editor.post(f"{draft}/comment", {"message": "Год?", "field": "title"}, 200)
    api.by("admin").post(f"{draft}/return", {"message": "Нет года"}, 200)
    assert [one["action"] for one in editor.get(f"{draft}/life")["words"]] == ["submitted", "comment", "returned"]
    editor.post(f"{draft}/submit", None, 200)
    assert editor.post(f"{draft}/take-back", None, 200)["state"] == "draft"


def test_nobody_publishes_by_api_what_they_sent_in(api: Api, draft: str) -> None:
    if draft.startswith("/studies"):
        rename(api, draft, "Сток рек")
    api.by("admin").post(f"{draft}/submit", None, 200)
    api.by("admin").post(f"{draft}/publish", None, 403)


def test_states_are_listed_shown_compared_and_brought_back(api: Api, draft: str) -> None:
    editor = api.by("editor")
    assert editor.get(f"{draft}/revisions") == {"items": [], "next": None}
    rename(api, draft, "Другое")
    listed = editor.get(f"{draft}/revisions?limit=1")
    assert [one["number"] for one in listed["items"]] == [2]
    assert [one["number"] for one in editor.get(f"{draft}/revisions?limit=1&cursor={listed['next']}")["items"]] == [1]
    first = editor.get(f"{draft}/revisions/1")
    assert first["record"]["title"]["ru"] in ("Вода", "Сток")
    compared = editor.get(f"{draft}/revisions/1/difference?to=2")
    assert [(one["field"], one["after"]) for one in compared["differences"]] == [("title.ru", "Другое")]
    stale = {"If-Match": '"20200101000000000000"'}
    refused = editor.post(f"{draft}/revisions/1/restore", None, 412, headers=stale)
    assert refused["versions"]["given"] == "20200101000000000000"
    back = editor.post(f"{draft}/revisions/1/restore", None, 200)
    assert back["notes"] == []
    assert editor.get(f"{draft}/revisions/{3}")["record"]["title"] == first["record"]["title"]
    editor.get(f"{draft}/revisions/99", 404)


def test_it_is_for_the_people_of_the_agency_alone(api: Api, draft: str) -> None:
    rename(api, draft, "Другое")
    for path in ("life", "revisions", "revisions/1", "revisions/1/difference"):
        api.ask("GET", f"{draft}/{path}", 401)
        assert api.by("stranger").client.get(f"/api/v1{draft}/{path}").status_code in (401, 403, 404)
    api.by("member").post(f"{draft}/submit", None, 403)


def test_an_editor_proposes_a_change_that_a_reviewer_accepts(api: Api, draft: str) -> None:
    editor, admin = api.by("editor"), api.by("admin")
    change = {"title": {"ru": "Точнее"}}
    editor.post(f"{draft}/propose", change, 409)
    assert editor.post(f"{draft}/publish", None, 200)["state"] == "published"
    editor.post(f"{draft}/propose", change, 409)  # nobody asked for review
    with reviewing_agency(api):
        editor.ask("PATCH", draft, 403, json=change)
        editor.post(f"{draft}/propose", {"nothing": 1}, 422)
        editor.post(f"{draft}/propose", change, 412, headers={"If-Match": '"20200101000000000000"'})
        waiting = editor.post(f"{draft}/propose?message=Так", change, 200)
        assert (waiting["proposed"], waiting["words"][-1]["message"]) == (True, "Так")
        assert api.get(draft)["title"]["ru"] != "Точнее"
        editor.post(f"{draft}/publish", None, 403)
        assert admin.post(f"{draft}/publish", None, 200)["proposed"] is False
        assert api.get(draft)["title"]["ru"] == "Точнее"
        admin.post(f"{draft}/propose", change, 409)


@contextmanager
def reviewing_agency(api: Api) -> Iterator[None]:
    """The agency su wants review meanwhile."""
    for wanted in (True, False):
        with api.catalogue.sessions.write.begin() as session:
            session.execute(update(Organization).where(Organization.slug == "su").values(review=wanted))
        if wanted:
            yield


def test_an_editor_proposes_a_file_that_only_who_edits_has(api: Api) -> None:
    made = record("Лёд", organization=OrganizationRef(slug="su"))
    path = f"/datasets/{writing.create(api.catalogue, SYSTEM, made).slug}"
    editor = api.by("editor")

    def form(**more: str) -> dict[str, object]:
        return {"file": (BytesIO(b"<b>ice</b>"), "ice.html"), **more}

    editor.ask("POST", f"{path}/propose/files", 409, data=form())  # nobody asked for review
    with reviewing_agency(api):
        editor.ask("POST", f"{path}/propose/files", 400, data=form(other="x"))
        editor.ask("POST", f"{path}/propose/files", 400, data=form(replaces="x"))
        waits = editor.ask("POST", f"{path}/propose/files", 200, data=form(why="Новое"))
        assert (waits.json or {})["proposed"] is True
        assert api.get(f"{path}/resources")["items"] == []
        there = f"{path}/propose/files/{sha256(b'<b>ice</b>').hexdigest()}"
        answer = api.by("admin").ask("GET", there)
        assert (answer.data, answer.mimetype) == (b"<b>ice</b>", "application/octet-stream")
        assert answer.headers["Content-Disposition"].startswith("attachment")
        answer.close()
        api.ask("GET", there, 401)
        for who in ("member", "lonely"):
            api.by(who).ask("GET", there, 403)
        api.by("admin").post(f"{path}/publish", None, 200)
        assert [one["filename"] for one in editor.get(f"{path}/resources")["items"]] == ["ice.html"]
        editor.ask("GET", there, 404)


def test_who_may_have_a_file_waits_where_an_editor_says_it_and_review_is_wanted(api: Api) -> None:
    made = record("Лёд", organization=OrganizationRef(slug="su"), resources=(link(),))
    stored = writing.create(api.catalogue, SYSTEM, made)
    path, key = f"/datasets/{stored.slug}", str(stored.resources[0].id)
    wish = {"status": "withheld", "legal_ground": "kz-personal", "until": "2031-01-01"}
    editor = api.by("editor")
    with reviewing_agency(api):
        waits = editor.ask("PUT", f"{path}/resources/{key}/disclosure", 202, json=wish)
        assert (waits.json or {})["proposed"] is True
        assert waits.headers["Location"].endswith(f"/api/v1{path}/life")
        assert api.get(f"{path}/resources/{key}")["disclosure"]["status"] == "open"
        several = {"resources": [key], "disclosure": {**wish, "until": "2032-01-01"}}
        assert (editor.ask("PUT", f"{path}/disclosure", 202, json=several).json or {})["proposed"] is True
        api.by("admin").post(f"{path}/publish", None, 200)
        assert api.get(f"{path}/resources/{key}")["disclosure"]["until"] == "2032-01-01"
        api.by("admin").ask("PUT", f"{path}/resources/{key}/disclosure", 200, json=wish)
        refused = editor.ask("PATCH", path, 403, json={"title": {"ru": "Точнее"}})
        assert "propose" in (refused.json or {})["detail"]


def test_what_an_editor_writes_of_files_waits_where_review_is_wanted(api: Api) -> None:
    made = record("Мұз", organization=OrganizationRef(slug="su"), resources=(link(), link("https://x.example/b.csv")))
    stored = writing.create(api.catalogue, SYSTEM, made)
    path, (first, second) = f"/datasets/{stored.slug}", (str(one.id) for one in stored.resources)
    editor, stands = api.by("editor"), {"If-Match": f'"{writing.version(stored)}"'}
    with reviewing_agency(api):
        asked = (
            ("POST", "/resources", {"json": {"download_url": "https://x.example/c.csv"}}),
            ("POST", "/resources", {"data": {"file": (BytesIO(b"a,b\n1,2\n"), "d.csv")}}),
            ("PATCH", f"/resources/{first}", {"json": {"description": {"ru": "Толщина льда"}}}),
            ("PUT", f"/resources/{first}/content", {"data": {"file": (BytesIO(b"a,b\n3,4\n"), "e.csv")}}),
            ("DELETE", f"/resources/{second}", {}),
        )
        for method, place, given in asked:
            waits = editor.ask(method, f"{path}{place}", 202, headers=stands, **given)
            assert (waits.json or {})["proposed"] is True
            assert waits.headers["Location"].endswith(f"{path}/life")
        assert [one["id"] for one in api.get(f"{path}/resources")["items"]] == [first, second]
        editor.ask("DELETE", f"{path}/resources/{first}", 412, headers={"If-Match": '"20200101000000000000"'})
        editor.ask("DELETE", f"{path}/resources/{made.resources[0].id}", 404)
        api.by("admin").post(f"{path}/publish", None, 200)
        files = editor.get(f"{path}/resources")["items"]
        named = [one["filename"] or one["download_url"] for one in files]
        assert named == ["e.csv", "https://x.example/c.csv", "d.csv"]
        assert (files[0]["id"], files[0]["description"]["ru"]) == (first, "Толщина льда")
        assert api.by("admin").ask("DELETE", f"{path}/resources/{first}", 204).data == b""


def test_a_state_that_an_editor_brings_back_waits_where_review_is_wanted(api: Api, draft: str) -> None:
    rename(api, draft, "Другое")
    was = api.by("editor").get(f"{draft}/revisions/1")["record"]["title"]
    assert api.by("admin").post(f"{draft}/publish", None, 200)["state"] == "published"
    with reviewing_agency(api):
        waits = api.by("editor").post(f"{draft}/revisions/1/restore", None, 202)
        assert waits["proposed"] is True
        assert api.get(draft)["title"]["ru"] == "Другое"
        api.by("admin").post(f"{draft}/publish", None, 200)
        assert api.get(draft)["title"] == was


def test_what_an_editor_makes_public_is_sent_in_where_review_is_wanted(api: Api) -> None:
    editor = api.by("editor")
    with reviewing_agency(api):
        made = editor.create("Қар", state="published")
        assert made["state"] == "in_review"
        assert [one["action"] for one in editor.get(f"/datasets/{made['slug']}/life")["words"]] == ["submitted"]
        given = {"title": {"ru": "Мұз"}, "organization": "su"}
        both = editor.post("/datasets/batch", {"items": [given | {"state": "published"}, given | {"state": "draft"}]})
        assert [one["state"] for one in both["items"]] == ["in_review", "draft"]
        study = {"title": {"ru": "Сток"}, "register_number": "0124РК00009", "organization": "su", "state": "published"}
        registered = editor.post("/studies", study)
        assert registered["state"] == "in_review"
        assert editor.get(f"/studies/{registered['slug']}/life")["words"][-1]["action"] == "submitted"
        assert api.by("admin").create("Су", state="published")["state"] in ("published", "in_review")


def test_what_was_public_comes_back_by_who_may_publish_and_has_its_tombstone_until_then(api: Api) -> None:
    made = record("Көл", organization=OrganizationRef(slug="su"))
    stored = writing.create(api.catalogue, SYSTEM, made)
    path, editor = f"/datasets/{stored.slug}", api.by("editor")
    with reviewing_agency(api):
        editor.ask("DELETE", path, 204)
        editor.post(f"{path}/restore", None, 403)
        said, token = {"id": str(stored.id), "state": "active"}, {"Authorization": api.tokens["editor"]}
        assert editor.client.post("/api/3/action/package_patch", json=said, headers=token).status_code == 403
        api.get(path, 410)
        assert api.by("admin").post(f"{path}/restore", None, 200)["state"] == "published"
        draft = editor.create("Қайың", state="draft")
        editor.ask("DELETE", f"/datasets/{draft['slug']}", 204)
        assert editor.post(f"/datasets/{draft['slug']}/restore", None, 200)["state"] == "draft"
