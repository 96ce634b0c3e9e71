"""Readers' reports: taken without an account, followed by a link, answered by mail, asked again once, and forgotten."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from sqlalchemy import select

from opendata.catalog.records import DatasetRecord, RecordState, StudyRecord
from opendata.catalog.values import OrganizationRef
from opendata.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from opendata.services import ageing, letters, report_figures, reporting, reports, writing
from opendata.services.actors import SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.secrets import unseal
from opendata.store.from_records import new_study
from opendata.store.operations import Job, ReportedProblem
from opendata.store.states import ReportState
from tests.conftest import Clock
from tests.factories import organization, ru


@pytest.fixture
def su(catalogue: Catalogue) -> OrganizationRef:
    """An agency."""
    return OrganizationRef(slug="su", id=organization(catalogue, "su"))


@pytest.fixture
def editor(su: OrganizationRef) -> Actor:
    """Somebody of it, without an account that the store knows."""
    assert su.id
    return Actor(name="Aigul", roles={su.id: Role.EDITOR})


@pytest.fixture
def slug(catalogue: Catalogue, su: OrganizationRef) -> str:
    """A public record of it."""
    return writing.create(catalogue, SYSTEM, DatasetRecord(ru("Сток рек"), organization=su)).slug


def report(catalogue: Catalogue, slug: str, contact: str = "", address: str = "", language: str = "") -> str:
    """Report it; the link's secret."""
    said = "Неверный год"
    return reporting.report(catalogue, "dataset", slug, said, contact, address=address, language=language)


def newest(catalogue: Catalogue) -> UUID:
    """The report that came last."""
    with catalogue.sessions.read() as session:
        return session.scalars(select(ReportedProblem.id).order_by(ReportedProblem.created.desc())).first() or UUID(
            int=0
        )


def posted(catalogue: Catalogue) -> list[dict[str, str]]:
    """The letters that wait."""
    with catalogue.sessions.read() as session:
        jobs = session.scalars(select(Job).where(Job.kind == letters.JOB).order_by(Job.id)).all()
        return [unseal(catalogue, str(job.payload["letter"]).encode()) for job in jobs]


def test_a_reporter_follows_it_from_new_to_answered(catalogue: Catalogue, slug: str, editor: Actor) -> None:
    token = report(catalogue, slug)
    assert reporting.follow(catalogue, token).exchanges[0].state is ReportState.NEW
    reports.take(catalogue, editor, newest(catalogue))
    assert reporting.follow(catalogue, token).exchanges[0].state is ReportState.IN_PROGRESS
    reports.decide(catalogue, editor, newest(catalogue), "answered", "Исправлено\n\nСпасибо")
    found = reporting.follow(catalogue, token)
    assert (found.slug, found.title) == (slug, ru("Сток рек"))
    assert found.exchanges[0].answer == "Исправлено\n\nСпасибо"
    with pytest.raises(Conflict):
        reports.take(catalogue, editor, newest(catalogue))
    with catalogue.sessions.read() as session:
        assert token not in session.scalars(select(ReportedProblem.token_hash)).one()


def test_the_answer_goes_by_mail_in_the_language_of_the_report(
    catalogue: Catalogue, slug: str, editor: Actor, clock: Clock
) -> None:
    token = report(catalogue, slug, "reader@example.kz", language="kk")
    assert posted(catalogue) == []  # nobody is written to because somebody typed their address into a form
    reports.decide(catalogue, editor, newest(catalogue), "dismissed", "Год верный")
    (letter,) = posted(catalogue)
    assert letter["to"] == "reader@example.kz"
    assert "қаралды" in letter["subject"]
    assert "Год верный" in letter["body"]
    assert f"/kk/report/{token}\n" in letter["body"]
    clock.now += dt.timedelta(minutes=1)
    reporting.reopen(catalogue, token, "И всё же неверный")
    reports.decide(catalogue, editor, newest(catalogue), "answered", "Да")
    assert f"/kk/report/{token}\n" in posted(catalogue)[1]["body"]
    clock.now += dt.timedelta(minutes=1)
    report(catalogue, slug, "+7 700 000 00 00")
    reports.decide(catalogue, editor, newest(catalogue), "answered", "Да")
    assert len(posted(catalogue)) == 2


def test_a_report_is_opened_again_once_and_within_thirty_days(
    catalogue: Catalogue, slug: str, editor: Actor, clock: Clock
) -> None:
    token = report(catalogue, slug, "reader@example.kz")
    with pytest.raises(Conflict):
        reporting.reopen(catalogue, token, "Ну?")
    reports.decide(catalogue, editor, newest(catalogue), "dismissed", "Нет")
    other = report(catalogue, slug)
    clock.now += dt.timedelta(days=29)
    assert reporting.follow(catalogue, token).until is not None
    with pytest.raises(Invalid):
        reporting.reopen(catalogue, token, " ")
    reporting.reopen(catalogue, token, "Всё равно неверно")
    listed = reports.listing(catalogue, editor)
    assert [one.again for one in listed.reports] == [True, False, False]
    assert listed.reports[0].contact == "reader@example.kz"
    reports.decide(catalogue, editor, newest(catalogue), "answered", "Исправлено")
    assert [one.answer for one in reporting.follow(catalogue, token).exchanges] == ["Нет", "Исправлено"]
    with pytest.raises(Conflict):
        reporting.reopen(catalogue, token, "И снова")
    second = next(one.id for one in reports.listing(catalogue, editor).reports if one.state is ReportState.NEW)
    reports.decide(catalogue, editor, second, "answered", "Да")
    clock.now += dt.timedelta(days=31)
    assert reporting.follow(catalogue, other).until is None
    with pytest.raises(Conflict):
        reporting.reopen(catalogue, other, "Поздно")


