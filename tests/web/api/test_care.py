"""What people decide by /api/v1: pairs, held files, readers' reports, links, alerts, and what a dry run found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, update

from opendata.catalog.records import TextInfo, TextStatus
from opendata.catalog.sensitive import Finding
from opendata.catalog.values import Disclosure, DisclosureStatus
from opendata.services import content, editing
from opendata.services.actors import SYSTEM
from opendata.services.visits import LinkStatus
from opendata.store.alerts import Alert
from opendata.store.codec import dump
from opendata.store.datasets import Resource
from opendata.store.harvests import HarvestJob, HarvestPreview, HarvestRecord, HarvestSource, compress
from opendata.store.links import LinkCheck
from opendata.store.operations import ReportedProblem
from opendata.store.states import ItemResult, JobStatus
from tests.factories import record
from tests.web.api.conftest import Api

LINK = {"download_url": "https://data.example.kz/a.csv"}
REASON = "The mark is that of the form, not of us."


def every(api: Api, path: str) -> Iterator[Any]:
    """All items of a list, two at once."""
    cursor = ""
    while cursor is not None:
        found = api.get(path, query_string={"limit": 2, **({"cursor": cursor} if cursor else {})})
        yield from found["items"]
        cursor = found["next"]


def linked(api: Api, title: str, number: int = 1) -> list[UUID]:
    """The files of a new dataset, each a link."""
    made = api.by("editor").create(title, resources=[{**LINK, "filename": f"{one}.csv"} for one in range(number)])
    return [UUID(one["id"]) for one in made["resources"]]


def test_a_list_goes_on_where_it_was_whatever_comes_and_goes_meanwhile(api: Api) -> None:
    ids = sorted(linked(api, "Ссылки", 5))
    editor, read = api.by("editor"), []
    for number, one in enumerate(every(editor, "/links")):
        read.append(one["resource_id"])
        if number == 1:
            linked(api, "Ещё ссылка")
    assert [UUID(one) for one in read] == sorted(UUID(one) for one in read)
    assert len(read) == len(set(read))
    assert {str(one) for one in ids} <= set(read)
    assert str(ids[0]) not in [one["resource_id"] for one in api.by("stranger").get("/links")["items"]]
    editor.get("/links", 422, query_string={"cursor": "nonsense"})
    editor.get("/links", 400, query_string={"status": "lost"})


def test_a_link_is_shown_with_the_looks_at_it_and_looked_at_again(api: Api) -> None:
    [key] = linked(api, "Сломанная ссылка")
    now = api.catalogue.now()
    with api.catalogue.sessions.write.begin() as session:
        session.execute(
            update(Resource).where(Resource.id == key).values(link_status=LinkStatus.GONE, link_checked=now)
        )
        session.add(LinkCheck(resource_id=key, checked=now, status=LinkStatus.GONE, http_status=404, reason="gone"))
    editor = api.by("editor")
    shown = editor.get(f"/links/{key}")
    assert (shown["link"]["status"], shown["looks"][0]["http_status"]) == ("gone", 404)
    assert str(key) in [one["resource_id"] for one in editor.get("/links?status=gone&limit=100")["items"]]
    assert str(key) in [one["resource_id"] for one in api.get("/organizations/su/links?limit=100")["items"]]
    assert editor.post(f"/links/{key}/check", None, 202) == {"queued": 1}
    assert editor.post("/links/check?status=gone", None, 202)["queued"] >= 0
    api.by("stranger").get(f"/links/{key}", 404)
    editor.get(f"/links/{uuid4()}", 404)


def test_links_of_closed_files_are_not_told_to_the_public(api: Api) -> None:
    [key] = linked(api, "Закрытая ссылка")
    with api.catalogue.sessions.write.begin() as session:
        session.get_one(Resource, key).disclosure = Disclosure(DisclosureStatus.WITHHELD, legal_ground="Law 1")
    assert str(key) not in api.ask("GET", "/organizations/su/links?limit=100").text
    assert str(key) in api.by("editor").ask("GET", "/links?limit=100").text


def test_two_records_are_named_joined_and_taken_apart(api: Api) -> None:
    editor = api.by("editor")
    one, other = editor.create("Балхаш", description={"ru": "Первое"}), editor.create("Балхаш озеро")
    pair = editor.post("/matches", {"first": one["slug"], "second": other["id"]})
    number = pair["match"]["id"]
    assert {pair["match"][name]["slug"] for name in ("first", "second")} == {one["slug"], other["slug"]}
    assert number in [found["id"] for found in every(editor, "/matches")]
    joined = editor.post(f"/matches/{number}/join", {"keep": one["slug"]}, 200)
    assert joined["match"]["status"] == "joined"
    assert api.ask("GET", f"/datasets/{other['slug']}", 308).headers["Location"].endswith(one["slug"])
    editor.ask("POST", f"/matches/{number}/reject", 409)
    assert editor.post(f"/matches/{number}/split", None, 200)["match"]["status"] == "split"
    assert api.get(f"/datasets/{other['slug']}")["slug"] == other["slug"]
    assert number in [found["id"] for found in editor.get("/matches?decided=true")["items"]]
    assert api.by("stranger").get("/matches?decided=true")["items"] == []
    api.by("stranger").get(f"/matches/{number}", 404)
    editor.post("/matches", {"first": one["slug"], "second": one["slug"]}, 422)
    editor.post("/matches", {"first": one["slug"]}, 400)
    editor.ask("POST", f"/matches/{number}/join", 422, json={"keep": "a-third"})


def test_what_one_source_says_becomes_a_record_only_where_there_are_two(api: Api) -> None:
    made = api.by("editor").create("Один источник")
    api.by("editor").ask("POST", f"/datasets/{made['slug']}/divide", 404, json={"source": "river"})
    api.by("stranger").ask("POST", f"/datasets/{made['slug']}/divide", 403, json={"source": "river"})


def test_an_edited_field_goes_back_to_what_its_source_says(api: Api) -> None:
    made, editor = api.by("editor").create("Правка", version="1"), api.by("editor")
    editing.edit(api.catalogue, SYSTEM, made["slug"], {"version": "2"})
    at = f"/datasets/{made['slug']}/release"
    assert [one["field"] for one in editor.get(f"/datasets/{made['slug']}")["edited"]] == ["version"]
    assert editor.post(at, {"fields": ["version"]}, 200) == {"fields": ["version"]}
    assert api.get(f"/datasets/{made['slug']}")["version"] == "1"
    editor.post(at, {"fields": ["version"]}, 422)
    editor.post(at, {}, 400)
    api.by("stranger").post(at, {"fields": ["version"]}, 403)


def test_a_held_file_is_opened_with_a_reason_or_kept_on_a_ground(api: Api) -> None:
    keys = sorted(linked(api, "Гриф", 3))
    with api.catalogue.sessions.write.begin() as session:
        for number, key in enumerate(keys):
            row = session.get_one(Resource, key)
            row.held, row.stored, row.checksum = True, True, f"{number}" * 64
            row.text = TextInfo(status=TextStatus.OCR)
            content.keep(session, row.checksum, [Finding("restricted", "page 1", "ДСП")], api.catalogue.now())
    admin = api.by("admin")
    found = {one["resource_id"]: one for one in every(admin, "/held")}
    assert found[str(keys[0])]["marks"] == [{"place": "page 1", "excerpt": "ДСП"}]
    assert [UUID(one) for one in found if UUID(one) in keys] == keys
    refused = admin.post(f"/held/{keys[0]}/open", {"reason": "no"}, 422)
    assert refused["problems"][0]["pointer"] == "#/reason"
    admin.ask("POST", f"/held/{keys[0]}/open", 204, json={"reason": REASON})
    admin.ask("POST", f"/held/{keys[1]}/withhold", 204, json={"legal_ground": "Law on State Secrets"})
    left = {one["resource_id"]: one["kept"] for one in admin.get("/held?limit=100")["items"]}
    assert str(keys[0]) not in left
    assert left[str(keys[1])]
    admin.ask("POST", f"/held/{keys[0]}/open", 409, json={"reason": REASON})
    api.by("stranger").ask("POST", f"/held/{keys[2]}/open", 404, json={"reason": REASON})
    assert api.by("stranger").get("/held")["items"] == []


def test_a_report_is_sent_taken_up_answered_and_followed_by_its_token_alone(api: Api) -> None:
    made = api.by("editor").create("Отчёт с ошибкой")
    sent = api.by("lonely").ask(
        "POST", f"/datasets/{made['slug']}/reports", 201, json={"message": "Нет таблицы", "contact": "r@example.kz"}
    )
    at = sent.headers["Location"].removeprefix("/api/v1")
    assert at.rpartition("/")[2] in sent.text
    followed = api.ask("GET", at)
    assert api.get(at)["exchanges"][0]["state"] == "new"
    assert followed.headers["Cache-Control"] == "private, no-store"
    editor, member = api.by("editor"), api.by("member")
    [report] = [one for one in every(editor, "/reports") if one["slug"] == made["slug"]]
    assert report["contact"] == "r@example.kz"
    assert member.get(f"/reports/{report['id']}")["contact"] == ""
    assert editor.post(f"/reports/{report['id']}/take", None, 200)["state"] == "in_progress"
    said = {"decision": "answered", "answer": "Таблица есть."}
    editor.ask("POST", f"/reports/{report['id']}/answer", 422, json={**said, "decision": "lost"})
    editor.ask("POST", f"/reports/{report['id']}/answer", 422, json={**said, "answer": " "})
    assert editor.post(f"/reports/{report['id']}/answer", said, 200)["answer"] == "Таблица есть."
    editor.ask("POST", f"/reports/{report['id']}/answer", 409, json=said)
    assert api.get(at)["exchanges"][0]["answer"] == "Таблица есть."
    again = api.by("lonely").post(f"{at}/reopen", {"message": "Её нет"}, 200)
    assert len(again["exchanges"]) == 2
    api.by("lonely").ask("POST", f"{at}/reopen", 409, json={"message": "Её нет"})
    api.by("stranger").get(f"/reports/{report['id']}", 404)
    api.get("/reports/followed/none", 404)


def test_nobody_reports_what_they_cannot_see(api: Api) -> None:
    hidden = api.by("editor").create("Черновик", state="draft")
    api.by("lonely").ask("POST", f"/datasets/{hidden['slug']}/reports", 404, json={"message": "a"})
    api.by("lonely").ask("POST", "/studies/none/reports", 404, json={"message": "a"})
    api.by("lonely").ask("POST", "/datasets/su-balansy/reports", 422, json={"message": " "})
    with api.catalogue.sessions.read() as session:
        assert session.scalar(select(ReportedProblem.id).where(ReportedProblem.object_id == UUID(hidden["id"]))) is None


def test_alerts_are_added_listed_and_removed_by_who_manages_sources(api: Api) -> None:
    admin = api.by("admin")
    given = {"kind": "webhook", "address": "https://hook.example.kz/secret-path", "organization": "su"}
    added = admin.post("/alerts", given)
    assert added["key"]
    [line] = [one for one in admin.get("/alerts")["items"] if one["id"] == added["id"]]
    assert (line["address"], line["organization"], line["given_up"]) == ("hook.example.kz", "su", False)
    refused = admin.post("/alerts", {**given, "kind": "pigeon"}, 422)
    assert refused["problems"][0]["pointer"] == "#/kind"
    admin.post("/alerts", {"kind": "email", "address": "a@example.kz"}, 403)  # of the whole site
    assert added["id"] not in api.by("stranger").ask("GET", "/alerts").text
    api.by("stranger").ask("DELETE", f"/alerts/{added['id']}", 404)
    admin.ask("DELETE", f"/alerts/{added['id']}", 204)
    with api.catalogue.sessions.read() as session:
        assert session.get(Alert, UUID(added["id"])) is None


def test_a_dry_run_shows_what_it_found_and_what_its_source_gave(api: Api) -> None:
    now, editor = api.catalogue.now(), api.by("editor")
    made = editor.create("Из источника")
    with api.catalogue.sessions.write.begin() as session:
        source = session.scalars(select(HarvestSource).where(HarvestSource.name == "river")).one()
        job = HarvestJob(source_id=source.id, status=JobStatus.COMPLETE, dry_run=True, created=now)
        session.add(job)
        session.flush()
        found = dump(record("Найдено", resources=()))
        problem = {"code": "odd", "field": "title", "message": "odd"}
        head = {"job_id": job.id, "title": "x", "result": ItemResult.CREATED}
        session.add(HarvestPreview(**head, position=0, identifier="a", record=found, problems=[problem]))
        session.add(HarvestPreview(**head, position=1, identifier="b", record=None, problems=[]))
        session.add(
            HarvestRecord(
                source_id=source.id, identifier="oai:1", dataset_id=UUID(made["id"]), raw=compress(b"<record/>"),
                raw_type="application/xml", result=ItemResult.CREATED, first_seen=now, last_seen=now, harvested=now,
            )
        )  # fmt: skip
        number = job.id
    member = api.by("member")
    lines = member.get(f"/jobs/{number}/previews")["items"]
    assert [(one["identifier"], one["has_record"], len(one["problems"])) for one in lines] == [
        ("a", True, 1),
        ("b", False, 0),
    ]
    shown = member.get(f"/jobs/{number}/previews/0")["record"]
    assert (shown["title"]["ru"], shown["url"], shown["slug"]) == ("Найдено", "", "")
    member.get(f"/jobs/{number}/previews/1", 404)
    raw = member.ask("GET", f"/jobs/{number}/raw?identifier=oai:1")
    assert (raw.data, raw.mimetype) == (b"<record/>", "application/octet-stream")
    assert raw.headers["Content-Disposition"].startswith("attachment")
    member.get(f"/jobs/{number}/raw", 400)
    member.get(f"/jobs/{number}/raw?identifier=none", 404)
    own = editor.ask("GET", f"/datasets/{made['slug']}/raw/river")
    assert own.data == b"<record/>"
    api.by("stranger").get(f"/jobs/{number}/previews", 404)
    api.by("stranger").get(f"/datasets/{made['slug']}/raw/river", 403)


def test_what_waits_is_read_to_its_end(api: Api) -> None:
    made = [api.by("editor").create(f"Черновик {number}", state="draft")["id"] for number in range(3)]
    read = [one["id"] for one in every(api.by("editor"), "/work/drafts")]
    assert len(read) == len(set(read))
    assert set(made) <= set(read)
    first = api.by("editor").get("/work/drafts?limit=1")["next"]
    api.by("editor").get("/work/review", 422, query_string={"limit": 1, "cursor": first})
