"""Bulk uploads at the desk: who sees and does what, what the check shows, what is published and taken back."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert, select, update
from werkzeug.test import TestResponse

from opendata.services import desk_work
from opendata.services.actors import SYSTEM
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import deciding, jobs, receiving
from opendata.store.datasets import Dataset
from opendata.store.operations import Job, Upload, UploadProblem, UploadRow
from opendata.store.organizations import Organization
from opendata.store.states import UploadStatus
from tests.web.people import HERE, People, sign_in

HEADINGS = ("Идентификатор", "Название", "Дата публикации", "Своё поле")
EVIL = '<script>alert("1")</script>'
NOWHERE = UUID(int=1)
WHO = ("", "lonely", "stranger", "member", "editor", "admin", "sysadmin")
GETS = {
    "": (303, 403, 200, 403, 200, 200, 200),
    "/new": (303, 403, 200, 403, 200, 200, 200),
    "/template.xlsx": (303, 403, 200, 403, 200, 200, 200),
    "/template.csv": (303, 403, 200, 403, 200, 200, 200),
    "/template.exe": (303, 403, 404, 403, 404, 404, 404),
    "/{upload}": (303, 403, 404, 403, 200, 200, 200),
    "/{upload}/columns": (303, 403, 404, 403, 200, 200, 200),
    "/{upload}/undo": (303, 403, 404, 403, 200, 200, 200),
    "/{upload}/failed.xlsx": (303, 403, 404, 403, 200, 200, 200),
    "/{upload}/rows/{row}": (303, 403, 404, 403, 200, 200, 200),
    "/{upload}/rows/99999": (303, 403, 404, 403, 404, 404, 404),
    f"/{NOWHERE}": (303, 403, 404, 403, 404, 404, 404),
}
POSTS = {
    "/{upload}/choose": (401, 403, 404, 403, 303, 303, 303),
    "/{upload}/undo": (401, 403, 404, 403, 303, 303, 303),
    "/{upload}/check": (401, 403, 404, 403, 303, 303, 303),
    "/{upload}/columns": (401, 403, 404, 403, 409, 409, 409),
    "/{upload}/publish": (401, 403, 404, 403, 409, 409, 409),
    "/{upload}/cancel": (401, 403, 404, 403, 303, 303, 303),
    f"/{NOWHERE}/publish": (401, 403, 404, 403, 404, 404, 404),
}
"""In this order: a check that waits is in the way of the columns and of publishing, and can be cancelled."""


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    """An XLSX with our headings and these rows."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Записи"
    for row in (HEADINGS, *rows):
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def good(count: int, title: str = "Отчёт") -> list[tuple[object, ...]]:
    """Rows without a fault."""
    return [(f"MSH-{number}", f"{title} {number}", "2024-05-01", "") for number in range(1, count + 1)]


Send = Callable[..., str]


@pytest.fixture
def editor(app: Flask, people: People) -> FlaskClient:
    """The browser of a clerk."""
    return sign_in(app.test_client(), people.editor)


@pytest.fixture
def send(peopled: Catalogue) -> Send:
    """Sends rows for the agency "su" and has them checked; the address of the upload's page."""

    def run(rows: Sequence[Sequence[object]], *, checked: bool = True) -> str:
        upload_id = receiving.receive(peopled, SYSTEM, "su", "table.xlsx", io.BytesIO(workbook(rows)), "en")
        if checked:
            jobs.check(peopled, upload_id)
        return f"/desk/uploads/{upload_id}"

    return run


def work(catalogue: Catalogue, address: str) -> None:
    """What the worker does once somebody has asked for the publication, or for another check."""
    upload_id = UUID(address.rpartition("/")[2])
    with catalogue.sessions.read() as session:
        status = session.get_one(Upload, upload_id).status
    (jobs.publish if status is UploadStatus.PUBLISHING else jobs.check)(catalogue, upload_id)


def row_ids(catalogue: Catalogue, address: str) -> list[int]:
    """The rows of the upload, in their order."""
    wanted = select(UploadRow.id).where(UploadRow.upload_id == UUID(address.rpartition("/")[2]))
    with catalogue.sessions.read() as session:
        return list(session.scalars(wanted.order_by(UploadRow.position)))


