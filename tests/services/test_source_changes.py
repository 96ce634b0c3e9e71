"""Changing sources: what is kept, what is refused, and where credentials go."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from opendata.errors import Conflict, Invalid, NotAllowed, NotFound, SourceError
from opendata.keys import FILE_NAME
from opendata.services import desk, sources
from opendata.services.actors import SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.services.source_rules import GivenCredentials, NewSource
from opendata.services.sources import Changes
from opendata.store import queries
from opendata.store.operations import DatasetEvent, Job
from tests.conftest import Clock
from tests.factories import member, organization

GOOD = NewSource(name="portal", type="ckan", url="https://data.example/", options={"rows": "50"}, frequency="daily")
KEY = GivenCredentials("header", "X-Key", "hush-hush")


def credentials(catalogue: Catalogue, name: str = "portal") -> Any:
    with catalogue.sessions.read() as session:
        return sources.credentials_of(catalogue, queries.source_row(session, name))


def events(catalogue: Catalogue) -> list[DatasetEvent]:
    with catalogue.sessions.read() as session:
        return list(
            session.scalars(select(DatasetEvent).where(DatasetEvent.kind == "source").order_by(DatasetEvent.id))
        )


def test_what_is_not_named_stays(catalogue: Catalogue) -> None:
    sources.add(catalogue, SYSTEM, replace(GOOD, credentials=KEY, withdraw_share=0.5))
    revised = sources.revise(catalogue, SYSTEM, "portal", Changes(title="Портал", priority=7))
    assert (set(revised.changed), revised.dropped) == ({"title", "priority"}, False)
    found = desk.source(catalogue, SYSTEM, "portal")
    assert found.settings == replace(GOOD, title="Портал", priority=7, withdraw_share=0.5)
    assert credentials(catalogue).value == "hush-hush"
    assert sources.revise(catalogue, SYSTEM, "portal", Changes()).changed == ()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": "ftp://data.example"}, "url"),
        ({"url": "https://data.example/" + "x" * 2000}, "url"),
        ({"title": "x" * 301}, "title"),
        ({"frequency": "sometimes"}, "frequency"),
        ({"frequency": "* * * * *"}, "frequency"),
        ({"frequency": ", ".join(["1"] * 30)}, "frequency"),
        ({"options": {"rows": "many"}}, "options.rows"),
        ({"priority": -1}, "priority"),
        ({"withdraw_share": 1.5}, "withdraw_share"),
        ({"withdraw_share": float("nan")}, "withdraw_share"),
        ({"grace_days": 4000}, "grace_days"),
        ({"full_days": -1}, "full_days"),
        ({"credentials": GivenCredentials("telepathy", "a", "b")}, "credentials"),
        ({"credentials": GivenCredentials("s3", "a", "b")}, "credentials"),
        ({"credentials": GivenCredentials("basic", "", "b")}, "credential_name"),
        ({"credentials": GivenCredentials("bearer", "", "")}, "credential_value"),
        ({"credentials": GivenCredentials("bearer", "", "a\r\nX-Evil: 1")}, "credential_value"),
        ({"credentials": GivenCredentials("header", "Host", "evil.example")}, "credential_value"),
        ({"url": "https://u:p@data.example/", "credentials": KEY}, "credentials"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_changed(
    catalogue: Catalogue, changes: dict[str, Any], field: str
) -> None:
    sources.add(catalogue, SYSTEM, GOOD)
    with pytest.raises(Invalid) as caught:
        sources.revise(catalogue, SYSTEM, "portal", Changes(**changes))  # type: ignore[typeddict-item]
    assert field in [problem.field for problem in caught.value.problems]
    assert "evil" not in str(caught.value.problems) or field == "credential_value"
    assert desk.source(catalogue, SYSTEM, "portal").settings == replace(GOOD, title="portal")


def test_a_password_in_an_address_becomes_credentials(catalogue: Catalogue) -> None:
    sources.add(catalogue, SYSTEM, replace(GOOD, url="https://us%40er:hu%3Ash@data.example/"))
    found = credentials(catalogue)
    assert (found.kind, found.name, found.value) == ("basic", "us@er", "hu:sh")
    assert desk.source(catalogue, SYSTEM, "portal").settings.url == "https://data.example/"
    assert b"hu%3Ash" not in (catalogue.config.home / "catalogue.sqlite").read_bytes()


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://data.example/other/path", True),
        ("https://DATA.example:443/", True),
        ("http://data.example/", False),
        ("https://data.example:8443/", False),
        ("https://data.example.evil.kz/", False),
    ],
)
def test_credentials_do_not_follow_to_another_origin(catalogue: Catalogue, url: str, kept: bool) -> None:
    sources.add(catalogue, SYSTEM, replace(GOOD, credentials=KEY))
    assert sources.revise(catalogue, SYSTEM, "portal", Changes(url=url)).dropped is not kept
    assert (credentials(catalogue) is not None) is kept
    again = Changes(url="https://third.example/", credentials=KEY)
    assert not sources.revise(catalogue, SYSTEM, "portal", again).dropped
    assert credentials(catalogue).value == "hush-hush"


def test_no_event_and_no_page_holds_a_secret(catalogue: Catalogue) -> None:
    sources.add(catalogue, SYSTEM, replace(GOOD, credentials=KEY))
    sources.revise(catalogue, SYSTEM, "portal", Changes(credentials=GivenCredentials("bearer", "", "hush-again")))
    sources.revise(catalogue, SYSTEM, "portal", Changes(credentials=None))
    told = [(event.action, event.before, event.after) for event in events(catalogue)]
    assert [action for action, _, _ in told] == ["created", "revised", "revised"]
    assert [after["credentials"] for _, _, after in told[1:]] == ["given (bearer)", "removed"]
    shown = [desk.sources(catalogue, SYSTEM), desk.source(catalogue, SYSTEM, "portal"), KEY, told]
    assert "hush" not in repr(shown)
    assert credentials(catalogue) is None


def test_the_harvester_gets_the_keys_of_a_bucket_and_no_others(catalogue: Catalogue) -> None:
    keys = GivenCredentials("s3", "AKIA", "hush-hush")
    sources.add(catalogue, SYSTEM, NewSource(name="bucket", type="folder", url="s3://reports/2024", credentials=keys))
    sources.add(catalogue, SYSTEM, replace(GOOD, credentials=KEY))
    with catalogue.sessions.read() as session:
        own = {"access_key_id": "AKIA", "secret_access_key": "hush-hush"}
        for name, expected in (("bucket", own), ("portal", {})):
            row = queries.source_row(session, name)
            assert sources.as_source(row, sources.credentials_of(catalogue, row)).credentials == expected


def test_credentials_of_another_key_are_said_to_be_lost(catalogue: Catalogue) -> None:
    sources.add(catalogue, SYSTEM, replace(GOOD, credentials=KEY))
    (catalogue.config.home / FILE_NAME).unlink()
    with pytest.raises(SourceError, match="give the credentials again"):
        credentials(catalogue)


def test_an_agency_changes_its_own_sources_and_gives_them_to_none_of_others(catalogue: Catalogue) -> None:
    ours, theirs = organization(catalogue, "ours"), organization(catalogue, "theirs")
    admin, editor, other = member(ours, Role.ADMIN), member(ours, Role.EDITOR), member(theirs, Role.ADMIN)
    sources.add(catalogue, SYSTEM, replace(GOOD, organization="ours"))
    for stranger, refused in ((editor, NotAllowed), (other, NotFound)):
        with pytest.raises(refused):
            sources.revise(catalogue, stranger, "portal", Changes(title="x"))
        with pytest.raises(refused):
            sources.form(catalogue, stranger, "portal")
    with pytest.raises(NotAllowed):
        sources.revise(catalogue, admin, "portal", Changes(organization="theirs"))
    with pytest.raises(Invalid):
        sources.revise(catalogue, admin, "portal", Changes(organization=""))
    assert sources.revise(catalogue, admin, "portal", Changes(title="x")).changed == ("title",)
    with pytest.raises(NotFound):
        sources.pause(catalogue, other, "portal")
    sources.pause(catalogue, editor, "portal")


def test_a_paused_source_is_neither_due_nor_run_and_can_be_tried(catalogue: Catalogue, clock: Clock) -> None:
    sources.add(catalogue, SYSTEM, GOOD)
    clock.advance(hours=27)
    assert sources.due(catalogue) == ("portal",)
    sources.run_soon(catalogue, SYSTEM, "portal")
    sources.pause(catalogue, SYSTEM, "portal")
    with catalogue.sessions.read() as session:
        assert session.scalars(select(Job)).all() == []
    assert sources.due(catalogue) == ()
    with pytest.raises(Conflict, match="Resume"):
        sources.run_soon(catalogue, SYSTEM, "portal")
    assert sources.run_soon(catalogue, SYSTEM, "portal", dry_run=True)
    assert not sources.run_soon(catalogue, SYSTEM, "portal", dry_run=True)
    sources.resume(catalogue, SYSTEM, "portal")
    assert sources.due(catalogue) == ("portal",)
    assert sources.run_soon(catalogue, SYSTEM, "portal", full=True)
    with catalogue.sessions.read() as session:
        found = {job.dedupe: (job.payload["dry_run"], job.payload["full"]) for job in session.scalars(select(Job))}
    assert found == {"portal:dry": (True, None), "portal": (False, True)}


def test_a_new_source_waits_for_one_interval_so_that_it_can_be_tried(catalogue: Catalogue, clock: Clock) -> None:
    sources.add(catalogue, SYSTEM, GOOD)
    clock.advance(hours=23)
    assert sources.due(catalogue) == ()
    sources.revise(catalogue, SYSTEM, "portal", Changes(frequency="weekly"))
    first = desk.source(catalogue, SYSTEM, "portal").line.next_run
    assert first is not None
    assert first >= clock.now + dt.timedelta(weeks=1)
    clock.advance(days=9)
    assert sources.due(catalogue) == ("portal",)


def test_a_source_is_due_after_its_last_run_by_its_frequency(catalogue: Catalogue, clock: Clock) -> None:
    sources.add(catalogue, SYSTEM, replace(GOOD, frequency="0 3 * * *"))
    with catalogue.sessions.write.begin() as session:
        queries.source_row(session, "portal").last_run = clock.now
    assert sources.due(catalogue) == ()
    assert desk.source(catalogue, SYSTEM, "portal").line.next_run is not None
    clock.advance(hours=24)
    assert sources.due(catalogue) == ("portal",)
    sources.revise(catalogue, SYSTEM, "portal", Changes(frequency="manual"))
    assert sources.due(catalogue) == ()
