"""The second factor: set up, asked for, used up, turned off; and what is closed to those who need one."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from opendata.errors import CatalogueError, NotAllowed, NotFound, TooMany
from opendata.services import access, accounts, letters, second_factor
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.store.accounts import LoginAttempt, RecoveryCode, User, UserSession
from opendata.store.operations import DatasetEvent, Job
from tests.conftest import Clock
from tests.web.codes import App, recovery_codes, second_step, set_up
from tests.web.people import HERE, PASSWORD, People, sign_in

Site = Callable[..., FlaskClient]


@pytest.fixture
def editor(client: FlaskClient, people: People) -> FlaskClient:
    """An editor's browser, signed in."""
    return sign_in(client, people.editor)


def test_picture_and_key_are_of_one_secret_and_nothing_is_inline(editor: FlaskClient) -> None:
    answer = editor.get("/en/account/second-factor")
    assert "<svg" in answer.text
    assert "style=" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    app = App.of(answer.text)
    assert len(app.secret) == 20
    assert App.of(editor.get("/en/account/second-factor").text).secret != app.secret


def test_nothing_counts_before_a_code_was_given(editor: FlaskClient, people: People, clock: Clock) -> None:
    page = editor.get("/account/second-factor").text
    form = {"sealed": App.of(page).sealed, "code": "000000", "password": PASSWORD}
    refused = editor.post("/en/account/second-factor", data=form, headers=HERE)
    assert refused.status_code == 400
    assert re.search(r'<input id="field-code"[^>]*aria-invalid="true"', refused.text)
    assert App.of(refused.text).secret == App.of(page).secret, "the picture that was read already stays"
    sign_in(editor.application.test_client(), people.editor)


def test_present_password_is_asked_for(editor: FlaskClient, clock: Clock) -> None:
    app = App.of(editor.get("/account/second-factor").text)
    form = {"sealed": app.sealed, "code": app.code(clock), "password": "not the password"}
    refused = editor.post("/account/second-factor", data=form, headers=HERE)
    assert refused.status_code == 400
    assert re.search(r'<input id="field-password"[^>]*aria-invalid="true"', refused.text)


def test_secret_of_another_account_is_not_taken(editor: FlaskClient, people: People, clock: Clock) -> None:
    other = sign_in(editor.application.test_client(), people.admin)
    app = App.of(other.get("/account/second-factor").text)
    form = {"sealed": app.sealed, "code": app.code(clock), "password": PASSWORD}
    assert editor.post("/account/second-factor", data=form, headers=HERE).status_code == 400


def test_after_the_password_there_is_no_session_yet(editor: FlaskClient, people: People, clock: Clock) -> None:
    app, _ = set_up(editor, clock)
    other = editor.application.test_client()
    form = {"email": people.editor, "password": PASSWORD, "next": "/ru/desk/jobs"}
    answer = other.post("/account/sign-in", data=form, headers=HERE)
    assert answer.headers["Location"] == "/account/sign-in/code"
    assert other.get_cookie("session") is None
    assert other.get("/account").headers["Location"].startswith("/account/sign-in?")
    assert other.get("/account/sign-in/code").status_code == 200
    done = second_step(other, app.code(clock, later=True))
    assert done.headers["Location"] == "/ru/desk/jobs"
    assert other.get_cookie("second-step") is None
    assert other.get("/account").status_code == 200


def test_setting_it_up_ends_the_other_sessions(editor: FlaskClient, people: People, clock: Clock) -> None:
    elsewhere = sign_in(editor.application.test_client(), people.editor)
    set_up(editor, clock)
    assert editor.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303


def test_code_works_once_in_whatever_browser(editor: FlaskClient, people: People, clock: Clock) -> None:
    app, _ = set_up(editor, clock)
    clock.advance(seconds=60)
    code = app.code(clock)
    assert second_step(_waiting(editor, people), code).status_code == 303
    assert second_step(_waiting(editor, people), code).status_code == 403
    clock.advance(seconds=30)
    assert second_step(_waiting(editor, people), app.code(clock)).status_code == 303


