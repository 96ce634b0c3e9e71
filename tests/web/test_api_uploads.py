"""Bulk uploads by program: from a file to published records and back, who may, and what is refused in which words."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from tusclient.client import TusClient

from opendata.bootstrap import open_catalogue
from opendata.config import load_config
from opendata.services import accounts
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import deciding, jobs
from opendata.store.operations import Job
from opendata.store.organizations import Organization
from tests.conftest import Clock
from tests.web.people import HERE, People, sign_in
from tests.web.served import FILES, Served, serving
from tests.web.test_uploads import good, workbook

API = "/api/v1/uploads"
NOWHERE = uuid4()
BROKEN = ("MSH-9", "Отчёт", "32.13.2024", "")


class Program:
    """A program with somebody's token, before the site of the test."""

    def __init__(self, client: FlaskClient, catalogue: Catalogue, token: str) -> None:
        self.client, self.catalogue = client, catalogue
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str = "", status: int = 200) -> dict[str, Any]:
        """The JSON there."""
        answer = self.client.get(f"{API}{path}", headers=self.headers)
        assert answer.status_code == status, answer.text
        return dict(answer.json or {})

    def post(self, path: str = "", status: int = 202, **kwargs: Any) -> dict[str, Any]:
        """The JSON that comes back."""
        answer = self.client.post(f"{API}{path}", headers={**self.headers, **kwargs.pop("headers", {})}, **kwargs)
        assert answer.status_code == status, answer.text
        if status in (200, 202):
            assert answer.headers["Location"].startswith(f"{API}/")
            assert answer.headers["Cache-Control"] == "no-store"
        return dict(answer.json or {})

    def send(self, rows: list[tuple[object, ...]], *, checked: bool = True, name: str = "table.xlsx") -> str:
        """The path of a new upload, below the API's."""
        form = {"file": (io.BytesIO(workbook(rows)), name), "organization": "su", "language": "en"}
        path = f"/{self.post(data=form)['id']}"
        if checked:
            jobs.check(self.catalogue, UUID(path[1:]))
        return path

    def begin(self, content: bytes, length: int | None = None) -> str:
        """The id of a file in pieces that holds `content`."""
        said = {"Tus-Resumable": "1.0.0", "Upload-Length": str(length or len(content))}
        said |= {"Content-Type": "application/offset+octet-stream", "Upload-Metadata": "filename dC54bHN4"}
        made = self.client.post(FILES, headers={**self.headers, **said}, data=content)
        assert made.status_code == 201, made.text
        return made.headers["Location"].rpartition("/")[2]


@pytest.fixture
def program(client: FlaskClient, peopled: Catalogue, people: People) -> Program:
    """That of the editor of the agency "su"."""
    return Program(client, peopled, accounts.create_token(peopled, people.editor))


def test_file_is_checked_published_and_taken_back(program: Program, peopled: Catalogue) -> None:
    path = program.send([*good(3), BROKEN], checked=False)
    assert program.get(path)["status"] == "received"
    assert program.get(path)["actions"] == ["cancel"]
    jobs.check(peopled, UUID(path[1:]))
    checked = program.get(path)
    assert (checked["status"], checked["running"], checked["rows"]["total"], checked["rows"]["good"]) == (
        "checked", False, 4, 3,
    )  # fmt: skip
    assert {"publish", "cancel", "check"} <= set(checked["actions"])
    rows = program.get(f"{path}/rows")
    assert [row["result"] for row in rows["items"]] == ["created"] * 3 + ["rejected"]
    problem = rows["items"][3]["problems"][0]
    assert (problem["cell"], problem["severity"], problem["row"]) == ("C5", "error", 5)
    assert problem in program.get(f"{path}/problems")["items"]
    sheet = program.client.get(f"{API}{path}/failed.xlsx", headers=program.headers)
    assert "MSH-9" in [
        cell.value for row in openpyxl.load_workbook(io.BytesIO(sheet.data)).worksheets[0] for cell in row
    ]
    assert program.post(f"{path}/publish")["status"] == "publishing"
    jobs.publish(peopled, UUID(path[1:]))
    assert program.get(path)["status"] == "published"
    named = [row["slug"] for row in program.get(f"{path}/rows?show=new")["items"]]
    assert program.client.get(f"/dataset/{named[0]}").status_code == 200
    assert program.post(f"{path}/undo", status=200)["status"] == "undone"
    assert program.client.get(f"/dataset/{named[0]}").status_code == 410


