"""The files of a record at the desk: added, ordered, described, replaced, opened and closed; all by plain forms."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from opendata.catalog.records import DatasetRecord, RecordState, ResourceRecord, TextInfo, TextStatus
from opendata.catalog.values import DisclosureStatus
from opendata.services import content, editing
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.store.datasets import Dataset, Resource
from opendata.store.organizations import Organization
from opendata.web.downloads import SANDBOX
from tests.factories import stored
from tests.web.people import HERE, PASSWORD, People, sign_in

FILES = "/en/desk/datasets/su-balansy/files"


@pytest.fixture
def desk(client: FlaskClient, people: People) -> FlaskClient:
    """An editor of the agency, signed in."""
    return sign_in(client, people.editor)


def post(desk: FlaskClient, path: str, **data: Any) -> Any:
    return desk.post(path, data=data, headers=HERE, content_type="multipart/form-data")


def kept(catalogue: Catalogue) -> DatasetRecord:
    with catalogue.sessions.read() as session:
        dataset_id = session.scalars(select(Resource.dataset_id).where(Resource.key == "pdf")).one()
    return stored(catalogue, dataset_id)


def added(
    desk: FlaskClient, peopled: Catalogue, content_: bytes = b"a,b\n1,2\n", name: str = "t.csv"
) -> ResourceRecord:
    answer = post(desk, FILES, file=(io.BytesIO(content_), name))
    assert answer.status_code == 303, answer.text
    made = kept(peopled).resources[-1]
    assert answer.headers["Location"].endswith(f"done=added#file-{made.id}")
    return made


def read(catalogue: Catalogue, *files: ResourceRecord) -> None:
    """What the worker does with them, without its processes."""
    with catalogue.sessions.write.begin() as session:
        for file in files:
            content.keep(session, file.checksum, (), catalogue.now())
            for row in session.scalars(select(Resource).where(Resource.checksum == file.checksum)):
                row.text = TextInfo(TextStatus.NO_TEXT)


def test_a_file_is_added_and_its_state_told_until_it_is_read(desk: FlaskClient, peopled: Catalogue) -> None:
    made = added(desk, peopled)
    page = desk.get(FILES).text
    assert (made.filename, made.format, made.stored) == ("t.csv", "CSV", True)
    assert "being read; nobody else has it yet" in page
    assert f'data-live="{FILES}/status"' in page
    assert made.checksum in page
    assert "data-pending" in desk.get(f"{FILES}/status").text
    read(peopled, *kept(peopled).resources)
    assert "data-pending" not in desk.get(f"{FILES}/status").text
    assert "data-live" not in desk.get(FILES).text


def test_a_page_that_is_called_an_image_is_told_and_never_shown_as_one(desk: FlaskClient, peopled: Catalogue) -> None:
    made = added(desk, peopled, b"<!doctype html><html><script>alert(1)</script></html>", "photo.png")
    assert (made.format, made.media_type) == ("HTML", "text/html")
    assert "Its name says PNG, its content is HTML." in desk.get(FILES).text
    answer = desk.get(f"/dataset/su-balansy/resource/{made.id}/download?inline=1")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("sent", [{}, {"file": (io.BytesIO(b""), "")}, {"file": (io.BytesIO(b""), "empty.csv")}])
def test_nothing_and_an_empty_file_are_refused_in_words(desk: FlaskClient, sent: dict[str, Any]) -> None:
    answer = post(desk, FILES, **sent)
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.text
    assert "Choose a" in answer.text


def test_what_arrived_in_pieces_goes_with_the_form(desk: FlaskClient, peopled: Catalogue) -> None:
    tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "8", "Upload-Metadata": "filename dC5jc3Y=", **HERE}
    begun = desk.post("/api/v1/uploads/files", headers=tus)
    place = begun.headers["Location"]
    piece = {**tus, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    assert desk.patch(place, headers=piece, data=b"a,b\n1,2\n").status_code == 204
    assert post(desk, FILES, upload=place.rpartition("/")[2]).status_code == 303
    assert kept(peopled).resources[-1].filename == "t.csv"
    assert post(desk, FILES, upload=place.rpartition("/")[2]).status_code == 404


def test_files_are_moved_by_buttons_alone(desk: FlaskClient, peopled: Catalogue) -> None:
    names = [one.key for one in kept(peopled).resources]
    third = kept(peopled).resources[2]
    assert post(desk, f"{FILES}/{third.id}/move", to="up").status_code == 303
    assert [one.key for one in kept(peopled).resources] == [names[0], names[2], names[1], names[3]]
    post(desk, f"{FILES}/{third.id}/move", to="down")
    assert [one.key for one in kept(peopled).resources] == names
    first = kept(peopled).resources[0]
    post(desk, f"{FILES}/{first.id}/move", to="up")
    assert [one.key for one in kept(peopled).resources] == names
    assert post(desk, f"{FILES}/{first.id}/move", to="aside").status_code == 400


def form_of(page: str) -> dict[str, str]:
    """What the form of a page holds."""
    found = dict(re.findall(r'<input[^>]* name="([\w.-]+)"[^>]* value="([^"]*)"', page))
    found |= {name: value.strip() for name, value in re.findall(r'<textarea[^>]* name="([\w.-]+)"[^>]*>([^<]*)<', page)}
    for name, inner in re.findall(r'<select[^>]* name="([\w.-]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inner)
        found[name] = chosen[1] if chosen else ""
    return found


def test_what_is_said_of_a_file_is_changed_and_nothing_else(desk: FlaskClient, peopled: Catalogue) -> None:
    before = kept(peopled).resources[0]
    form = form_of(desk.get(f"{FILES}/{before.id}").text)
    assert form["filename"] == before.filename
    said = {**form, "name.kk": "Есеп", "name.ru": "Отчёт", "language": "kk", "issued": "2024-05"}
    assert post(desk, f"{FILES}/{before.id}", **said).status_code == 303
    after = kept(peopled).resources[0]
    assert (after.name.kk, after.name.ru, after.language, str(after.issued)) == ("Есеп", "Отчёт", "kk", "2024-05")
    assert (after.checksum, after.role, after.filename) == (before.checksum, before.role, before.filename)


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(desk: FlaskClient, peopled: Catalogue) -> None:
    file = kept(peopled).resources[0]
    form = form_of(desk.get(f"{FILES}/{file.id}").text)
    answer = post(desk, f"{FILES}/{file.id}", **{**form, "issued": "жарым", "name.ru": "Моё <b>"})
    assert answer.status_code == 400
    assert "Моё &lt;b&gt;" in answer.text
    assert 'href="#field-issued"' in answer.text
    assert kept(peopled).resources[0].name.ru == ""


def test_two_people_at_one_file_are_told(desk: FlaskClient, peopled: Catalogue) -> None:
    file = kept(peopled).resources[0]
    form = form_of(desk.get(f"{FILES}/{file.id}").text)
    post(desk, f"{FILES}/{file.id}", **{**form, "name.ru": "Первый"})
    answer = post(desk, f"{FILES}/{file.id}", **{**form, "name.ru": "Второй"})
    assert answer.status_code == 409
    assert "Первый" in answer.text
    assert kept(peopled).resources[0].name.ru == "Первый"
    again = form_of(answer.text) | {"choose.name.ru": "mine"}
    assert again["name.ru"] == "Второй"
    assert post(desk, f"{FILES}/{file.id}", **again).status_code == 303
    assert kept(peopled).resources[0].name.ru == "Второй"


def test_words_of_a_form_that_came_too_late_wait_behind_the_sign_in(
    app: Flask, people: People, desk: FlaskClient, peopled: Catalogue
) -> None:
    file = kept(peopled).resources[0]
    form = form_of(desk.get(f"{FILES}/{file.id}").text) | {"name.ru": "Поздно", "license_text": "По договору"}
    late = app.test_client()
    asked = late.post(f"{FILES}/{file.id}", data=form, headers=HERE)
    assert asked.status_code == 401
    carried = form_of(asked.text) | {"email": people.editor, "password": PASSWORD}
    answer = late.post("/account/sign-in", data=carried, headers=HERE)
    shown = late.get(answer.headers["Location"])
    again = form_of(shown.text)
    assert "These are your words of" in shown.text
    assert (again["name.ru"], again["license_text"]) == ("Поздно", "По договору")
    assert str(file.id) in late.get("/en/desk/drafts").text
    assert late.post(f"{FILES}/{file.id}", data=again, headers=HERE).status_code == 303
    stands = kept(peopled).resources[0]
    assert (stands.name.ru, stands.license_text) == ("Поздно", "По договору")
    assert str(file.id) not in late.get("/en/desk/drafts").text
    late.post(
        f"{FILES}/{file.id}",
        data=form_of(late.get(f"{FILES}/{file.id}").text) | {"name.ru": "", "license_text": ""},
        headers=HERE,
    )


@pytest.mark.parametrize("size", [0, 100_000], ids=["before it was chosen", "with it"])
def test_why_a_file_is_replaced_outlives_the_session_though_the_file_does_not(
    app: Flask, people: People, desk: FlaskClient, peopled: Catalogue, size: int
) -> None:
    path = f"{FILES}/{kept(peopled).resources[0].id}/replace"
    late = app.test_client()
    sent = {"file": (io.BytesIO(b"x" * size), "b.bin" if size else ""), "why": "Таблица 3 исправлена"}
    asked = post(late, path, **sent)
    assert asked.status_code == 401
    assert ("it is chosen again then" in asked.text) is bool(size)
    again = {name.removeprefix("carried."): value for name, value in form_of(asked.text).items()}
    assert again == {"why": "Таблица 3 исправлена"}
    shown = desk.post(path, data=again, headers=HERE)  # signed in in another window
    assert (shown.status_code, form_of(shown.text)["why"]) == (400, "Таблица 3 исправлена")
    assert post(late, path, file=(io.BytesIO(b"x"), "b.txt")).status_code in (302, 303, 401)  # which says nothing


@pytest.mark.parametrize(
    "body", [b"", b"--x\r\n", b"--x--", b"\0" * 300, b"--x\r\nContent-Disposition: form-data\r\n\r\n"]
)
def test_a_broken_form_from_nobody_is_the_sign_in_and_nothing_more(app: Flask, people: People, body: bytes) -> None:
    for kind in ("multipart/form-data; boundary=x", "multipart/form-data"):
        answer = app.test_client().post(FILES, data=body, headers=HERE, content_type=kind)
        assert answer.status_code in (302, 303, 401)


def test_words_typed_into_the_form_of_a_file_are_kept_while_one_types(desk: FlaskClient, peopled: Catalogue) -> None:
    file = kept(peopled).resources[0]
    page = desk.get(f"{FILES}/{file.id}").text
    assert 'data-draft="/en/desk/drafts"' in page
    draft = desk.post("/desk/drafts", data=form_of(page) | {"name.kk": "Жартылай"}, headers=HERE).get_json()["draft"]
    assert "Жартылай" in desk.get("/en/desk/drafts").text
    assert f"?draft={draft}" in desk.get(f"{FILES}/{file.id}").text
    again = desk.get(f"{FILES}/{file.id}?draft={draft}").text
    assert form_of(again)["name.kk"] == "Жартылай"
    assert post(desk, f"{FILES}/{file.id}", **form_of(again)).status_code == 303
    assert kept(peopled).resources[0].name.kk == "Жартылай"
    assert draft not in desk.get("/en/desk/drafts").text


def test_a_file_that_was_read_meanwhile_is_no_conflict(desk: FlaskClient, peopled: Catalogue) -> None:
    file = kept(peopled).resources[0]
    form = form_of(desk.get(f"{FILES}/{file.id}").text)
    with peopled.sessions.write.begin() as session:
        row = session.get_one(Dataset, session.get_one(Resource, file.id).dataset_id)
        row.metadata_modified += dt.timedelta(seconds=1)
    assert post(desk, f"{FILES}/{file.id}", **{**form, "name.ru": "Моё"}).status_code == 303


def test_what_was_said_of_who_may_have_files_waits_behind_the_sign_in(
    app: Flask, people: People, desk: FlaskClient, peopled: Catalogue
) -> None:
    file = str(kept(peopled).resources[0].id)
    said = form_of(desk.get(f"{FILES}/disclosure?file={file}").text)
    said |= {"file": file, "status": "withheld", "reason.ru": "Причина, которую долго писали"}
    late = app.test_client()
    asked = late.post(f"{FILES}/disclosure", data=said, headers=HERE)
    assert asked.status_code == 401
    carried = form_of(asked.text) | {"email": people.editor, "password": PASSWORD}
    shown = late.get(late.post("/account/sign-in", data=carried, headers=HERE).headers["Location"]).text
    assert "These are your words of" in shown
    assert form_of(shown)["reason.ru"] == "Причина, которую долго писали"
    assert re.search(f'value="{file}" checked', shown)
    listed = late.get("/en/desk/drafts").text
    assert "Су балансы" in listed
    assert "Who may have the files" in listed
    going_on = re.search(r'href="([^"]*/files/disclosure\?draft=[^"]*)"', listed)
    assert going_on
    assert "Причина, которую" in late.get(going_on[1]).text
    assert late.post(f"{FILES}/disclosure", data=said, headers=HERE).status_code == 400  # it names no ground
    assert kept(peopled).resources[0].disclosure.status is DisclosureStatus.OPEN


def test_two_people_who_close_files_are_told_of_each_other(desk: FlaskClient, peopled: Catalogue) -> None:
    first, other = (str(kept(peopled).resources[number].id) for number in (0, 3))
    form = form_of(desk.get(f"{FILES}/disclosure?file={first}").text)
    theirs = {**form, "file": other, "status": "withheld", "legal_ground": "Закон о тайне"}
    assert post(desk, f"{FILES}/disclosure", **theirs).status_code == 303
    mine = {**form, "file": first, "status": "withheld", "legal_ground": "Мой закон"}
    answer = post(desk, f"{FILES}/disclosure", **mine)
    assert answer.status_code == 409
    assert "Мой закон" in answer.text
    assert kept(peopled).resources[0].disclosure.status is DisclosureStatus.OPEN
    assert post(desk, f"{FILES}/disclosure", **(form_of(answer.text) | {"file": first})).status_code == 303
    assert kept(peopled).resources[0].disclosure.legal_ground == "Мой закон"


def test_the_word_of_the_source_is_taken_again_and_all_else_stays_typed(desk: FlaskClient, peopled: Catalogue) -> None:
    record, file = kept(peopled), kept(peopled).resources[0]
    editing.edit(peopled, SYSTEM, record.slug, {f"file.{file.key}.language": "en"})
    page = desk.get(f"{FILES}/{file.id}").text
    assert f'value="release:file.{file.key}.language"' in page
    typed = form_of(page) | {"filename": "mine.pdf", "act": f"release:file.{file.key}.language"}
    answer = desk.get(post(desk, f"{FILES}/{file.id}", **typed).headers["Location"])
    assert form_of(answer.text)["filename"] == "mine.pdf"
    stands = kept(peopled).resources[0]
    assert (stands.language, stands.filename) == (file.language, file.filename)
    saved = form_of(answer.text) | {"act": ""}
    assert post(desk, f"{FILES}/{file.id}", **saved).status_code == 303
    assert kept(peopled).resources[0].filename == "mine.pdf"


def test_a_link_takes_the_place_of_a_file(desk: FlaskClient, peopled: Catalogue) -> None:
    form = form_of(desk.get(f"{FILES}/link").text)
    refused = post(desk, f"{FILES}/link", **{**form, "url": "ftp:nothing"})
    assert refused.status_code == 400
    assert "ftp:nothing" in refused.text
    assert post(desk, f"{FILES}/link", **{**form, "url": ""}).status_code == 400
    assert post(desk, f"{FILES}/link", **{**form, "url": "https://x.example/a", "direct": ""}).status_code == 303
    made = kept(peopled).resources[-1]
    assert (made.access_url, made.download_url, made.stored) == ("https://x.example/a", "", False)


def test_a_file_is_replaced_and_its_earlier_version_withheld(desk: FlaskClient, peopled: Catalogue) -> None:
    made = added(desk, peopled)
    read(peopled, made)
    again = (io.BytesIO(b"a,b\n1,3\n"), "u.csv")
    assert post(desk, f"{FILES}/{made.id}/replace", file=again, why="Исправлена строка").status_code == 303
    read(peopled, kept(peopled).resources[-1])
    page = desk.get(FILES).text
    assert "1 earlier version" in page
    assert "Исправлена строка" in page
    public = desk.application.test_client()
    address = f"/dataset/su-balansy/resource/{made.id}/version/1/download/t.csv"
    assert address in public.get("/en/dataset/su-balansy").text
    assert public.get(address).data == b"a,b\n1,2\n"
    assert public.get(f"/dataset/su-balansy/resource/{made.id}/download").data == b"a,b\n1,3\n"
    refused = post(desk, f"{FILES}/{made.id}/versions/1", decision="withhold", reason="x")
    assert refused.status_code == 400
    assert 'aria-invalid="true"' in refused.text
    post(desk, f"{FILES}/{made.id}/versions/1", decision="withhold", reason="Личные данные людей")
    assert public.get(address).status_code == 403
    shown = public.get(f"/en/dataset/su-balansy/resource/{made.id}").text
    assert "Личные данные людей" in shown
    assert "t.csv" not in shown
    post(desk, f"{FILES}/{made.id}/versions/1", decision="release")
    assert public.get(address).status_code == 200


def test_a_file_is_taken_out_once_that_was_asked(desk: FlaskClient, peopled: Catalogue) -> None:
    file = kept(peopled).resources[-1]
    assert "Remove it" in desk.get(f"{FILES}/{file.id}/remove").text
    assert post(desk, f"{FILES}/{file.id}/remove").status_code == 303
    assert file.id not in {one.id for one in kept(peopled).resources}
    assert desk.get(f"{FILES}/{file.id}/remove").status_code == 404


def test_who_may_have_several_files_is_seen_before_it_is_said(desk: FlaskClient, peopled: Catalogue) -> None:
    files = [str(kept(peopled).resources[number].id) for number in (0, 3)]
    page = desk.get(f"{FILES}/disclosure?file={files[0]}&file={files[1]}").text
    said = {**form_of(page), "file": files, "status": "withheld", "ground": "kz-personal", "until": "2027-01-31"}
    seen = desk.get(post(desk, f"{FILES}/disclosure", **said, act="preview").headers["Location"])
    assert "Nothing is saved yet." in seen.text
    assert "Readers have had it since" in seen.text
    public = desk.application.test_client()
    assert public.get(f"/dataset/su-balansy/resource/{files[0]}/download").status_code == 200
    assert post(desk, f"{FILES}/disclosure", **said).status_code == 303
    one = kept(peopled).resources[0].disclosure
    assert (one.status, str(one.until)) == (DisclosureStatus.WITHHELD, "2027-01-31")
    for file in files:
        answer = public.get(f"/ru/dataset/su-balansy/resource/{file}/download")
        assert answer.status_code == 403
        assert "О персональных данных" in answer.text
    assert "Was open from" in desk.get(FILES).text
    assert "Personal Data" in public.get(f"/en/dataset/su-balansy/resource/{files[0]}").text


def test_what_is_missing_of_a_disclosure_is_told_at_its_field(desk: FlaskClient, peopled: Catalogue) -> None:
    file = str(kept(peopled).resources[0].id)
    said = {"file": [file], "status": "withheld", "ground": "", "legal_ground": "", "reason.ru": "Моя причина"}
    refused = post(desk, f"{FILES}/disclosure", **said)
    assert refused.status_code == 400
    assert 'href="#field-legal_ground"' in refused.text
    assert "Моя причина" in refused.text
    late = post(desk, f"{FILES}/disclosure", **{**said, "status": "embargoed", "until": "2026-06-01"})
    assert 'href="#field-until"' in late.text
    none = post(desk, f"{FILES}/disclosure", **{**said, "file": [], "legal_ground": "Закон о тайне"})
    assert "Choose the files that it is about." in none.text
    assert kept(peopled).resources[0].disclosure.status is DisclosureStatus.OPEN


def test_a_file_with_a_mark_is_told_to_be_held_and_where(desk: FlaskClient, peopled: Catalogue) -> None:
    made = added(desk, peopled, "Для служебного пользования\nОтчёт".encode(), "dsp.txt")
    with peopled.sessions.write.begin() as session:
        marks = content.in_text(("Для служебного пользования\nОтчёт",))
        content.keep(session, made.checksum, marks, peopled.now())
        row = session.get_one(Resource, made.id)
        row.text = TextInfo(TextStatus.TEXT, pages_read=1, pages_total=1)
        content.settle(session, peopled.now(), [row.dataset_id])
    page = desk.get(FILES).text
    assert "held back by a mark of restricted use" in page
    assert "page 1" in page
    assert "Для служебного пользования" in page


@pytest.mark.parametrize("path", ["", "/link", "/disclosure", "/status"])
def test_files_of_others_are_not_for_everybody(
    client: FlaskClient, people: People, peopled: Catalogue, path: str
) -> None:
    assert client.get(f"{FILES}{path}").status_code == 303
    assert sign_in(client, people.stranger).get(f"{FILES}{path}").status_code == 403
    assert post(client, f"{FILES}/{kept(peopled).resources[0].id}/remove").status_code == 403


def test_what_an_editor_does_where_review_is_wanted_waits_and_only_who_edits_has_the_file(
    desk: FlaskClient, app: Flask, people: People, peopled: Catalogue
) -> None:
    with peopled.sessions.write.begin() as session:
        session.scalars(select(Organization).where(Organization.slug == "su")).one().review = True
    assert "what you change here waits until a reviewer accepts it" in desk.get(FILES).text
    before = len(kept(peopled).resources)
    done = post(desk, FILES, file=(io.BytesIO(b"<script>alert(1)</script>"), "secret.html"))
    assert done.status_code == 303
    page = desk.get(done.headers["Location"]).text
    assert "Your change waits for a reviewer." in page
    assert "waits for a reviewer; nobody else has it yet" in page
    assert "Move up" in page
    assert len(kept(peopled).resources) == before
    (address,) = set(re.findall(r'href="(/en/desk/datasets/su-balansy/files/proposed/[0-9a-f]{64})"', page))

    public, reviewer = app.test_client(), sign_in(app.test_client(), people.admin)
    assert "secret.html" not in public.get("/en/dataset/su-balansy").text
    assert public.get(address).status_code == 303  # to the sign-in
    for who in (people.member, people.lonely, people.stranger):
        assert sign_in(app.test_client(), who).get(address).status_code in (403, 404)
    record = reviewer.get("/en/desk/datasets/su-balansy").text
    assert "Files that it brings" in record
    assert address in record
    answer = reviewer.get(address)
    assert (answer.data, answer.headers["Content-Security-Policy"]) == (b"<script>alert(1)</script>", SANDBOX)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    answer.close()

    assert reviewer.post("/desk/datasets/su-balansy/return", headers=HERE, data={"message": "No"}).status_code == 303
    assert "was returned" in desk.get(FILES).text
    assert "The change that you proposed was returned." in desk.get("/en/desk/datasets/su-balansy").text
    with reviewer.get(address) as again:
        assert again.status_code == 200
    assert desk.post("/desk/datasets/su-balansy/take-back", headers=HERE).status_code == 303
    assert reviewer.get(address).status_code == 404
    again = post(desk, FILES, file=(io.BytesIO(b"a,b"), "t.csv"))
    assert again.status_code == 303
    assert reviewer.post("/desk/datasets/su-balansy/publish", headers=HERE).status_code == 303
    assert [one.filename for one in kept(peopled).resources][before:] == ["t.csv"]


def test_what_is_open_of_a_record_that_is_not_public_is_not_called_open(desk: FlaskClient, peopled: Catalogue) -> None:
    def states(**changes: Any) -> list[str]:
        with peopled.sessions.write.begin() as session:
            session.execute(update(Dataset).where(Dataset.slug == "su-balansy").values(**changes))
        return re.findall(r"<span>([^<]+)</span></span>", desk.get(f"{FILES}/status").text)

    public = states(private=False)
    withdrawn = states(state=RecordState.WITHDRAWN, withdrawn_at=peopled.now())
    draft = states(state=RecordState.DRAFT, withdrawn_at=None)
    private = states(state=RecordState.PUBLISHED, private=True)
    assert states(private=False) == public
    assert "Open" in public
    for hidden in (withdrawn, draft, private):
        assert "Open" not in hidden
    assert withdrawn.count("not given out: the record is withdrawn") == len(kept(peopled).resources)
    assert "open once the record is public" in draft
    assert "For the agency alone" in private