def test_wrong_codes_are_slowed_down_in_all_processes(
    editor: FlaskClient, people: People, clock: Clock, peopled: Catalogue
) -> None:
    app, codes = set_up(editor, clock)
    clock.advance(seconds=60)
    statuses = [second_step(_waiting(editor, people), "000000").status_code for _ in range(second_factor.MOST_WRONG)]
    assert statuses == [403] * second_factor.MOST_WRONG
    refused = second_step(_waiting(editor, people), app.code(clock))
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "900"
    assert second_step(_waiting(editor, people), codes[0]).status_code == 429
    with peopled.sessions.read() as session:
        keys = session.scalars(select(LoginAttempt.key).where(LoginAttempt.key.startswith("code:"))).all()
    assert len(keys) == second_factor.MOST_WRONG
    clock.advance(minutes=16)
    assert second_step(_waiting(editor, people), app.code(clock)).status_code == 303


def test_password_opens_the_second_step_for_ten_minutes(editor: FlaskClient, people: People, clock: Clock) -> None:
    app, _ = set_up(editor, clock)
    waiting = _waiting(editor, people)
    clock.advance(minutes=11)
    assert second_step(waiting, app.code(clock)).headers["Location"] == "/account/sign-in"
    assert waiting.get_cookie("session") is None


def test_recovery_codes_are_kept_as_hashes_and_work_once(
    editor: FlaskClient, people: People, clock: Clock, peopled: Catalogue
) -> None:
    _, codes = set_up(editor, clock)
    assert len(set(codes)) == 10
    with peopled.sessions.read() as session:
        kept = session.scalars(select(RecoveryCode.code_hash)).all()
    assert not set(kept) & set(codes)
    assert second_step(_waiting(editor, people), codes[3].upper().replace("-", " ")).status_code == 303
    assert second_step(_waiting(editor, people), codes[3]).status_code == 403
    assert _letters(peopled) == 2, "its owner hears of each code that was used"
    page = editor.get("/en/account/second-factor").text
    assert re.search(r"Recovery codes left</dt><dd>9\b", page)
    assert codes[5] not in page


def test_new_recovery_codes_end_the_old_ones(editor: FlaskClient, people: People, clock: Clock) -> None:
    app, codes = set_up(editor, clock)
    assert editor.post("/account/second-factor/codes", data={"code": "000000"}, headers=HERE).status_code == 400
    form = {"code": app.code(clock, later=True)}
    fresh = recovery_codes(editor.post("/account/second-factor/codes", data=form, headers=HERE).text)
    assert len(fresh) == 10
    assert not set(fresh) & set(codes)
    assert second_step(_waiting(editor, people), codes[0]).status_code == 403
    assert second_step(_waiting(editor, people), fresh[0]).status_code == 303


@pytest.mark.parametrize(("password", "code"), [("not the password", "right"), (PASSWORD, "000000"), ("", "right")])
def test_turned_off_by_password_and_code_only(
    editor: FlaskClient, people: People, clock: Clock, password: str, code: str
) -> None:
    app, _ = set_up(editor, clock)
    given = app.code(clock, later=True) if code == "right" else code
    form = {"password": password, "code": given}
    assert editor.post("/account/second-factor/off", data=form, headers=HERE).status_code == 400
    assert _waiting(editor, people).get_cookie("second-step") is not None


def test_turned_off_it_is_asked_for_no_more(
    editor: FlaskClient, people: People, clock: Clock, peopled: Catalogue
) -> None:
    app, _ = set_up(editor, clock)
    form = {"password": PASSWORD, "code": app.code(clock, later=True)}
    answer = editor.post("/en/account/second-factor/off", data=form, headers=HERE)
    assert "The second factor is off" in editor.get(answer.headers["Location"]).text
    sign_in(editor.application.test_client(), people.editor)
    with peopled.sessions.read() as session:
        assert session.scalars(select(User.totp_secret).where(User.email == people.editor)).one() is None
        assert session.scalars(select(RecoveryCode)).all() == []
        told = session.scalars(select(DatasetEvent.action).where(DatasetEvent.kind == "user")).all()
    assert [action for action in told if "factor" in action] == ["second factor turned on", "second factor turned off"]


def test_secret_is_sealed_in_the_store(editor: FlaskClient, people: People, clock: Clock, peopled: Catalogue) -> None:
    app, _ = set_up(editor, clock)
    with peopled.sessions.read() as session:
        kept = session.scalars(select(User.totp_secret).where(User.email == people.editor)).one()
    assert kept is not None
    assert app.secret not in kept


def test_sysadmin_takes_it_off_who_lost_it(
    editor: FlaskClient, people: People, clock: Clock, peopled: Catalogue
) -> None:
    set_up(editor, clock)
    assert _letters(peopled) == 1, "its owner heard that it was turned on"
    second_factor.take_off(peopled, SYSTEM, people.editor.upper())
    assert _letters(peopled) == 2
    assert editor.get("/account").status_code == 303, "its sessions end as well"
    sign_in(editor.application.test_client(), people.editor)