def test_what_waits_for_review_is_accepted_by_somebody_else(
    program: Program, people: People, peopled: Catalogue
) -> None:
    with peopled.sessions.write.begin() as session:
        session.scalars(select(Organization).where(Organization.slug == "su")).one().review = True
    reviewer = Program(program.client, peopled, accounts.create_token(peopled, people.admin))
    stranger = Program(program.client, peopled, accounts.create_token(peopled, people.stranger))
    path = program.send(good(2))
    assert program.post(f"{path}/publish")["reviewers"] == ["admin"]
    jobs.publish(peopled, UUID(path[1:]))
    sent = program.get(path)
    assert (sent["waiting"], sent["returned"], "accept" in sent["actions"]) == (2, 0, False)
    program.post(f"{path}/accept", status=403)
    stranger.post(f"{path}/accept", status=404)
    slugs = [row["slug"] for row in program.get(f"{path}/rows")["items"]]
    assert program.client.get(f"/dataset/{slugs[0]}").status_code == 404
    assert reviewer.post(f"{path}/return", status=422)["problems"][0]["field"] == "message"
    assert reviewer.post(f"{path}/accept", status=202, json={"message": "Good"})["running"] is True
    with peopled.sessions.read() as session:
        deciding.run(peopled, session.scalars(select(Job).where(Job.kind == deciding.JOB)).one().payload)
    assert reviewer.get(path)["waiting"] == 0
    assert program.client.get(f"/dataset/{slugs[0]}").status_code == 200
    reviewer.post(f"{path}/return", status=409, json={"message": "Late"})


def test_only_the_named_rows_are_published(program: Program, peopled: Catalogue) -> None:
    path = program.send(good(3))
    ids = [row["id"] for row in program.get(f"{path}/rows")["items"]]
    refused = program.post(f"{path}/publish", json={"rows": [ids[0], 10**6]}, status=422)
    assert "1 of the 2 rows" in refused["detail"]
    assert program.post(f"{path}/publish", json={"rows": ids[:1]})["progress"]["total"] == 1
    jobs.publish(peopled, UUID(path[1:]))
    assert program.get(path)["counts"]["created"] == 1


def test_headings_are_seen_and_taken_for_others(program: Program, peopled: Catalogue) -> None:
    path = program.send(good(2))
    taken = program.get(f"{path}/columns")["columns"]["datasets"]
    assert taken["Название"] == "title"
    program.post(f"{path}/check", json={"columns": {"datasets": {"Своё поле": "description"}}})
    jobs.check(peopled, UUID(path[1:]))
    assert program.get(f"{path}/columns")["columns"]["datasets"]["Своё поле"] == "description"


def test_what_was_asked_twice_happens_once(program: Program) -> None:
    path = program.send(good(1))
    program.post(f"{path}/cancel", status=200)
    assert program.post(f"{path}/cancel", status=200)["status"] == "cancelled"
    assert program.post(f"{path}/publish", status=409)["code"] == "conflict"
    content = workbook(good(1))
    file = program.begin(content)
    said = {"file": file, "organization": "su"}
    assert program.post(json=said)["id"] == program.post(json=said)["id"]
    assert program.get()["total"] == 2