def published(catalogue: Catalogue) -> set[str]:
    """The identifiers of the public records that came by an upload."""
    with catalogue.sessions.read() as session:
        wanted = select(Dataset.identifier).where(Dataset.state == "published", Dataset.identifier.like("MSH-%"))
        return set(session.scalars(wanted))


def post(client: FlaskClient, address: str, **form: Any) -> TestResponse:
    """A form of our own page."""
    return client.post(address, data=form, headers=HERE)


def test_everybody_sees_and_does_what_the_tables_say(
    app: Flask, people: People, peopled: Catalogue, send: Send
) -> None:
    address = send([*good(2), ("MSH-9", "", "", "")])
    names = {"upload": address.rpartition("/")[2], "row": row_ids(peopled, address)[0]}
    for place, who in enumerate(WHO):
        client = sign_in(app.test_client(), getattr(people, who)) if who else app.test_client()
        for path, expected in GETS.items():
            answer = client.get("/desk/uploads" + path.format(**names))
            assert (path, who, answer.status_code) == (path, who, expected[place])
            assert answer.headers["Cache-Control"] == "no-store"
    for place, who in enumerate(WHO[:4]):
        client = sign_in(app.test_client(), getattr(people, who)) if who else app.test_client()
        for path, refused in POSTS.items():
            answer = post(client, "/desk/uploads" + path.format(**names))
            assert (path, who, answer.status_code) == (path, who, refused[place])
    client = sign_in(app.test_client(), people.editor)
    assert post(client, f"{address}/undo").status_code == 409
    for path, allowed in ((path, codes) for path, codes in POSTS.items() if not path.endswith("/undo")):
        answer = post(client, "/desk/uploads" + path.format(**names))
        assert (path, answer.status_code) == (path, allowed[4])


