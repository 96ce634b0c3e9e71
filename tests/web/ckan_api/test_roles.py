"""Who may read what: the public, members, editors, administrators, strangers and sysadmins, each with a token."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, update

from opendata.services import accounts
from opendata.services.catalogue import Catalogue
from opendata.store.accounts import User
from tests.web.ckan_api.conftest import Ask, Failed
from tests.web.people import HERE, People, sign_in

OWN = ("member", "editor", "admin", "sysadmin")
OTHERS = ("", "lonely", "stranger")


def tokens(catalogue: Catalogue, people: People) -> dict[str, str]:
    """A token of each; "" is the public."""
    roles = (*OWN, *OTHERS)
    return {role: accounts.create_token(catalogue, getattr(people, role)) if role else "" for role in roles}


def status(ask: Ask, name: str, token: str, **data: Any) -> int:
    try:
        ask(name, token=token, **data)
    except Failed as failed:
        return failed.status
    return 200


def test_unpublished_is_for_its_agency_alone(ask: Ask, peopled: Catalogue, people: People) -> None:
    known = tokens(peopled, people)
    found = {role: status(ask, "package_show", token, id="draft") for role, token in known.items()}
    assert found == {**dict.fromkeys(OWN, 200), **dict.fromkeys(OTHERS, 403)}
    gone = {role: status(ask, "package_show", token, id="gone") for role, token in known.items()}
    assert gone == {**dict.fromkeys(OWN, 200), **dict.fromkeys(OTHERS, 404)}
    assert ask("package_show", token=known["sysadmin"], id="gone")["state"] == "deleted"
    for role, token in known.items():
        assert ask("package_list", token=token) == ["su-balansy"], role
        counted = ask("package_search", token=token, include_drafts=True, include_private=True, rows=0)["count"]
        assert counted == (2 if role in OWN else 1), role


def test_closed_file_shows_its_checksum_to_those_who_may_open_it(ask: Ask, peopled: Catalogue, people: People) -> None:
    known = tokens(peopled, people)
    for role, token in known.items():
        file = ask("package_show", token=token, id="su-balansy")["resources"][1]
        assert bool(file["hash"]) == (role in ("editor", "admin", "sysadmin")), role


def test_accounts_are_shown_to_those_signed_in_and_addresses_to_sysadmins(
    ask: Ask, peopled: Catalogue, people: People
) -> None:
    known = tokens(peopled, people)
    assert {status(ask, "user_list", token) for role, token in known.items() if role} == {200}
    for role in ("member", "sysadmin"):
        listed = {one["name"]: one for one in ask("user_list", token=known[role])}
        assert {name for name, one in listed.items() if "email" in one} == (
            {"member"} if role == "member" else set(listed)
        )
        assert all(not set(one) & {"password", "password_hash", "reset_key"} for one in listed.values())
    shown = ask("user_show", token=known["editor"])
    assert (shown["name"], shown["email"]) == ("editor", people.editor)
    assert ask("user_list", token=known["admin"], all_fields=False, q="edit") == ["editor"]
    assert ask("user_autocomplete", token=known["admin"], q="edi")[0]["name"] == "editor"


def test_agencies_of_somebody_come_with_their_capacity(ask: Ask, peopled: Catalogue, people: People) -> None:
    known = tokens(peopled, people)
    found = ask("organization_list_for_user", token=known["editor"], permission="create_dataset")
    assert {(one["name"], one["capacity"]) for one in found} == {("su", "editor"), ("su-head", "editor")}
    assert ask("organization_list_for_user", token=known["editor"], permission="admin") == []
    assert ask("organization_list_for_user") == []
    asked = ask("organization_list_for_user", token=known["sysadmin"], id="admin", permission="admin")
    assert {one["name"] for one in asked} == {"su", "su-head"}
    with peopled.sessions.write.begin() as session:
        session.execute(update(User).where(User.username == "admin").values(password_must_change=True))
    assert asked == ask("organization_list_for_user", token=known["sysadmin"], id="admin", permission="admin")
    assert status(ask, "organization_list_for_user", known["editor"], id="admin") == 403
    members = ask("member_list", token=known["member"], id="su", object_type="user", capacity="editor")
    assert [capacity for _, _, capacity in members] == ["Editor"]
    assert ask("member_list", id="su", object_type="user") == []


def test_session_of_a_browser_is_known_and_forms_of_other_sites_are_refused(
    client: FlaskClient, people: People
) -> None:
    browser = sign_in(client, people.editor)
    assert browser.get("/api/3/action/package_show?id=draft").status_code == 200
    answer = browser.get("/api/3/action/package_show?id=draft&callback=f")
    assert answer.status_code == 403  # any page may load a script with the reader's cookie
    assert browser.post("/api/3/action/package_show", json={"id": "draft"}, headers=HERE).status_code == 200
    there = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
    assert browser.post("/api/3/action/package_show", json={"id": "draft"}, headers=there).status_code == 403
    assert browser.get("/api/3/action/package_show?id=draft").headers["Cache-Control"] == "private, no-store"


def test_what_is_kept_for_the_public_is_given_to_nobody_else_and_never_stale(
    ask: Ask, client: FlaskClient, peopled: Catalogue, people: People
) -> None:
    token = tokens(peopled, people)["sysadmin"]
    before = ask("package_show", id="su-balansy")
    ask("package_patch", token=token, id="su-balansy", notes="Жаңа сөз")
    assert ask("package_show", id="su-balansy")["notes"] == "Жаңа сөз" != before["notes"]
    ask("organization_patch", token=token, id="su", title="Жаңа атау")
    assert ask("package_show", id="su-balansy")["organization"]["title"] == "Жаңа атау"
    ask("package_patch", token=token, id="su-balansy", private=True)
    assert ask("package_show", token=token, id="su-balansy")["private"] is True
    assert status(ask, "package_show", "", id="su-balansy") == 403
    assert ask("package_list") == []


@pytest.mark.parametrize(("action", "most"), [("package_show", 14), ("package_list", 2), ("organization_list", 2),
                                              ("group_list", 2), ("package_search", 16)])  # fmt: skip
def test_selects_are_few(ask: Ask, peopled: Catalogue, people: People, action: str, most: int) -> None:
    asked: list[str] = []
    event.listen(peopled.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    ask(action, id="su-balansy") if action == "package_show" else ask(action)
    first = len([one for one in asked if one.lstrip().upper().startswith(("SELECT", "WITH"))])
    assert first <= most, asked
    asked.clear()
    ask(action, id="su-balansy") if action == "package_show" else ask(action)
    assert len(asked) <= 6  # what was answered is known to be true still