def test_uploads_sent_while_the_list_is_read_move_none_of_it(program: Program, clock: Clock) -> None:
    stood = {program.send(good(1), checked=False)[1:] for _ in range(3)}
    clock.advance(minutes=1)
    leaf = program.get("?size=1")
    seen = [one["id"] for one in leaf["items"]]
    while leaf["next"]:
        program.send(good(1), checked=False)
        leaf = program.get(leaf["next"].removeprefix(API))
        seen += [one["id"] for one in leaf["items"]]
    assert (len(seen), set(seen)) == (3, stood)
    assert leaf["total"] == 5
    assert program.get("?cursor=nonsense", 422)["code"] == "not_as_the_rules"


def test_file_in_pieces_leaves_its_place_once_it_is_an_upload(program: Program, peopled: Catalogue) -> None:
    content = workbook(good(2))
    file = program.begin(content)
    made = program.post(json={"file": file, "organization": "su", "language": "kk"})
    assert (made["filename"], made["byte_size"], made["language"]) == ("t.xlsx", len(content), "kk")
    assert (peopled.config.home / "partial" / file).stat().st_size == 0
    head = program.client.head(f"{FILES}/{file}", headers={**program.headers, "Tus-Resumable": "1.0.0"})
    assert head.status_code == 410


def test_file_in_pieces_must_be_whole_and_ones_own(program: Program, people: People) -> None:
    file = program.begin(b"1234", length=5)
    assert "4 of 5" in program.post(json={"file": file, "organization": "su"}, status=409)["detail"]
    other = Program(program.client, program.catalogue, accounts.create_token(program.catalogue, people.admin))
    other.post(json={"file": file, "organization": "su"}, status=404)
    program.post(json={"file": str(NOWHERE), "organization": "su"}, status=404)


def test_refused_file_in_pieces_can_be_given_to_another_agency(program: Program) -> None:
    file = program.begin(workbook(good(1)))
    program.post(json={"file": file, "organization": "other"}, status=403)
    program.post(json={"file": file, "organization": "nobody"}, status=404)
    program.post(json={"file": file, "organization": "su"})


def test_lists_are_read_leaf_by_leaf(program: Program) -> None:
    path = program.send(good(5))
    leaf, seen = program.get(f"{path}/rows?size=2"), []
    while True:
        seen += [row["row"] for row in leaf["items"]]
        if leaf["next"] is None:
            break
        leaf = program.get(leaf["next"].removeprefix(API))
    assert seen == [2, 3, 4, 5, 6]
    assert leaf["total"] == 5
    assert [one["id"] for one in program.get("?size=1")["items"]] == [path[1:]]
    assert program.get(f"{path}/rows?q=MSH-4&show=new")["total"] == 1


# ------------------------------------------------------------------------------------------------------ who may do what

WHO = ("", "lonely", "member", "stranger", "editor", "admin", "sysadmin")
GETS = {
    "": (401, 403, 403, 200, 200, 200, 200),
    "/{upload}": (401, 403, 403, 404, 200, 200, 200),
    "/{upload}/rows": (401, 403, 403, 404, 200, 200, 200),
    "/{upload}/problems": (401, 403, 403, 404, 200, 200, 200),
    "/{upload}/columns": (401, 403, 403, 404, 200, 200, 200),
    "/{upload}/failed.xlsx": (401, 403, 403, 404, 404, 404, 404),
    f"/{NOWHERE}": (401, 403, 403, 404, 404, 404, 404),
}
POSTS = {
    "/{upload}/undo": (401, 403, 403, 404, 409, 409, 409),
    "/{upload}/check": (401, 403, 403, 404, 202, 409, 409),
    "/{upload}/publish": (401, 403, 403, 404, 409, 409, 409),
    "/{upload}/cancel": (401, 403, 403, 404, 200, 200, 200),
    f"/{NOWHERE}/publish": (401, 403, 403, 404, 404, 404, 404),
}


@pytest.fixture
def programs(client: FlaskClient, peopled: Catalogue, people: People) -> dict[str, Program]:
    """Everybody's."""
    emails = {who: getattr(people, who) for who in WHO if who}
    tokens = {"": ""} | {who: accounts.create_token(peopled, email) for who, email in emails.items()}
    return {who: Program(client, peopled, tokens[who]) for who in WHO}


