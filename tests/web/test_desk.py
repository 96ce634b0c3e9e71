"""The desk: who sees and does what, and that what sources and readers wrote stays text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from opendata.services import jobs, sources
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.queue import Lane
from opendata.store.harvests import HarvestSource
from opendata.store.operations import ReportedProblem
from opendata.store.states import ReportState
from tests.web.people import HERE, People, sign_in

Site = Callable[..., FlaskClient]
WHO = ("", "lonely", "stranger", "member", "editor", "admin", "sysadmin")

# What each of WHO is answered: 303 to sign in, 401 for a change without a session, 403 without the right,
# 404 before a thing of an organisation in which they are nobody.
GETS = {
    "/desk": (303, 403, 200, 200, 200, 200, 200),
    "/desk/sources": (303, 403, 200, 200, 200, 200, 200),
    "/desk/sources/new": (303, 403, 200, 403, 403, 200, 200),
    "/desk/sources/river": (303, 403, 404, 200, 200, 200, 200),
    "/desk/sources/central": (303, 403, 404, 404, 404, 404, 200),
    "/desk/sources/river/remove": (303, 403, 404, 403, 403, 200, 200),
    "/desk/sources/river/edit": (303, 403, 404, 403, 403, 200, 200),
    "/desk/sources/nothing": (303, 403, 404, 404, 404, 404, 404),
    "/desk/jobs": (303, 403, 200, 200, 200, 200, 200),
    "/desk/jobs/{job}": (303, 403, 404, 200, 200, 200, 200),
    "/desk/jobs/{job}.csv": (303, 403, 404, 200, 200, 200, 200),
    "/desk/jobs/{job}.json": (303, 403, 404, 200, 200, 200, 200),
    "/desk/jobs/{job}/raw?identifier=%3Doai:0": (303, 403, 404, 200, 200, 200, 200),
    "/desk/jobs/{job}/records/1": (303, 403, 404, 404, 404, 404, 404),
    "/desk/jobs/{foreign_job}": (303, 403, 200, 404, 404, 404, 200),
    "/desk/jobs/999": (303, 403, 404, 404, 404, 404, 404),
    "/desk/problems": (303, 403, 200, 200, 200, 200, 200),
    "/desk/searches": (303, 403, 403, 403, 403, 403, 200),
    "/desk/searches.csv": (303, 403, 403, 403, 403, 403, 200),
    "/account": (303, 200, 200, 200, 200, 200, 200),
    "/account/password": (303, 200, 200, 200, 200, 200, 200),
    "/account/sessions": (303, 200, 200, 200, 200, 200, 200),
    "/account/sign-in": (200, 303, 303, 303, 303, 303, 303),
}
POSTS = {
    "/desk/sources/new": (401, 403, 403, 403, 403, 303, 303),
    "/desk/sources/river/edit": (401, 403, 404, 403, 403, 303, 303),
    "/desk/sources/river/try": (401, 403, 404, 403, 303, 303, 303),
    "/desk/sources/river/pause": (401, 403, 404, 403, 303, 303, 303),
    "/desk/sources/river/resume": (401, 403, 404, 403, 303, 303, 303),
    "/desk/sources/river/run": (401, 403, 404, 403, 303, 303, 303),
    "/desk/sources/central/run": (401, 403, 404, 403, 404, 404, 303),
    "/desk/jobs/{job}/cancel": (401, 403, 404, 403, 303, 303, 303),
    "/desk/jobs/{job}/decide": (401, 403, 404, 403, 403, 303, 303),
    "/desk/sources/river/remove": (401, 403, 404, 403, 403, 303, 303),
    "/desk/problems/{report}": (401, 403, 404, 403, 303, 303, 303),
    "/account/tokens": (401, 200, 200, 200, 200, 200, 200),
    "/account/password": (401, 400, 400, 400, 400, 400, 400),
}
FORM = {
    "/desk/sources/new": {
        "name": "fresh", "type": "oaipmh", "url": "https://oai.example.kz", "organization": "su-head",
    },
    "/desk/sources/river/edit": {"url": "https://oai.example.kz/oai", "organization": "su-head"},
    "/desk/jobs/{job}/decide": {"decision": "refused"},
    "/desk/problems/{report}": {"decision": "dismissed", "answer": "a"},
    "/account/tokens": {"token_name": "a", "token_scopes": "read"},
}  # fmt: skip


def browser(app: Flask, people: People, who: str) -> FlaskClient:
    client = app.test_client()
    return sign_in(client, getattr(people, who)) if who else client


def address(path: str, people: People) -> str:
    return path.format(job=people.job, foreign_job=people.foreign_job, report=people.report)


def test_the_tables_name_every_page_behind_the_sign_in(app: Flask) -> None:
    inside = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith(("desk.", "account."))]
    gets = {rule.endpoint for rule in inside if "GET" in (rule.methods or ())}
    posts = {rule.endpoint for rule in inside if "POST" in (rule.methods or ())}
    adapter = app.url_map.bind("localhost")
    uuid = "00000000-0000-0000-0000-000000000000"
    named = {address_.format(job=1, foreign_job=2, report=uuid).partition("?")[0] for address_ in GETS}
    assert {adapter.match(path, "GET")[0] for path in named} == gets
    named = {address_.format(job=1, report=uuid) for address_ in POSTS} | {
        "/account/sign-in", "/account/sign-out", f"/account/tokens/{uuid}/revoke", "/account/profile", "/account/email",
        f"/account/sessions/{uuid}/end", "/account/sessions/end-others",
    }  # fmt: skip
    assert {adapter.match(path, "POST")[0] for path in named} == posts


@pytest.mark.parametrize(("place", "who"), tuple(enumerate(WHO)))
def test_everybody_sees_what_the_table_says(app: Flask, people: People, place: int, who: str) -> None:
    client = browser(app, people, who)
    answers = {path: client.get(address(path, people)).status_code for path in GETS}
    assert answers == {path: expected[place] for path, expected in GETS.items()}


@pytest.mark.parametrize(("place", "who"), tuple(enumerate(WHO)))
def test_everybody_may_do_what_the_table_says(app: Flask, people: People, place: int, who: str) -> None:
    client = browser(app, people, who)
    answers = {
        path: client.post(address(path, people), data=FORM.get(path, {}), headers=HERE).status_code for path in POSTS
    }
    assert answers == {path: expected[place] for path, expected in POSTS.items()}


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}])
def test_forms_of_other_sites_change_nothing(app: Flask, people: People, headers: dict[str, str]) -> None:
    client = browser(app, people, "sysadmin")
    for path in POSTS:
        assert client.post(address(path, people), data=FORM.get(path, {}), headers=headers).status_code == 403, path


def test_pages_are_kept_nowhere_and_found_by_nobody(app: Flask, people: People) -> None:
    client = browser(app, people, "sysadmin")
    for path in GETS:
        answer = client.get(address(path, people))
        assert answer.headers["Cache-Control"] == "no-store"
        table = "attachment" in answer.headers.get("Content-Disposition", "")
        assert table or answer.status_code == 303 or 'content="noindex"' in answer.text, path


def test_what_sources_and_readers_say_stays_text(app: Flask, people: People) -> None:
    client = browser(app, people, "sysadmin")
    for path in (path for path in GETS if not path.endswith((".csv", ".json")) and "/raw?" not in path):
        page = client.get(address(path, people)).text
        for evil in (
            "<b>river",
            "<b>central",
            "<i>set",
            "<script>alert",
            "<img src=x",
            "Give a <title>",
            "<u>",
            "secret@",
        ):
            assert evil not in page, path


def test_lists_hold_what_is_ones_own(app: Flask, people: People) -> None:
    for path in ("/desk", "/desk/sources", "/desk/jobs"):
        page = browser(app, people, "member").get(path).text
        assert "river" in page
        assert "foreign" not in page
        assert "central" not in page
        assert all(name in browser(app, people, "sysadmin").get(path).text for name in ("river", "foreign", "central"))


def test_queue_is_shown_to_those_who_manage_the_site(app: Flask, people: People, peopled: Catalogue) -> None:
    sources.run_soon(peopled, SYSTEM, "river")
    assert "Harvesting sources" in browser(app, people, "sysadmin").get("/en/desk").text
    assert "Harvesting sources" not in browser(app, people, "admin").get("/en/desk").text


def test_run_is_queued_once_for_the_worker(app: Flask, people: People, peopled: Catalogue) -> None:
    client = browser(app, people, "editor")
    first = client.post("/desk/sources/river/run", headers=HERE)
    again = client.post("/desk/sources/river/run", headers=HERE)
    assert first.headers["Location"] == "/desk/sources/river?done=queued"
    assert again.headers["Location"] == "/desk/sources/river?done=waiting"
    claimed = jobs.claim(peopled, "test:1", Lane.HARVEST, 5)
    assert [(job.kind, job.payload["source"], job.payload["dry_run"]) for job in claimed] == [
        ("harvest", "river", False)
    ]


def test_removing_asks_first_and_takes_the_waiting_harvest_along(
    app: Flask, people: People, peopled: Catalogue
) -> None:
    client = browser(app, people, "admin")
    client.post("/desk/sources/river/run", headers=HERE)
    page = client.get("/en/desk/sources/river/remove").text
    assert 'action="/en/desk/sources/river/remove" method="post"' in page
    assert "records stay in the catalogue" in page
    client.post("/desk/sources/river/remove", headers=HERE)
    assert client.get("/desk/sources/river").status_code == 404
    assert jobs.claim(peopled, "test:1", Lane.HARVEST, 5) == ()


def test_problems_are_leafed_through(app: Flask, people: People) -> None:
    client = browser(app, people, "member")
    first = client.get(f"/en/desk/jobs/{people.job}").text
    assert "Problems 1–100 of 120" in first
    assert first.count('data-label="What is wrong"') == 100
    assert "Problems 101–120 of 120" in client.get(f"/en/desk/jobs/{people.job}?page=2").text
    assert client.get(f"/desk/jobs/{people.job}?page=3").status_code == 404
    assert client.get(f"/desk/jobs/{people.job}?page=x").status_code == 400


def test_csv_holds_every_problem_and_no_formula(app: Flask, people: People) -> None:
    answer = browser(app, people, "member").get(f"/desk/jobs/{people.job}.csv")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0] == ["identifier", "severity", "code", "field", "value", "message", "hint"]
    assert len(rows) == 121
    assert rows[1][:5] == ["'=oai:0", "error", "odd", "title", "'=1"]
    assert rows[1][5:] == ["<script>alert(1)</script>", "Give a <title>"]


def test_a_source_is_called_by_what_it_is_and_not_by_its_type(app: Flask, people: People) -> None:
    client = browser(app, people, "sysadmin")
    for path in ("/en/desk", "/en/desk/sources", "/en/desk/sources/river"):
        page = client.get(path).text
        assert "<li>OAI-PMH repository</li>" in page
        assert "<li>oaipmh</li>" not in page


def test_form_follows_what_the_kind_of_source_declares(app: Flask, people: People) -> None:
    page = browser(app, people, "admin").get("/en/desk/sources/new?type=oaipmh").text
    assert 'name="options.set"' in page
    assert re.search(r'<select id="field-options.organization_from".*?value="source" selected', page, re.DOTALL)
    assert 'name="options.rows"' not in page
    ckan = browser(app, people, "admin").get("/kk/desk/sources/new?type=ckan").text
    assert re.search(r'name="options.rows" type="text" value="100"', ckan)
    assert "Бір беттегі жазба саны" in ckan


def test_every_field_has_a_label_and_every_error_its_field(app: Flask, people: People) -> None:
    form = {
        "type": "ckan",
        "name": "Not a Name",
        "url": "ftp://x",
        "organization": "",
        "options.rows": "0",
        "frequency": "x",
    }
    answer = browser(app, people, "admin").post("/en/desk/sources/new", data=form, headers=HERE)
    assert answer.status_code == 400
    for field in ("name", "url", "organization", "options.rows", "frequency"):
        assert re.search(
            rf'id="field-{field}"[^>]*aria-invalid="true"[^>]*aria-describedby="[^"]*error-{field}"', answer.text
        )
        assert f'id="error-{field}"' in answer.text
        assert f'href="#field-{field}"' in answer.text
    ids = set(re.findall(r'<(?:input|select|textarea) id="(field-[^"]+)"', answer.text))
    assert ids <= set(re.findall(r'<label for="([^"]+)"', answer.text))


def test_nothing_typed_is_lost(app: Flask, people: People) -> None:
    form = {
        "type": "ckan", "name": "Bad", "title": "Портал «А» <x>", "url": "https://a.example.kz",
        "organization": "su-head", "frequency": "weekly", "options.q": "су & жер", "options.rows": "50",
    }  # fmt: skip
    page = browser(app, people, "admin").post("/desk/sources/new", data=form, headers=HERE).text
    for typed in ("Bad", "Портал «А» &lt;x&gt;", "https://a.example.kz", "су &amp; жер", "50"):
        assert f'value="{typed}"' in page
    assert '<option value="su-head" selected>' in page
    assert '<option value="weekly" selected>' in page


def test_taken_name_is_said_at_its_field(app: Flask, people: People) -> None:
    form = {**FORM["/desk/sources/new"], "name": "river"}
    answer = browser(app, people, "admin").post("/desk/sources/new", data=form, headers=HERE)
    assert answer.status_code == 409
    assert 'id="error-name"' in answer.text
    assert 'value="https://oai.example.kz"' in answer.text


def test_source_is_stored_as_it_was_filled_in(app: Flask, people: People, peopled: Catalogue) -> None:
    form = {**FORM["/desk/sources/new"], "options.set": "col_1", "frequency": "daily"}
    browser(app, people, "admin").post("/desk/sources/new", data=form, headers=HERE)
    with peopled.sessions.read() as session:
        row = session.scalars(select(HarvestSource).where(HarvestSource.name == "fresh")).one()
    assert (row.url, row.options, row.frequency) == ("https://oai.example.kz", {"set": "col_1"}, "daily")


def test_nobody_adds_a_source_for_another_agency(app: Flask, people: People) -> None:
    form = {**FORM["/desk/sources/new"], "organization": "other"}
    client = browser(app, people, "admin")
    assert client.post("/desk/sources/new", data=form, headers=HERE).status_code == 403
    assert 'value="other"' not in client.get("/desk/sources/new").text


def test_folders_only_below_those_that_the_settings_name(site: Site, people: People, tmp_path: Path) -> None:
    allowed = tmp_path / "allowed"
    (allowed / "reports").mkdir(parents=True)
    (allowed / "out").symlink_to(tmp_path)
    client = sign_in(site(harvest={"folders": (str(allowed),)}), people.admin)
    assert str(allowed) in client.get("/desk/sources/new?type=folder").text
    form = {"type": "folder", "name": "papers", "organization": "su"}
    for path in ("/etc", "/no/such/folder", f"{allowed}/../", f"{allowed}/out", "", "reports", "\0"):
        answer = client.post("/en/desk/sources/new", data={**form, "url": path}, headers=HERE)
        assert answer.status_code == 400
        assert "not below a folder" in answer.text
    missing = client.post("/en/desk/sources/new", data={**form, "url": f"{allowed}/none"}, headers=HERE)
    assert "no such folder" in missing.text
    assert client.post("/desk/sources/new", data={**form, "url": f"{allowed}/reports"}, headers=HERE).status_code == 303


def test_without_allowed_folders_the_page_says_so(app: Flask, people: People) -> None:
    page = browser(app, people, "admin").get("/en/desk/sources/new?type=folder").text
    assert "allow no folders" in page


def test_reports_reach_the_agency_and_the_contact_those_who_answer(app: Flask, people: People) -> None:
    editor = browser(app, people, "editor").get("/desk/problems").text
    assert "&lt;u&gt;Қате&lt;/u&gt;" in editor
    assert "reader@example.kz" in editor
    member = browser(app, people, "member").get("/desk/problems").text
    assert "&lt;u&gt;Қате&lt;/u&gt;" in member
    assert "reader@example.kz" not in member
    assert "<textarea" not in member
    assert "Қате" not in browser(app, people, "stranger").get("/desk/problems").text


def test_report_is_answered_once(app: Flask, people: People, peopled: Catalogue) -> None:
    client, path = browser(app, people, "editor"), f"/desk/problems/{people.report}"
    empty = client.post(path, data={"decision": "answered", "answer": " "}, headers=HERE)
    assert empty.status_code == 400
    assert re.search(r'<textarea id="field-answer"[^>]*aria-describedby="[^"]*error-answer"', empty.text)
    assert client.post(path, data={"decision": "eaten"}, headers=HERE).status_code == 400
    done = client.post(path, data={"decision": "answered", "answer": "Түзетілді"}, headers=HERE)
    assert done.headers["Location"] == "/desk/problems?done=answered"
    assert client.post(path, data={"decision": "dismissed", "answer": "a"}, headers=HERE).status_code == 409
    with peopled.sessions.read() as session:
        row = session.get_one(ReportedProblem, people.report)
    assert (row.state, row.answer) == (ReportState.ANSWERED, "Түзетілді")
    assert "Түзетілді" in client.get("/desk/problems?state=answered").text
    assert client.get("/desk/problems?state=eaten").status_code == 400


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_desk_has_no_script_of_its_own(app: Flask, people: People, language: str) -> None:
    client = browser(app, people, "sysadmin")
    for path in ("/desk", "/desk/sources/new", f"/desk/jobs/{people.job}", "/desk/problems", "/account"):
        page = client.get(f"/{language}{path}").text
        assert f'<html lang="{language}">' in page
        assert " style=" not in page
        assert "onclick" not in page