def test_forms_of_other_sites_change_nothing(editor: FlaskClient, send: Send) -> None:
    address = send(good(1))
    for action in ("choose", "publish", "cancel", "check", "columns", "undo"):
        answer = editor.post(f"{address}/{action}", headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403, action
    assert editor.post("/desk/uploads/new", headers={"Origin": "https://evil.example"}).status_code == 403


def test_clerk_of_one_agency_is_not_asked_for_it_and_others_are(app: Flask, people: People) -> None:
    stranger = sign_in(app.test_client(), people.stranger).get("/en/desk/uploads/new").text
    assert '<input type="hidden" name="organization" value="other">' in stranger
    assert '<select id="field-organization"' not in stranger
    root = sign_in(app.test_client(), people.sysadmin).get("/en/desk/uploads/new?organization=su").text
    assert '<option value="su" selected>' in root
    assert "50,000 rows" in root


def test_overview_leads_editors_to_the_form_and_nobody_else(app: Flask, people: People, send: Send) -> None:
    send(good(1))
    page = sign_in(app.test_client(), people.editor).get("/en/desk").text
    assert 'href="/en/desk/uploads/new"' in page
    assert "Checked, not published" in page
    page = sign_in(app.test_client(), people.member).get("/en/desk").text
    assert "/desk/uploads" not in page


def test_a_table_goes_from_the_form_to_the_report_and_back(
    editor: FlaskClient, peopled: Catalogue, people: People
) -> None:
    form = {"organization": "su", "file": (io.BytesIO(workbook(good(3))), "Отчёты 2024.xlsx")}
    answer = editor.post("/en/desk/uploads/new", data=form, headers=HERE)
    assert answer.status_code == 303
    address = answer.headers["Location"]
    page = editor.get(address).text
    assert 'http-equiv="refresh"' in page
    assert "<progress" in page
    work(peopled, address)
    page = editor.get(address).text
    assert "3 rows of 3 can be published." in page
    assert 'http-equiv="refresh"' not in page
    assert post(editor, f"{address}/publish").status_code == 303
    work(peopled, address)
    page = editor.get(address).text
    assert "3 records were published." in page
    links = re.findall(r'class="sheet-row__title" href="([^"]+)"', page)
    assert [editor.get(link).status_code for link in links] == [200, 200, 200]
    assert "3 new records are withdrawn" in editor.get(f"{address}/undo").text
    assert post(editor, f"{address}/undo").status_code == 303
    assert "The upload was taken back." in editor.get(address).text
    assert published(peopled) == set()


def test_bounds_are_told_in_the_units_of_the_settings(editor: FlaskClient) -> None:
    page = editor.get("/ru/desk/uploads/new").text.replace("\N{NO-BREAK SPACE}", " ")
    assert "до 50 000 строк и 100 МБ" in page
    assert "105 МБ" not in page


def test_nothing_chosen_and_no_file_are_said_on_the_form(editor: FlaskClient, people: People) -> None:
    answer = post(editor, "/en/desk/uploads/new", organization="su")
    assert answer.status_code == 400
    assert "Choose a file." in answer.text
    empty = editor.post(
        "/en/desk/uploads/new", data={"organization": "su", "file": (io.BytesIO(b""), "a.xlsx")}, headers=HERE
    )
    assert empty.status_code == 400
    assert 'id="error-file"' in empty.text
    assert "This file is empty. Choose another one." in empty.text


def test_file_over_the_bound_of_a_form_is_refused_in_plain_words(
    site: Callable[..., FlaskClient], people: People
) -> None:
    client = sign_in(site(upload={"max_bytes": 20_000}), people.editor)
    form = {"organization": "su", "file": (io.BytesIO(b"0" * 50_000), "a.xlsx")}
    answer = client.post("/en/desk/uploads/new", data=form, headers=HERE)
    assert answer.status_code == 413
    assert "too large to be sent in one piece" in answer.text


def test_file_for_a_foreign_agency_is_refused(editor: FlaskClient) -> None:
    form = {"organization": "other", "file": (io.BytesIO(workbook(good(1))), "a.xlsx")}
    assert editor.post("/desk/uploads/new", data=form, headers=HERE).status_code == 403


def test_file_that_is_no_table_ends_with_the_reason(editor: FlaskClient, peopled: Catalogue, people: People) -> None:
    upload_id = receiving.receive(peopled, SYSTEM, "su", "a.xlsx", io.BytesIO(b"%PDF-1.4 nothing"), "en")
    jobs.check(peopled, upload_id)
    page = editor.get(f"/en/desk/uploads/{upload_id}").text
    assert "The file could not be taken. Nothing was published." in page
    assert page.count("is no spreadsheet") == 1
    assert "Columns…" not in page
    assert "It is not needed any more" in page
    assert upload_id in {one.id for one in desk_work.listing(peopled, SYSTEM, "uploads").lines}
    post(editor, f"/en/desk/uploads/{upload_id}/cancel")
    assert upload_id not in {one.id for one in desk_work.listing(peopled, SYSTEM, "uploads").lines}
    assert 'href="/en/desk/uploads/new?organization=su"' in page


def test_what_cells_and_files_say_stays_text(editor: FlaskClient, peopled: Catalogue, people: People) -> None:
    rows = [
        (f"MSH-{EVIL}", f"Title {EVIL}", "2024-05-01", EVIL),
        ("MSH-2", f"{EVIL} again", f"32.13.2024{EVIL}", '"><img src=x onerror=alert(1)>'),
        ("=cmd|' /C calc'!A0", "Formula", "", ""),
    ]
    stream = io.BytesIO(workbook(rows))
    upload_id = receiving.receive(peopled, SYSTEM, "su", f"{EVIL}.xlsx", stream, "en")
    jobs.check(peopled, upload_id)
    address = f"/en/desk/uploads/{upload_id}"
    first = row_ids(peopled, address)[0]
    for path in ("", f"?q={EVIL}", "?show=problems", "/columns", "/undo", f"/rows/{first}"):
        page = editor.get(address + path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text, path
        assert "<img src=x" not in page.text, path
    assert "<script>alert" not in editor.get("/en/desk/uploads").text


def test_ticks_are_kept_over_the_pages(editor: FlaskClient, peopled: Catalogue, send: Send) -> None:
    address = send(good(60))
    ids = row_ids(peopled, address)
    second = editor.get(f"{address}?page=2").text
    assert second.count('type="checkbox"') == 10
    # The last row is taken out on the second page, the first one with the publication itself.
    answer = post(editor, f"{address}/choose", shown=ids[50:], row=ids[50:59], page="2")
    assert answer.status_code == 303
    assert "page=2" in answer.headers["Location"]
    assert "Publish 59 rows" in editor.get(f"/en{address}").text
    assert post(editor, f"{address}/publish", shown=ids[:50], row=ids[1:50]).status_code == 303
    work(peopled, address)
    assert published(peopled) == {f"MSH-{number}" for number in range(2, 60)}
    assert "Not chosen 2" in editor.get(f"/en{address}").text


def test_all_and_none_can_be_ticked_at_once(editor: FlaskClient, send: Send) -> None:
    address = send(good(3))
    post(editor, f"{address}/choose", every="0")
    page = editor.get(f"/en{address}").text
    assert "Publish 0 rows" in page
    answer = post(editor, f"/en{address}/publish")
    assert answer.status_code == 400
    assert "Tick at least one good row." in answer.text
    post(editor, f"{address}/choose", every="1")
    assert "Publish 3 rows" in editor.get(f"/en{address}").text


def test_rows_with_errors_and_of_other_uploads_cannot_be_chosen(
    editor: FlaskClient, peopled: Catalogue, send: Send
) -> None:
    address = send([*good(1), ("MSH-2", "", "", "")])
    other = send([("MSH-3", "Another", "", "")])
    foreign = row_ids(peopled, other)
    post(editor, f"{address}/choose", shown=[*row_ids(peopled, address), *foreign], row=row_ids(peopled, address))
    assert "Publish 1 row<" in editor.get(f"/en{address}").text
    assert "Publish 1 row<" in editor.get(f"/en{other}").text
    assert post(editor, f"{address}/choose", shown="x").status_code == 400
    assert post(editor, f"{address}/choose", shown=["1"] * 1001).status_code == 400


def test_each_tick_is_answered_with_the_words_of_the_button(
    editor: FlaskClient, peopled: Catalogue, send: Send
) -> None:
    address = send(good(3))
    ids = row_ids(peopled, address)
    answer = editor.post(
        f"/en{address}/choose", data={"shown": ids, "row": ids[:2]}, headers={**HERE, "Accept": "application/json"}
    )
    assert answer.get_json() == {"chosen": 2, "words": "Publish 2 rows"}


@pytest.mark.parametrize("action", ["publish", "choose", "columns", "check"])
def test_what_comes_too_late_is_said_on_the_same_page(editor: FlaskClient, send: Send, action: str) -> None:
    address = send(good(1))
    assert post(editor, f"{address}/cancel").status_code == 303
    answer = post(editor, f"/en{address}/{action}", every="1")
    assert answer.status_code == 409
    assert "The upload was cancelled. Upload the table again." in answer.text
    assert "table.xlsx" in answer.text


def test_counts_filters_and_words_narrow_the_rows(editor: FlaskClient, peopled: Catalogue, send: Send) -> None:
    first = send(good(3))
    post(editor, f"{first}/publish")
    work(peopled, first)
    rows = [("MSH-1", "Отчёт 1", "2024-05-01", ""), ("MSH-2", "Отчёт изменённый", "2024-05-01", "")]
    address = send([*rows, ("MSH-4", "Новый", "", ""), ("MSH-5", "Сломанный", "32.13.2024", "")])
    page = editor.get(f"/en{address}").text
    for words in ("All rows 4", "New rows 1", "Changed 1", "Unchanged 1", "With problems 1"):
        assert words in page
    shown = {
        "?show=new": ["Новый"], "?show=changed": ["Отчёт изменённый"], "?show=problems": ["Сломанный"],
        "?q=ИЗМЕНЁННЫЙ": ["Отчёт изменённый"], "?q=msh-4": ["Новый"], "?q=5": ["Сломанный"],
        "?show=new&q=сломанный": [],
    }  # fmt: skip
    for query, titles in shown.items():
        page = editor.get(f"/en{address}{query}").text
        assert re.findall(r'class="sheet-row__title" dir="auto">([^<]*)<', page) == titles, query
    changed = editor.get(f"/en{address}?show=changed").text
    assert "Отчёт 2" in changed  # before
    assert "Отчёт изменённый" in changed
    problem = editor.get(f"/en{address}?show=problems").text
    assert "<details open>" in problem
    assert "C5 · Дата публикации" in problem


@pytest.mark.parametrize(
    ("query", "status"),
    [("page=0", 400), ("page=x", 400), ("page=2", 404), ("show=evil", 400), ("page=1&q=" + "я" * 5000, 200)],
)
def test_leaves_and_kinds_have_bounds(editor: FlaskClient, send: Send, query: str, status: int) -> None:
    assert editor.get(f"{send(good(2))}?{query}").status_code == status


def test_pages_take_as_many_selects_for_fifty_rows_as_for_one(
    editor: FlaskClient, peopled: Catalogue, send: Send
) -> None:
    seen: list[str] = []
    event.listen(peopled.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))

    def selects(path: str) -> int:
        seen.clear()
        assert editor.get(path).status_code == 200
        return sum(one.startswith("SELECT") for one in seen)

    small, big = send(good(1)), send([*good(50), *((f"MSH-{n}", "", "", "") for n in range(60, 80))])
    selects(small)
    for path in ("", "?q=отчёт", "/columns", "/undo"):
        assert selects(small + path) == selects(big + path), path
    before = selects("/desk/uploads")
    for _ in range(5):
        send(good(1), checked=False)
    assert selects("/desk/uploads") == before


def test_page_of_an_upload_with_thousands_of_problems_comes_at_once(
    editor: FlaskClient, peopled: Catalogue, send: Send
) -> None:
    address = send([*good(1), ("MSH-2", "", "", "")])
    mine = {"upload_id": UUID(address.rpartition("/")[2]), "sheet": "Записи"}
    lines: list[dict[str, Any]] = [{**mine, "row": number} for number in range(10, 3010)]
    with peopled.sessions.write.begin() as session:
        session.execute(insert(UploadRow), [{**line, "position": line["row"], "result": "rejected"} for line in lines])
        session.execute(insert(UploadProblem), [{**line, "code": "bad_date", "message": "wrong"} for line in lines])
        session.execute(insert(UploadProblem), [{**mine, "row": 9999, "code": "x", "message": "of no row"}])
    started = time.monotonic()
    page = editor.get(f"/en{address}").text
    assert time.monotonic() - started < 10  # where each problem was compared with each row, it took a minute
    assert page.count("of no row") == 1


def test_preview_is_the_page_of_the_record_and_leads_nowhere_that_is_not_there(
    editor: FlaskClient, peopled: Catalogue, send: Send
) -> None:
    address = send([("MSH-1", "Состояние почв", "2024-05-01", "значение")])
    answer = editor.get(f"/en{address}/rows/{row_ids(peopled, address)[0]}")
    assert 'content="noindex"' in answer.text
    assert "This is a preview of row 2: nothing of it is published yet." in answer.text
    assert "<h1>" in answer.text
    assert "Состояние почв" in answer.text
    links = set(re.findall(r'href="(/[^"#]*)', answer.text.partition("<main")[2].partition("</main>")[0]))
    assert {link: editor.get(link).status_code for link in links} == dict.fromkeys(links, 200)
    other = send(good(1))
    assert editor.get(f"{other}/rows/{row_ids(peopled, address)[0]}").status_code == 404


def test_failing_rows_come_back_as_a_workbook(editor: FlaskClient, send: Send) -> None:
    address = send([*good(2), ("MSH-9", "Сломанный", "32.13.2024", "")])
    answer = editor.get(f"{address}/failed.xlsx")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0]
    assert [cell.value for cell in sheet["C"]][1:] == ["Сломанный"]
    assert editor.get(f"{send(good(1))}/failed.xlsx").status_code == 404


