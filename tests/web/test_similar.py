"""The pages on which a text, a file or a record is compared with the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import PAGES, Shelf

TEXT = "Жайық өзенінің су балансы есептелді. Кіріспе. Су туралы. Жайық өзенінің су балансы есептелді."


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_form_is_there_in_every_language_and_says_what_is_kept(client: FlaskClient, language: str) -> None:
    answer = client.get(f"/{language}/similar")
    html = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert 'enctype="multipart/form-data"' in html
    assert 'name="text"' in html
    assert 'name="file"' in html
    assert "<script>" not in html


def test_text_finds_its_record_with_the_passage_linked_to_its_page(client: FlaskClient, shelf: Shelf) -> None:
    html = client.post("/en/similar", data={"text": TEXT}).get_data(as_text=True)
    assert "/en/dataset/su-balansy" in html
    answer = client.post("/en/similar", data={"text": f"{TEXT} {' '.join(PAGES)}"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


def test_file_is_compared(client: FlaskClient, shelf: Shelf) -> None:
    answer = client.post("/en/similar", data={"file": (BytesIO(TEXT.encode()), "план.txt")})
    assert answer.status_code == 200
    assert "/en/dataset/su-balansy" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"text": "   "}, "Paste a text, or choose a file."),
        ({"text": "2024 15"}, "There are no words in it that could be compared."),
        ({"file": (BytesIO(b"%PDF-1.4 broken"), "plan.pdf")}, "No text could be read from this file."),
    ],
)
def test_what_cannot_be_compared_is_told_in_the_form(
    client: FlaskClient, shelf: Shelf, given: dict[str, Any], words: str
) -> None:
    answer = client.post("/en/similar", data=given)
    assert answer.status_code == 400
    assert words in answer.get_data(as_text=True)


def test_more_text_than_forms_usually_have_is_taken(client: FlaskClient, shelf: Shelf) -> None:
    answer = client.post("/en/similar", data={"text": "өзеннің балансы " * 70_000})
    assert answer.status_code == 200
    assert "Its end was not compared." in answer.get_data(as_text=True)


def test_record_and_study_lead_to_what_is_similar(client: FlaskClient, shelf: Shelf) -> None:
    for page, link in (
        ("/en/dataset/su-balansy", "/en/similar?record=su-balansy&amp;kind=dataset"),
        ("/en/study/balans", "/en/similar?record=balans&amp;kind=study"),
    ):
        assert link in client.get(page).get_data(as_text=True)
        assert client.get(link.replace("&amp;", "&")).status_code == 200


def test_records_that_are_not_public_are_not_compared(client: FlaskClient, shelf: Shelf) -> None:
    assert client.get("/en/similar?record=draft").status_code == 404
    assert client.get("/en/similar?record=gone").status_code == 410
    assert client.get("/en/similar?record=nothing").status_code == 404


def test_what_is_handed_in_is_shown_as_text(client: FlaskClient, shelf: Shelf) -> None:
    text = f"<script>alert(1)</script> {TEXT}"
    html = client.post("/en/similar", data={"text": text}).get_data(as_text=True)
    assert "<script>alert" not in html


def test_comparisons_have_a_limit_of_their_own(site: Callable[..., FlaskClient], shelf: Shelf) -> None:
    client = site(security={"comparisons_per_minute": 2})
    far = {"environ_base": {"REMOTE_ADDR": "203.0.113.9"}}
    answers = [client.post("/en/similar", data={"text": TEXT}, **far).status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    assert client.get("/en/similar", **far).status_code == 200
