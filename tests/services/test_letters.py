"""Letters go out once their change is committed, in the receiver's language, and none is lost while mail is down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from opendata.catalog.tables import table
from opendata.catalog.values import LANGUAGES
from opendata.services import letters, posting
from opendata.services.catalogue import Catalogue
from opendata.services.letters import Letter
from opendata.store.accounts import User
from opendata.store.operations import Job
from opendata.store.states import JobStatus
from tests.conftest import Clock
from tests.factories import work
from tests.servers.mail import MailServer, mail_server

LETTER = Letter("Subject", ("One.", "Two."), "https://site.example/account/reset/x", ("After.",))


@pytest.fixture
def post() -> Iterator[MailServer]:
    """A mail server."""
    with mail_server() as server:
        yield server


@pytest.fixture
def site(catalogue: Catalogue, post: MailServer) -> Catalogue:
    """The catalogue with that mail server."""
    config = catalogue.config
    mail = replace(config.mail, host="127.0.0.1", port=post.port, security="none", sender="catalogue@site.example")
    about = replace(config.site, url="https://site.example/", title="The site", contact_email="help@site.example")
    return replace(catalogue, config=replace(config, mail=mail, site=about))


def send(site: Catalogue, letter: Letter = LETTER, to: str = "a@example.kz", language: str = "en") -> None:
    """Queue the letter."""
    with site.sessions.write.begin() as session:
        letters.send(session, site, to, letter, language)


def test_a_letter_has_its_link_alone_on_a_line_and_names_the_site(site: Catalogue, post: MailServer) -> None:
    send(site)
    work(site)
    (letter,) = post.letters
    text = letter.get_content().splitlines()
    assert (letter["To"], letter["From"], letter["Subject"]) == ("a@example.kz", "catalogue@site.example", "Subject")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content_type() == "text/plain"
    assert LETTER.link in text
    assert "Questions: help@site.example" in text
    assert "The site" in letter.get_content()


def test_nothing_is_sent_of_a_change_that_is_taken_back(site: Catalogue, post: MailServer) -> None:
    with site.sessions.write() as session:
        letters.send(session, site, "a@example.kz", LETTER)
        session.rollback()
    work(site)
    assert post.letters == []


def test_what_a_letter_says_is_sealed_in_the_queue(site: Catalogue) -> None:
    send(site)
    with site.sessions.read() as session:
        payload = session.scalars(select(Job.payload)).one()
    assert "reset/x" not in str(payload)
    assert "example.kz" not in str(payload)


def test_no_letter_is_lost_while_the_mail_server_is_away(site: Catalogue, post: MailServer, clock: Clock) -> None:
    away = replace(site, config=replace(site.config, mail=replace(site.config.mail, port=9)))
    send(away)
    work(away)
    work(away)  # it is not tried again at once
    clock.advance(hours=1)
    post.refuse = "451 later"
    work(site)
    assert post.letters == []
    post.refuse = ""
    clock.advance(minutes=16)
    work(site)
    assert [letter["Subject"] for letter in post.letters] == ["Subject"]
    with site.sessions.read() as session:
        assert set(session.scalars(select(Job.status))) == {JobStatus.COMPLETE}


def test_a_receiver_who_is_refused_for_good_ends_as_a_failed_job(site: Catalogue, post: MailServer) -> None:
    post.refuse = "550 No such mailbox"
    send(site)
    with site.sessions.read() as session:
        payload = session.scalars(select(Job.payload)).one()
    with pytest.raises(posting.NotSent, match="550"):
        letters.work(site, payload)


def test_a_letter_is_given_up_after_a_week(site: Catalogue, post: MailServer, clock: Clock) -> None:
    post.refuse = "451 later"
    send(site)
    with site.sessions.read() as session:
        payload = session.scalars(select(Job.payload)).one()
    clock.advance(days=8)
    with pytest.raises(posting.NotSent):
        letters.work(site, payload)


@pytest.mark.parametrize(
    "evil", ["Subject\r\nBcc: b@example.org", "Subject\nBcc: b@example.org", "S\x0bBcc:\x85b\u2028c"]
)
def test_no_header_can_be_added_by_the_subject(site: Catalogue, post: MailServer, evil: str) -> None:
    send(site, replace(LETTER, subject=evil))
    work(site)
    (letter,) = post.letters
    assert letter["Bcc"] is None
    assert "\n" not in str(letter["Subject"])


@pytest.mark.parametrize(
    "evil", ["a@example.kz\r\nBcc: b@example.org", "a@example.kz, b@example.org", "a b@example.kz"]
)
def test_a_letter_goes_to_one_receiver_alone(site: Catalogue, post: MailServer, evil: str) -> None:
    send(site, to=evil)
    with site.sessions.read() as session:
        payload = session.scalars(select(Job.payload)).one()
    with pytest.raises(posting.NotSent):
        letters.work(site, payload)
    assert post.letters == []


def test_a_value_stays_within_its_line(site: Catalogue) -> None:
    evil = "Agency\n\nYour password has expired: https://evil.example"
    letter = letters.written(site, "invitation", "en", organization=evil, until="2026-06-08")
    assert "\n\n" not in letter.lines[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_what_is_not_known_nothing_is_said(catalogue: Catalogue, language: str) -> None:
    silent = letters.written(catalogue, "review_accepted", language, by="Сауле", title="Озёра", message="")
    spoken = letters.written(catalogue, "review_accepted", language, by="Сауле", title="Озёра", message="Спасибо.")
    assert [len(one.lines[0].split("\n")) for one in (silent, spoken)] == [2, 3]
    assert "Спасибо." in spoken.lines[0]
    assert letters.written(catalogue, "report_answered", language, title="Озёра", until="").after == ()


@pytest.mark.parametrize(
    ("language", "said"), [("kk", "2026 ж. 1 маусым"), ("ru", "1 июня 2026"), ("en", "1 June 2026")]
)
def test_dates_in_letters_are_written_as_people_write_them(catalogue: Catalogue, language: str, said: str) -> None:
    at = dt.datetime(2026, 6, 1, 9, 30, tzinfo=dt.UTC)
    assert said in letters.moment(catalogue, at, language)
    assert letters.moment(catalogue, at, language).endswith("14:30 (UTC+5)")


def test_every_letter_is_written_in_every_language(catalogue: Catalogue) -> None:
    values = dict.fromkeys(
        ("organization", "until", "at", "email", "title", "by", "person", "count", "message", "left", "provider"), "x"
    )
    ends = ("_subject", "_after")
    for name in (one for one in table("letters") if not one.endswith(ends) and f"{one}_subject" in table("letters")):
        said = [letters.written(catalogue, name, language, **values) for language in LANGUAGES]
        assert len({letter.subject for letter in said}) == len(LANGUAGES)
        assert all("{" not in letter.subject + "".join(letter.lines) for letter in said)
    assert {frozenset(words) for words in table("letters").values()} == {frozenset(LANGUAGES)}


def test_people_are_written_to_in_the_language_that_they_chose(catalogue: Catalogue) -> None:
    now = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    user = User(email="a@b.kz", username="aa", name="A", language="ru", created=now, modified=now)
    assert letters.language_of(catalogue, user, "en") == "ru"
    assert letters.language_of(catalogue, None, "en") == "en"
    assert letters.language_of(catalogue, None, "xx") == catalogue.config.languages.default


def test_without_a_mail_server_letters_are_shown_on_the_console(
    catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    send(catalogue)
    work(catalogue)
    shown = capsys.readouterr().err
    assert LETTER.link in shown.splitlines()
    assert "=== a@example.kz" in shown