def test_template_speaks_the_language_of_the_page(editor: FlaskClient) -> None:
    kazakh = openpyxl.load_workbook(io.BytesIO(editor.get("/kk/desk/uploads/template.xlsx").data))
    assert kazakh.worksheets[0].title == "Жазбалар"
    table = editor.get("/en/desk/uploads/template.csv")
    assert "Identifier" in table.data.decode("utf-8-sig").splitlines()[0]
    assert "opendata-template.csv" in table.headers["Content-Disposition"]


def test_headings_are_shown_with_what_they_are_taken_for(editor: FlaskClient, people: People, send: Send) -> None:
    address = send([("MSH-1", "Отчёт", "2024-05-01", "почва; вода")])
    page = editor.get(f"/en{address}/columns").text
    assert [one.strip() for one in re.findall(r'<label for="field-datasets-\d+"[^>]*>([^<]+)', page)] == list(HEADINGS)
    own = page.partition('id="field-datasets-3"')[2].partition("</select>")[0]
    assert re.search(r'<option value="\+" selected>', own)
    assert post(editor, f"{address}/columns", **{"datasets-3": "nonsense"}).status_code == 400


def test_headings_are_corrected_once_and_checked_again(
    editor: FlaskClient, peopled: Catalogue, people: People, send: Send
) -> None:
    address = send([("MSH-1", "Отчёт", "2024-05-01", "почва; вода")])
    assert post(editor, f"{address}/columns", **{"datasets-3": "keywords"}).status_code == 303
    work(peopled, address)
    own = editor.get(f"/en{address}/columns").text.partition('id="field-datasets-3"')[2].partition("</select>")[0]
    assert re.search(r'<option value="keywords" selected>', own)
    preview = editor.get(f"/en{address}/rows/{row_ids(peopled, address)[0]}").text
    assert "keyword=" in preview
    again = editor.get(f"/en{send(good(1))}/columns").text.partition('id="field-datasets-3"')[2].partition("</select>")
    assert re.search(r'<option value="keywords" selected>', again[0])