def test_who_sees_and_does_what(programs: dict[str, Program]) -> None:
    path = programs["editor"].send(good(1))
    wrong = []
    for method, table in (("get", GETS), ("post", POSTS)):
        for address, statuses in table.items():
            for who, status in zip(WHO, statuses, strict=True):
                url = API + address.format(upload=path[1:])
                answer = getattr(programs[who].client, method)(url, headers=programs[who].headers)
                if answer.status_code != status:
                    wrong.append(f"{method} {address} {who}: {answer.status_code}, not {status}")
                if status >= 400:
                    assert set(answer.json) >= {"type", "title", "status", "detail", "code", "problems"}
    assert not wrong, "\n".join(wrong)


def test_token_stands_in_the_header_as_ckan_has_it_too(program: Program) -> None:
    token = program.headers["Authorization"].removeprefix("Bearer ")
    for headers in ({"Authorization": token}, {"X-CKAN-API-Key": token}):
        assert program.client.get(API, headers=headers).status_code == 200
    assert program.client.get(API, headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_session_of_a_browser_counts_on_our_own_pages_alone(client: FlaskClient, people: People) -> None:
    browser = sign_in(client, people.editor)
    form = {"organization": "su"}
    for headers, status in (
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({}, 403),
        (HERE, 202),
    ):
        file = (io.BytesIO(workbook(good(1))), "t.xlsx")
        answer = browser.post(API, data={**form, "file": file}, headers=headers)
        assert answer.status_code == status, headers


# ----------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("given", "status", "field"),
    [
        ({"json": {}}, 422, "file"),
        ({"json": {"file": "../../x", "organization": "su"}}, 422, "file"),
        ({"json": {"file": 7, "organization": "su"}}, 422, "file"),
        ({"json": {"file": str(NOWHERE)}}, 422, "organization"),
        ({"json": {"file": str(NOWHERE), "organization": "su", "colour": "red"}}, 422, "colour"),
        ({"json": {"file": str(NOWHERE), "organization": "su", "language": "de"}}, 422, "language"),
        ({"json": ["x"]}, 400, ""),
        ({"data": "{", "content_type": "application/json"}, 400, ""),
        ({"data": "x", "content_type": "text/csv"}, 415, ""),
        ({"data": {"organization": "su"}, "content_type": "multipart/form-data"}, 422, "file"),
        ({"data": {"file": (io.BytesIO(b""), "t.xlsx"), "organization": "su"}}, 422, "file"),
        ({"data": {"file": (io.BytesIO(b"x"), "t.xlsx")}}, 422, "organization"),
        ({"data": b" " * 3_000_000, "content_type": "application/json"}, 413, ""),
    ],
)
def test_upload_is_not_begun_with(program: Program, given: dict[str, Any], status: int, field: str) -> None:
    error = program.post(status=status, **given)
    assert [problem["field"] for problem in error["problems"]] == ([field] if field else [])
    assert program.get()["total"] == 0


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("publish", {"rows": "all"}, "rows"),
        ("publish", {"rows": [True]}, "rows"),
        ("publish", {"rows": [10**30]}, "rows"),
        ("publish", {"row": [1]}, "row"),
        ("publish", {"rows": []}, ""),
        ("check", {"columns": {"datasets": ["title"]}}, "columns"),
        ("check", {"columns": {"datasets": {"a": 1}}}, "columns"),
        ("cancel", {"now": True}, "now"),
    ],
)
def test_step_is_not_taken_with(program: Program, path: str, body: dict[str, Any], field: str) -> None:
    upload = program.send(good(1))
    error = program.post(f"{upload}/{path}", json=body, status=422)
    assert [problem["field"] for problem in error["problems"]] == ([field] if field else [])
    assert program.get(upload)["status"] == "checked"


