"""A failure is a page for people and one shape of JSON for programs; the class decides the status."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from opendata import errors
from opendata.services.catalogue import Catalogue
from opendata.web.app import create_app
from tests.web.people import People, sign_in

RAISED = [
    (errors.Invalid("x", [errors.Problem("c", "wrong", "f")]), 400, "invalid"),
    (errors.NotAllowed("x", signed_in=False), 401, "sign_in"),
    (errors.NotAllowed("x"), 403, "not_allowed"),
    (errors.NotFound("x"), 404, "not_found"),
    (errors.Conflict("x"), 409, "conflict"),
    (errors.Gone("x"), 410, "gone"),
    (errors.TooLarge("x"), 413, "too_large"),
    (errors.TooMany("x", 7), 429, "too_many"),
    (errors.SourceError("x"), 502, "source_error"),
    (errors.Unavailable("x", retry_after=9), 503, "unavailable"),
    (errors.SearchUnavailable("x"), 503, "unavailable"),
]


def raising(app: Flask, error: Exception) -> FlaskClient:
    """A browser before a site whose page /raise, which is for everybody, fails so."""

    def view() -> str:
        raise error

    app.add_url_rule("/raise", "pages.about")  # a page without a rule of its own lets nobody in
    app.view_functions["pages.about"] = view
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app.test_client()


@pytest.mark.parametrize(("error", "status", "code"), RAISED, ids=lambda value: str(value) if value != "x" else "")
def test_class_decides_the_status(app: Flask, error: Exception, status: int, code: str) -> None:
    client = raising(app, error)
    page = client.get("/raise")
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert f">{status}</p>" in page.text
    answer = client.get("/raise", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["code"]) == (status, code)  # type: ignore[index]
    assert set(answer.json) == {"type", "title", "status", "detail", "code", "problems"}  # type: ignore[arg-type]


def test_problems_are_named_one_by_one(app: Flask) -> None:
    client = raising(app, RAISED[0][0])
    assert "<code>f</code>: wrong" in client.get("/raise").text
    problems = client.get("/raise", headers={"Accept": "application/json"}).json["problems"]  # type: ignore[index]
    assert [(p["field"], p["message"]) for p in problems] == [("f", "wrong")]


def test_what_is_wrong_is_said_once(client: FlaskClient) -> None:
    page = client.get("/en/search?sort=nonsense").text
    assert page.count("is not allowed") == 1
    assert page.count("one of relevance") == 1


@pytest.mark.parametrize(("error", "seconds"), [(RAISED[7][0], "7"), (RAISED[9][0], "9")])
def test_answers_that_pass_say_when_to_come_back(app: Flask, error: Exception, seconds: str) -> None:
    assert raising(app, error).get("/raise").headers["Retry-After"] == seconds


@pytest.mark.parametrize("place", ["/api/v1/datasets", "/api/3/action/package_list"])
def test_where_the_store_lies_is_for_the_log_alone(
    app: Flask, catalogue: Catalogue, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    client = app.test_client()
    catalogue.close()
    store = catalogue.config.home / "catalogue.sqlite"
    store.rename(store.with_suffix(".away"))
    store.mkdir()
    answer = client.get(place)
    assert answer.status_code == 503
    assert "The store does not answer." in answer.text
    assert str(store) not in answer.text
    assert str(store) in caplog.text


def test_a_full_disk_is_told_with_nothing_lost(app: Flask) -> None:
    client = raising(app, errors.NoSpace("/srv/catalogue.sqlite: the disk is full.", part="store"))
    page = client.get("/raise")
    assert (page.status_code, "/srv" in page.text) == (507, False)
    answer = client.get("/raise", headers={"Accept": "application/json"})
    assert answer.get_json()["detail"] == "There is no room on the disk of this site."


def test_crash_is_a_page_without_its_reason(app: Flask) -> None:
    answer = raising(app, RuntimeError("the secret path")).get("/raise")
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_error_page_needs_no_store(catalogue: Catalogue) -> None:
    client = create_app(catalogue).test_client()
    client.set_cookie("session", "unknown")
    catalogue.close()
    store = catalogue.config.home / "catalogue.sqlite"
    store.rename(store.with_suffix(".away"))
    store.mkdir()
    assert client.get("/api/nothing").status_code == 404
    answer = client.get("/en/nothing")
    assert answer.status_code == 404
    assert ">Sign in<" in answer.text
    assert client.get("/en/desk").status_code == 503


def test_error_page_knows_who_has_signed_in(peopled: Catalogue, people: People) -> None:
    client = create_app(peopled).test_client()
    sign_in(client, people.editor)
    answer = client.get("/en/nothing")
    assert answer.status_code == 404
    assert ">Desk<" in answer.text
    assert ">Sign in<" not in answer.text
    sign_in(client, people.lonely)
    assert ">My account<" in client.get("/en/dataset/nothing").text


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_error_page_is_in_the_language_of_its_address(client: FlaskClient, language: str) -> None:
    answer = client.get(f"/{language}/nothing")
    assert answer.status_code == 404
    assert f'<html lang="{language}">' in answer.text


def test_who_may_do_too_little_is_told_who_can_change_that(peopled: Catalogue, people: People) -> None:
    client = sign_in(create_app(peopled).test_client(), people.member)
    answer = client.get("/en/desk/audit")
    assert answer.status_code == 403
    assert "An administrator of your agency" in answer.text


def test_below_api_errors_are_json_whatever_is_accepted(client: FlaskClient) -> None:
    answer = client.get("/api/nothing", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    answer = client.post("/about", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_unavailable_index_is_never_an_empty_list(app: Flask, catalogue: Catalogue) -> None:
    folder = catalogue.config.below_home(catalogue.config.search.folder)
    for file in folder.rglob("*"):
        if file.is_file():
            file.unlink()
    client = create_app(catalogue).test_client()
    assert client.get("/dataset/?q=a").status_code == 503
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_an_index_of_another_version_is_being_rebuilt(catalogue: Catalogue) -> None:
    folder = catalogue.config.below_home(catalogue.config.search.folder)
    for file in folder.rglob("format.json"):
        file.write_text('{"format_version": 0}')
    client = create_app(catalogue).test_client()
    answer = client.get("/en/dataset/?q=again")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "120")
    assert "made ready" in answer.get_data(as_text=True)
    assert 'value="again"' in answer.get_data(as_text=True)
    assert client.get("/en/").status_code == 200


def test_body_over_the_bound_is_refused(catalogue: Catalogue) -> None:
    app = create_app(catalogue)
    app.config["MAX_CONTENT_LENGTH"] = 10
    answer = app.test_client().post("/dataset/x/report", data={"message": "a" * 100})
    assert answer.status_code == 413