def test_an_upload_whose_records_were_edited_is_not_taken_back_and_names_them(
    editor: FlaskClient, peopled: Catalogue, send: Send
) -> None:
    address = send(good(2))
    post(editor, f"{address}/publish")
    work(peopled, address)
    with peopled.sessions.write.begin() as session:
        row = session.scalars(select(Dataset).where(Dataset.identifier == "MSH-2")).one()
        note(session, SYSTEM, peopled.now(), "dataset", row.id, "changed", after={})
    page = editor.get(f"/en{address}/undo").text
    assert "It cannot be taken back any more" in page
    assert "Отчёт 2" in page
    assert "Отчёт 1" not in page
    assert post(editor, f"{address}/undo").status_code == 409
    assert published(peopled) == {"MSH-1", "MSH-2"}


@pytest.mark.parametrize(
    ("status", "words"),
    [("publishing", "Publishing."), ("checking", "Checking the table."), ("received", "The check begins in a moment.")],
)
def test_what_is_at_work_shows_how_far_it_is(
    editor: FlaskClient, peopled: Catalogue, send: Send, status: str, words: str
) -> None:
    address = send(good(2))
    with peopled.sessions.write.begin() as session:
        upload_id = UUID(address.rpartition("/")[2])
        session.execute(update(Upload).where(Upload.id == upload_id).values(status=status, done=1, total=4))
    page = editor.get(f"/en{address}").text
    assert words in page
    assert 'value="25"' in page
    assert "1 of 4 rows" in page
    assert ">Stop<" in page