def test_nothing_is_told_of_a_record_that_is_not_public(catalogue: Catalogue, su: OrganizationRef) -> None:
    made = writing.create(catalogue, SYSTEM, DatasetRecord(ru("Тайна"), organization=su, state=RecordState.DRAFT))
    refusals = []
    for name in (made.slug, "no-such-record"):
        with pytest.raises(NotFound) as refused:
            report(catalogue, name)
        refusals.append(refused.value.message.replace(name, ""))
    assert refusals[0] == refusals[1]


def test_the_link_tells_nothing_of_a_record_that_was_hidden_since(
    catalogue: Catalogue, slug: str, editor: Actor, su: OrganizationRef
) -> None:
    token = report(catalogue, slug, "reader@example.kz", language="ru")
    writing.replace(catalogue, SYSTEM, slug, DatasetRecord(ru("Тайна"), organization=su, private=True))
    found = reporting.follow(catalogue, token)
    assert (found.slug, bool(found.title)) == ("", False)
    reports.decide(catalogue, editor, newest(catalogue), "answered", "Да")
    assert "Тайна" not in posted(catalogue)[0]["body"]


def test_reports_of_studies_reach_the_desk_of_their_agency(
    catalogue: Catalogue, su: OrganizationRef, editor: Actor
) -> None:
    with catalogue.sessions.write.begin() as session:
        row = new_study(session, StudyRecord(ru("Ледники"), slug="muzdyq"), catalogue.now())
        row.organization_id = su.id
    token = reporting.report(catalogue, "study", "muzdyq", "Договор не тот")
    (line,) = reports.listing(catalogue, editor).reports
    assert (line.kind, line.slug, line.title, line.may_answer) == ("study", "muzdyq", ru("Ледники"), True)
    assert reports.listing(catalogue, Actor(name="x", roles={UUID(int=1): Role.ADMIN})).reports == ()
    with pytest.raises(NotAllowed):
        reports.take(catalogue, Actor(name="x", roles={UUID(int=1): Role.ADMIN}), line.id)
    assert reporting.follow(catalogue, token).kind == "study"


def test_words_are_bounded_and_an_address_reports_so_much_a_day(catalogue: Catalogue, slug: str) -> None:
    for message, contact in ((" \u200b\n", ""), ("a" * 5001, ""), ("a", "b" * 321)):
        with pytest.raises(Invalid):
            reporting.report(catalogue, "dataset", slug, message, contact)
    reporting.report(catalogue, "dataset", slug, "a\x00b", "c\x00\r\nBcc: d@example.kz")
    for _ in range(reporting.MOST_A_DAY):
        report(catalogue, slug, address="192.0.2.1")
    with pytest.raises(TooMany):
        report(catalogue, slug, address="192.0.2.1")
    report(catalogue, slug, address="192.0.2.2")


def test_how_a_reader_can_be_reached_is_forgotten_after_half_a_year(
    catalogue: Catalogue, slug: str, clock: Clock
) -> None:
    report(catalogue, slug, "reader@example.kz", "192.0.2.1")

    def kept() -> tuple[str, str]:
        ageing.cut(catalogue)
        with catalogue.sessions.read() as session:
            row = session.scalars(select(ReportedProblem)).one()
            return row.contact, row.address

    clock.now += dt.timedelta(days=100)
    assert kept() == ("reader@example.kz", "")
    clock.now += dt.timedelta(days=81)
    assert kept() == ("", "")


def test_figures_of_an_agency_have_their_denominator(
    catalogue: Catalogue, slug: str, su: OrganizationRef, editor: Actor, clock: Clock
) -> None:
    assert report_figures.of_organization(catalogue, "su") is None
    report(catalogue, slug)
    first = newest(catalogue)
    clock.now += dt.timedelta(days=3)
    report(catalogue, slug)
    second = newest(catalogue)
    clock.now += dt.timedelta(days=1)
    for key in (first, second):
        reports.decide(catalogue, editor, key, "answered", "Да")
    report(catalogue, slug)
    found = report_figures.of_organization(catalogue, "su")
    assert found == report_figures.ReportFigures(received=3, answered=2, days=2.5)
    hidden = DatasetRecord(ru("Сток рек"), organization=su, private=True)
    writing.replace(catalogue, SYSTEM, slug, hidden)
    assert report_figures.of_organization(catalogue, "su") is None