def test_session_says_how_its_owner_signed_in(
    editor: FlaskClient, people: People, clock: Clock, peopled: Catalogue
) -> None:
    app, _ = set_up(editor, clock)
    second_step(_waiting(editor, people), app.code(clock, later=True))
    with peopled.sessions.read() as session:
        assert set(session.scalars(select(UserSession.method))) == {"password", "totp"}


@pytest.mark.parametrize(
    ("setting", "who", "held"),
    [
        ("sysadmins", "sysadmin", True),
        ("sysadmins", "admin", False),
        ("admins", "admin", True),
        ("admins", "editor", False),
        ("editors", "editor", True),
        ("editors", "member", False),
        ("everybody", "lonely", True),
    ],
)
def test_setting_demands_it_of_roles(site: Site, people: People, setting: str, who: str, held: bool) -> None:
    client = sign_in(site(security={"second_factor": setting}), getattr(people, who))
    answer = client.get("/account")
    assert answer.status_code == (303 if held else 200)
    assert not held or answer.headers["Location"] == "/account/second-factor?next=/account"


def test_who_needs_one_can_do_nothing_before_it_is_set_up(site: Site, people: People, clock: Clock) -> None:
    client = sign_in(site(security={"second_factor": "everybody"}), people.sysadmin)
    assert client.get("/desk").headers["Location"] == "/account/second-factor?next=/desk"
    assert client.post("/account/tokens", data={"token_name": "a"}, headers=HERE).status_code == 403
    assert client.post("/desk/sources/river/run", headers=HERE).status_code == 403
    program = client.post("/api/3/action/organization_create", json={"name": "any"}, headers=HERE)
    assert program.status_code == 403
    assert "This site wants a second factor" in client.get("/en/account/second-factor?next=/desk").text
    _, codes = set_up(client, clock)
    assert client.get("/desk").status_code == 200
    assert len(codes) == 10


def test_tokens_set_up_and_take_off_nothing(client: FlaskClient, people: People, peopled: Catalogue) -> None:
    bearer = {"Authorization": f"Bearer {accounts.create_token(peopled, people.sysadmin)}"}
    for path in ("", "/codes", "/off"):
        answer = client.post(f"/account/second-factor{path}", data={"code": "000000"}, headers=bearer)
        assert answer.status_code == 401


def test_many_guesses_at_once_are_no_more_than_some(peopled: Catalogue, people: People) -> None:
    with peopled.sessions.read() as session:
        user_id = session.scalars(select(User.id).where(User.email == people.editor)).one()

    def guess(number: int) -> type[CatalogueError]:
        with pytest.raises(CatalogueError) as caught:
            second_factor.prove(peopled, user_id, f"{number:06}")
        return caught.type

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(24)))
    assert answers.count(TooMany) == 24 - second_factor.MOST_WRONG


def test_only_who_manages_the_site_takes_it_off_others(peopled: Catalogue, people: People) -> None:
    with peopled.sessions.read() as session:
        admin = session.scalars(select(User.id).where(User.email == people.admin)).one()
    with pytest.raises(NotAllowed):
        second_factor.take_off(peopled, access.actor_for_user(peopled, admin), people.editor)
    with pytest.raises(NotFound):
        second_factor.take_off(peopled, SYSTEM, people.editor)


def _letters(catalogue: Catalogue) -> int:
    """How many were queued."""
    with catalogue.sessions.read() as session:
        return len(session.scalars(select(Job.id).where(Job.kind == letters.JOB)).all())


def _waiting(known: FlaskClient, people: People) -> FlaskClient:
    """Another browser, after the password."""
    client = known.application.test_client()
    client.post("/account/sign-in", data={"email": people.editor, "password": PASSWORD}, headers=HERE)
    return client


def test_a_wrong_recovery_code_leaves_its_form_open(editor: FlaskClient, people: People, clock: Clock) -> None:
    _, codes = set_up(editor, clock)
    browser = _waiting(editor, people)
    wrong = {"code": "aaaa-bbbb-cccc-dddd", "recovery": "yes"}
    refused = browser.post("/en/account/sign-in/code", data=wrong, headers=HERE)
    assert refused.status_code == 403
    assert "Take another one of the list" in refused.text
    assert re.search(r'<details class="section" open>.*id="field-recovery"[^>]*"refused"', refused.text, re.DOTALL)
    assert second_step(browser, codes[0]).status_code == 303