def test_where_review_is_wanted_what_an_editor_sends_in_is_published_by_a_reviewer(
    app: Flask, people: People, peopled: Catalogue, send: Send
) -> None:
    _set_review(peopled, wanted=True)
    editor, reviewer = sign_in(app.test_client(), people.editor), sign_in(app.test_client(), people.admin)
    address = send(good(2))
    page = editor.get(f"/en{address}").text
    assert "Your agency wants review" in page
    assert "Who may: admin." in page
    assert "Send in 2 rows for review" in page
    assert editor.post(f"{address}/publish", headers=HERE).status_code == 303
    work(peopled, address)
    page = editor.get(f"/en{address}").text
    assert "2 records or changes wait for review" in page
    assert "In review" in page
    assert "Entered into the catalogue" not in page
    assert f"{address}/accept" not in page
    assert editor.post(f"{address}/accept", headers=HERE | {"Accept": "application/json"}).status_code == 403
    assert f"{address}/undo" in page

    without = reviewer.post(f"/en{address}/return", headers=HERE, data={"message": " "})
    assert (without.status_code, "Write what is to be done." in without.text) == (400, True)
    done = reviewer.post(f"/en{address}/accept", headers=HERE, data={"message": "Good"})
    assert (done.status_code, done.location) == (303, f"/en{address}?done=upload_accept")
    assert "A decision is being carried out." in reviewer.get(f"/en{address}").text
    with peopled.sessions.read() as session:
        deciding.run(peopled, session.scalars(select(Job).where(Job.kind == deciding.JOB)).one().payload)
    page = editor.get(f"/en{address}").text
    assert "2 records were published" in page
    assert "Entered into the catalogue" in page
    assert f"{address}/undo" not in editor.get(f"/en{address}").text
    assert reviewer.post(f"{address}/accept", headers=HERE).status_code == 409
    _set_review(peopled, wanted=False)


def _set_review(catalogue: Catalogue, *, wanted: bool) -> None:
    with catalogue.sessions.write.begin() as session:
        session.execute(update(Organization).where(Organization.slug == "su").values(review=wanted))
