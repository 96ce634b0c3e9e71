"""How calls come in and answers go out, whatever the action is."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

HELP = {"name": "help_show"}


@pytest.mark.parametrize("path", ["/api/action/help_show", "/api/3/action/help_show"])
def test_both_addresses_answer_without_redirects(client: FlaskClient, path: str) -> None:
    for ending in ("", "/"):
        answer = client.post(path + ending, json=HELP)
        assert answer.status_code == 200
        assert answer.get_json()["help"].endswith("/api/3/action/help_show?name=help_show")
        assert answer.get_json()["success"] is True
        assert "name: the action" in answer.get_json()["result"]
        assert answer.headers["Content-Type"] == "application/json;charset=utf-8"


@pytest.mark.parametrize(
    ("path", "version"), [("/api", 3), ("/api/1", 1), ("/api/2", 2), ("/api/3", 3), ("/api/3/", 3), ("/api/", 3)]
)
def test_version_is_told(client: FlaskClient, path: str, version: int) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.get_json()) == (200, {"version": version})


def test_unknown_action_is_a_400_with_a_string(client: FlaskClient) -> None:
    for answer in (client.get("/api/3/action/none_such"), client.post("/api/action/none_such", json={})):
        assert (answer.status_code, answer.get_json()) == (400, "Bad request: Action name not known: none_such")


@pytest.mark.parametrize(
    "sent",
    [
        {"data": '{"name": "help_show"}'},  # curl -d without a content type says it is a form
        {"data": '{"name": "help_show"}', "content_type": "application/x-www-form-urlencoded"},
        {"data": "%7B%22name%22%3A+%22help_show%22%7D", "content_type": "application/x-www-form-urlencoded"},
        {"data": "%7B%22name%22%3A+%22help_show%22%7D=1", "content_type": "application/x-www-form-urlencoded"},
        {"data": '{"name": "help_show"}=1', "content_type": "application/x-www-form-urlencoded"},
        {"data": "name=help_show", "content_type": "application/x-www-form-urlencoded"},
        {"data": {"name": "help_show"}, "content_type": "multipart/form-data"},
        {"json": HELP},
        {"query_string": HELP},
    ],
)
def test_every_form_of_a_body_is_read(client: FlaskClient, sent: dict[str, Any]) -> None:
    answer = client.post("/api/3/action/help_show", **sent)
    assert (answer.status_code, answer.get_json()["success"]) == (200, True)


@pytest.mark.parametrize("depth", [51, 300, 600, 900, 5000])
@pytest.mark.parametrize("shape", ['{"q":%s}', '{"filters":"%s"}', '{"fq_list":"%s"}', '{"a":[%s]}'])
def test_what_is_nested_deeply_is_refused_without_going_through_it(client: FlaskClient, depth: int, shape: str) -> None:
    for action in ("package_search", "datastore_search", "status_show"):
        body = shape % ("[" * depth + "]" * depth)
        assert client.post(f"/api/3/action/{action}", data=body).status_code in (200, 400, 404, 409), action


def test_the_public_sends_no_large_body(client: FlaskClient) -> None:
    asked = '{"name": "help_show", "x": [' + "[]," * 100_000 + "[]]}"
    assert client.post("/api/3/action/help_show", data=asked).status_code == 413
    assert client.post("/api/3/action/help_show", data={"name": "help_show", "x": "a" * 300_000}).status_code == 413


@pytest.mark.parametrize("body", ["[1]", '"x"', "{", '{"name": "\\u0000"}', '{"name": "\\ud800"}', "[" * 100_000])
def test_what_is_no_object_is_a_400_with_a_string(client: FlaskClient, body: str) -> None:
    answer = client.post("/api/3/action/help_show", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.get_json().startswith("Bad request: JSON Error:")


def test_missing_parameter_is_named(client: FlaskClient) -> None:
    answer = client.post("/api/3/action/help_show", json={})
    assert answer.status_code == 409
    assert answer.get_json()["error"] == {"name": ["Missing value"], "__type": "Validation Error"}
    assert answer.get_json()["success"] is False


def test_what_is_not_there_is_a_404(client: FlaskClient) -> None:
    answer = client.get("/api/3/action/help_show", query_string={"name": "Қазақ"})
    assert answer.status_code == 404
    assert answer.get_json()["error"] == {"message": "Not found: Action 'Қазақ'", "__type": "Not Found Error"}


def test_script_gets_a_call_of_its_function(client: FlaskClient) -> None:
    answer = client.get("/api/3/action/help_show", query_string=HELP | {"callback": "my.callback"})
    assert answer.get_data(as_text=True).startswith("my.callback({")
    assert answer.get_data(as_text=True).endswith("});")
    assert answer.mimetype == "application/javascript"


def test_posted_callback_is_ignored(client: FlaskClient) -> None:
    answer = client.post("/api/3/action/help_show?callback=my_callback", json=HELP)
    assert answer.mimetype == "application/json"


def test_callback_must_be_a_name(client: FlaskClient) -> None:
    answer = client.get("/api/3/action/help_show", query_string=HELP | {"callback": "alert(1)//"})
    assert answer.status_code == 400
    assert answer.mimetype == "application/json"


def test_unknown_token_is_nobody(client: FlaskClient) -> None:
    for headers in ({"Authorization": "nonsense"}, {"X-CKAN-API-Key": "nonsense"}, {"Authorization": "Bearer no"}):
        assert client.get("/api/3/action/help_show", query_string=HELP, headers=headers).status_code == 200


def test_other_sites_may_read_and_not_write(client: FlaskClient) -> None:
    there = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    assert (
        client.get("/api/3/action/help_show", query_string=HELP, headers=there).headers["Access-Control-Allow-Origin"]
        == "*"
    )
    asked = client.options("/api/3/action/help_show", headers=there)
    assert asked.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    refused = client.post("/api/3/action/help_show", json=HELP, headers=there)
    assert refused.status_code == 403
    assert refused.get_json()["error"]["__type"] == "Authorization Error"
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_answer_that_did_not_change_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get("/api/3/action/help_show", query_string=HELP)
    assert first.headers["Cache-Control"] == "public, no-cache"
    again = client.get("/api/3/action/help_show", query_string=HELP, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")


def test_body_without_files_is_bounded(client: FlaskClient) -> None:
    answer = client.post("/api/3/action/help_show", data=b" " * (11 * 1024**2), content_type="application/json")
    assert answer.status_code == 413
    assert answer.get_json()["error"]["__type"] == "Validation Error"
    part = b'--x\r\nContent-Disposition: form-data; name="upload"; filename="x.csv"\r\n\r\n%b\r\n--x--\r\n'
    sent = part % (b"0" * (11 * 1024**2))
    answer = client.post("/api/3/action/help_show", data=sent, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 413