@pytest.mark.parametrize("query", ["page=0", "page=x", "size=501", "size=-1", "show=all", "colour=red", "page=٣"])
def test_parameter_that_says_nothing_is_refused(program: Program, query: str) -> None:
    path = program.send(good(1), checked=False)
    assert program.get(f"{path}/rows?{query}", status=422)["problems"][0]["field"] == query.partition("=")[0]


def test_file_larger_than_a_request_goes_in_pieces(
    site: Callable[..., FlaskClient], program: Program, peopled: Catalogue
) -> None:
    small = Program(site(upload={"max_bytes": 2000}), peopled, "")
    small.headers = program.headers
    content = workbook(good(1))
    assert len(content) > 3000
    small.post(data={"file": (io.BytesIO(content), "t.xlsx"), "organization": "su"}, status=413)
    small.post(json={"file": small.begin(content), "organization": "su"})


# ----------------------------------------------------------------------------------------------- from outside, for real


@pytest.fixture(scope="module")
def served(peopled_site: tuple[Path, People], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site with its worker."""
    folder = tmp_path_factory.mktemp("worked")
    home = shutil.copytree(peopled_site[0], folder / "home")
    catalogue = open_catalogue(load_config(environ={"OPENDATA_HOME": str(home)}))
    token = accounts.create_token(catalogue, "editor@example.kz")
    catalogue.close()
    with serving(home, folder / "log", JOBS__POLL_SECONDS="0.1") as running:
        running.tokens["editor"] = token
        yield running


def test_program_publishes_a_file_that_it_sent_in_pieces(served: Served) -> None:
    headers = {"Authorization": f"Bearer {served.tokens['editor']}"}
    sender = TusClient(f"{served.url}{FILES}", headers=headers).uploader(
        file_stream=io.BytesIO(workbook(good(20))), chunk_size=1000, metadata={"filename": "table.xlsx"}
    )
    sender.upload()
    with httpx.Client(base_url=served.url, headers=headers, timeout=30) as client:
        file = sender.url.rpartition("/")[2]
        made = client.post(API, json={"file": file, "organization": "su"})
        assert made.status_code == 202, made.text
        address = made.headers["Location"]
        assert _ended(client, address)["status"] == "checked"
        assert client.post(f"{address}/publish").status_code == 202
        done = _ended(client, address)
        assert (done["status"], done["counts"]["created"]) == ("published", 20)
        name = client.get(f"{address}/rows").json()["items"][0]["slug"]
        assert client.get(f"/dataset/{name}", follow_redirects=True).status_code == 200


def test_examples_of_the_docs_do_what_they_say(served: Served, tmp_path: Path) -> None:
    missing = [name for name in ("bash", "curl", "jq") if not shutil.which(name)]
    if missing:
        pytest.skip(f"no {' and '.join(missing)} on the PATH: the examples for programs have not been tried")
    text = (Path(__file__).parents[2] / "docs/upload.md").read_text("utf-8")
    section = text.partition("\n## By program\n")[2].partition("\n## ")[0]
    examples = re.findall(r"^```sh\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    assert len(examples) > 4
    (tmp_path / "table.xlsx").write_bytes(workbook([*good(3, "Отчёт для примера"), BROKEN]))
    with zipfile.ZipFile(tmp_path / "package.zip", "w") as archive:
        archive.writestr("table.xlsx", workbook([("MSH-50", "Отчёт в архиве", "2024", "")]))
        archive.writestr("large.bin", bytes(range(256)) * 4000)
    environ = {**os.environ, "SITE": served.url, "TOKEN": served.tokens["editor"]}
    script = "set -euo pipefail\n" + "\n".join(examples)
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert openpyxl.load_workbook(tmp_path / "failed.xlsx")
    assert '"status":"undone"' in done.stdout
    assert '"filename":"package.zip"' in done.stdout


def _ended(client: httpx.Client, address: str) -> dict[str, Any]:
    end = time.monotonic() + 60
    while (found := dict(client.get(address).json()))["running"]:
        assert time.monotonic() < end, found
        time.sleep(0.1)
    return found
