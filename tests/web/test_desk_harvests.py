"""Harvests at the desk: sources changed, dry runs looked at, reports narrowed, what would vanish decided."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from opendata.services import harvest, sources
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.source_rules import GivenCredentials, NewSource
from opendata.store import queries
from opendata.store.datasets import Dataset
from opendata.store.harvests import HarvestJob, HarvestRecord
from opendata.store.states import JobStatus
from tests.web.people import HERE, People, sign_in

SHEET = "file;title;identifier;issued\na.txt;Су сапасы;a;2020\nb.txt;;b;вчера\nmissing.txt;Жоқ;c;2021\n"


def browser(app: Flask, email: str) -> FlaskClient:
    return sign_in(app.test_client(), email)


@pytest.fixture
def papers(peopled: Catalogue, people: People, tmp_path: Path) -> Path:
    """A folder of two files with a sheet, one row of which names a file that is not there; the source "papers"."""
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "a.txt").write_text("Жайық өзенінің суы туралы есеп.", "utf-8")
    (folder / "b.txt").write_text("Екінші есеп.", "utf-8")
    (folder / "metadata.csv").write_text(SHEET, "utf-8")
    sources.add(
        peopled, SYSTEM, NewSource(name="papers", type="folder", url=str(folder), organization="su", title="Есептер")
    )
    return folder


def run(catalogue: Catalogue, *, dry_run: bool = False) -> int:
    """The job that the worker made of what the desk queued."""
    harvest.run_queued(catalogue, {"source": "papers", "user": None, "full": True, "dry_run": dry_run})
    with catalogue.sessions.read() as session:
        return max(session.scalars(select(HarvestJob.id)))


def test_a_dry_run_shows_records_as_they_would_appear_and_stores_none(
    app: Flask, people: People, peopled: Catalogue, papers: Path
) -> None:
    client = browser(app, people.editor)
    job = run(peopled, dry_run=True)
    with peopled.sessions.read() as session:
        assert session.scalars(select(HarvestRecord)).all() == []
    page = client.get(f"/kk/desk/jobs/{job}").text
    assert "Су сапасы" in page
    assert "Кестеде аталған файл жоқ" in page
    url = re.search(rf'href="(/kk/desk/jobs/{job}/records/\d+)"', page)
    assert url is not None
    record = client.get(url[1])
    assert "<h1" in record.text
    assert "Су сапасы" in record.text
    assert 'content="noindex"' in record.text
    assert "/dataset/preview" not in record.text
    assert 'href="/kk/dataset/preview' not in page
    assert client.get(f"/desk/jobs/{job}/records/999").status_code == 404
    assert browser(app, people.stranger).get(url[1]).status_code == 404


def test_a_report_is_narrowed_and_downloads_hold_the_same_rows(app: Flask, people: People) -> None:
    client, base = browser(app, people.member), f"/en/desk/jobs/{people.job}"
    everything = client.get(base).text
    assert "Problems 1–100 of 120" in everything
    assert "(120)" in everything or "What is wrong" in everything
    narrowed = client.get(f"{base}?q=oai:11").text
    assert "Problems 1–11 of 11" in narrowed
    rows = list(csv.DictReader(io.StringIO(client.get(f"{base}.csv?q=oai:11").data.decode("utf-8-sig"))))
    told = client.get(f"{base}.json?q=oai:11").json
    assert told is not None
    assert [row["identifier"] for row in told["problems"]] == [row["identifier"].lstrip("'") for row in rows]
    assert len(rows) == 11
    assert told["job"]["counts"]["created"] == 12
    assert list(told["problems"][0]) == list(rows[0])
    assert "No problem fits" in client.get(f"{base}?q=nowhere").text
    assert "of 120" in client.get(f"{base}?severity=error&code=odd&field=title").text
    assert "No problem fits" in client.get(f"{base}?severity=warning").text
    assert "oai%3A11" in narrowed or "oai:11" in narrowed


def test_problems_are_said_in_the_readers_language(
    app: Flask, people: People, peopled: Catalogue, papers: Path
) -> None:
    client, job = browser(app, people.editor), run(peopled)
    for language, words in (("kk", "Кестеде аталған файл жоқ"), ("ru", "Файла, названного в таблице, нет")):
        assert words in client.get(f"/{language}/desk/jobs/{job}").text
        assert words in client.get(f"/{language}/desk/jobs/{job}.csv").data.decode("utf-8-sig")
        assert words in client.get(f"/{language}/desk/jobs/{job}?q={words[3:12]}").text


def test_a_job_and_its_source_say_in_the_readers_language_what_happened(
    app: Flask, people: People, peopled: Catalogue
) -> None:
    said = "https://a.kz answered 503: Service Unavailable The first 10000 of 10001 problems were kept."
    with peopled.sessions.write.begin() as session:
        job = queries.job_row(session, people.job)
        job.message = said
        job.source.active, job.source.stopped_reason = (
            False,
            ("Paused by itself: 10 runs in a row ended in error, the last one with: the portal sleeps"),
        )
    client = browser(app, people.editor)
    told = "https://a.kz отвечает 503: служба временно недоступна Сохранены первые проблемы: 10000 из 10001."
    for path in (f"/ru/desk/jobs/{people.job}", "/ru/desk/jobs", "/ru/desk/sources/river"):
        assert told in client.get(path).text, path
    page = client.get("/kk/desk/sources/river").text
    assert 'соңғысы: <span lang="en" dir="auto">the portal sleeps</span>' in page
    assert said in client.get("/en/desk/jobs").text


def test_an_original_is_saved_and_never_shown(app: Flask, people: People, peopled: Catalogue, papers: Path) -> None:
    client, job = browser(app, people.member), run(peopled)
    with peopled.sessions.read() as session:
        identifier = session.scalars(select(HarvestRecord.identifier)).first()
    answer = client.get(f"/desk/jobs/{job}/raw", query_string={"identifier": identifier})
    assert answer.status_code == 200
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "Су" in answer.data.decode("utf-8") or answer.data
    for nowhere in (f"{job}/raw?identifier=nobody", f"{job}/raw", "9" * 30, f"{job}/records/{'9' * 30}"):
        assert client.get(f"/desk/jobs/{nowhere}").status_code == 404, nowhere


def test_what_would_vanish_is_shown_and_decided_by_an_administrator(
    app: Flask, people: People, peopled: Catalogue, papers: Path
) -> None:
    run(peopled)
    (papers / "metadata.csv").write_text("file;title;identifier;issued\nb.txt;Екінші;b;2020\n", "utf-8")
    sources.revise(peopled, SYSTEM, "papers", {"grace_days": 0, "withdraw_share": 0.0})
    with peopled.sessions.write.begin() as session:
        (papers / "a.txt").unlink()
    job = run(peopled)
    with peopled.sessions.read() as session:
        assert queries.job_row(session, job).status == JobStatus.WAITING
    assert "An administrator of the agency decides" in browser(app, people.editor).get(f"/en/desk/jobs/{job}").text
    client = browser(app, people.admin)
    page = client.get(f"/en/desk/jobs/{job}").text
    assert "Су сапасы" in page
    assert "Somebody must say" in client.get("/en/desk/sources/papers").text
    assert client.post(f"/desk/jobs/{job}/decide", data={"decision": "eaten"}, headers=HERE).status_code == 400
    done = client.post(f"/desk/jobs/{job}/decide", data={"decision": "confirmed"}, headers=HERE)
    assert done.headers["Location"] == f"/desk/jobs/{job}?done=confirmed"
    late = client.post(f"/desk/jobs/{job}/decide", data={"decision": "refused"}, headers=HERE)
    assert late.headers["Location"] == f"/desk/jobs/{job}?done=late"
    with peopled.sessions.read() as session:
        states = {row.title.show("kk").value: row.state for row in session.scalars(select(Dataset))}
    assert states["Су сапасы"] == "withdrawn"


def test_a_running_job_is_watched_and_stopped(app: Flask, people: People, peopled: Catalogue) -> None:
    with peopled.sessions.write.begin() as session:
        job = queries.job_row(session, people.job)
        job.status, job.heartbeat, job.total, job.finished = JobStatus.IN_PROGRESS, peopled.now(), 40, None
        job.owner = "elsewhere:1"
    client = browser(app, people.editor)
    for path in (f"/en/desk/jobs/{people.job}", "/en/desk/sources/river"):
        page = client.get(path).text
        assert "data-progress" in page
        assert "13 of 40 records" in page
        assert 'value="32"' in page
        assert '<noscript><meta http-equiv="refresh"' in page
        assert "js/progress.js" in page
    assert "Stop</button>" in client.get(f"/en/desk/jobs/{people.job}").text
    assert "Stop</button>" not in browser(app, people.member).get(f"/en/desk/jobs/{people.job}").text
    client.post(f"/desk/jobs/{people.job}/cancel", headers=HERE)
    with peopled.sessions.read() as session:
        assert queries.job_row(session, people.job).stopping


def test_a_source_is_changed_at_the_desk_and_its_secret_is_never_shown(
    app: Flask, people: People, peopled: Catalogue
) -> None:
    client = browser(app, people.admin)
    sources.revise(peopled, SYSTEM, "river", {"credentials": GivenCredentials("basic", "reader", "hush-hush")})
    form = client.get("/en/desk/sources/river/edit").text
    assert 'value="https://oai.example.kz/oai"' in form
    assert '<option value="keep" selected>' in form
    data = {
        "url": "https://oai.example.kz/oai", "organization": "su-head", "frequency": "cron", "cron": "30 3 * * 1-5",
        "options.set": "col_1", "credentials": "keep", "withdraw_share": "12,5", "grace_days": "3", "priority": "107",
    }  # fmt: skip
    done = client.post("/desk/sources/river/edit", data=data, headers=HERE)
    assert done.headers["Location"] == "/desk/sources/river?done=revised"
    page = client.get("/en/desk/sources/river").text
    assert "30 3 * * 1-5" in page
    assert "12.5 %" in page
    assert "stored encrypted" in page
    moved = {**data, "url": "https://evil.example/oai"}
    assert client.post("/desk/sources/river/edit", data=moved, headers=HERE).headers["Location"].endswith("dropped")
    pages = [form, page, *(client.get(path).text for path in ("/en/desk/sources/river", "/en/desk/sources/river/edit"))]
    assert not any("hush" in text or "reader" in text for text in pages)


def test_what_was_typed_wrong_is_said_at_its_field_and_the_secret_is_not_sent_back(app: Flask, people: People) -> None:
    data = {
        "url": "https://oai.example.kz/oai", "organization": "su-head", "frequency": "cron", "cron": "* * * * *",
        "withdraw_share": "many", "grace_days": "-3", "full_days": "x", "priority": "9999",
        "credentials": "header", "credential_name": "X-Key", "credential_value": "hush\thush",
    }  # fmt: skip
    answer = browser(app, people.admin).post("/en/desk/sources/river/edit", data=data, headers=HERE)
    assert answer.status_code == 400
    for field in ("frequency", "withdraw_share", "grace_days", "full_days", "priority", "credential_value"):
        assert f'id="error-{field}"' in answer.text, field
    for typed in ("* * * * *", "many", "X-Key", "9999"):
        assert f'value="{typed}"' in answer.text
    assert "hush" not in answer.text


def test_a_source_is_paused_and_resumed(app: Flask, people: People) -> None:
    client = browser(app, people.editor)
    client.post("/desk/sources/river/pause", headers=HERE)
    page = client.get("/en/desk/sources/river").text
    assert "Paused" in page
    assert "Harvest now" not in page
    assert "Dry run" in page
    assert client.post("/desk/sources/river/run", headers=HERE).status_code == 409
    client.post("/desk/sources/river/resume", headers=HERE)
    assert "Harvest now" in client.get("/en/desk/sources/river").text
