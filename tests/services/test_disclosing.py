"""Who may have a file, said by people: what is asked of them, what follows at once, and when it ends by itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from io import BytesIO
from uuid import UUID

import pytest
from sqlalchemy import select

from opendata.catalog import grounds
from opendata.catalog.records import DatasetRecord, ResourceRecord, TextInfo, TextStatus
from opendata.catalog.values import LANGUAGES, Disclosure, DisclosureStatus, OrganizationRef, Text
from opendata.errors import Invalid, NotAllowed, NotFound, NotPublic
from opendata.services import attaching, care, content, disclosing, resources, writing
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.results import OpenedFile
from opendata.store import queries
from opendata.store.operations import DatasetEvent, Job
from tests.conftest import Clock
from tests.factories import EMBARGOED, OPENS, Feed, filed, member, organization, record, stored

LATER = Disclosure(DisclosureStatus.EMBARGOED, dt.date(2026, 7, 1), reason=Text(ru="До защиты", original="ru"))
CLOSED = Disclosure(DisclosureStatus.WITHHELD, legal_ground="Закон о персональных данных")


@pytest.fixture
def editor(catalogue: Catalogue) -> Actor:
    """Somebody of the agency whose record `made` is."""
    return member(organization(catalogue, "su"), Role.EDITOR)


@pytest.fixture
def made(catalogue: Catalogue, editor: Actor) -> DatasetRecord:
    """A public record with two files that everybody may have."""
    owner = OrganizationRef("su", id=next(iter(editor.roles)))
    new = writing.create(catalogue, SYSTEM, record(organization=owner))
    for name in ("a.txt", "b.txt"):
        file = attaching.attach(catalogue, editor, new.slug, BytesIO(name.encode()), name)
        read(catalogue, file)
    return stored(catalogue, key(new))


def read(catalogue: Catalogue, file: ResourceRecord) -> None:
    """What the worker does with a file, without its processes."""
    with catalogue.sessions.write.begin() as session:
        content.keep(session, file.checksum, (), catalogue.now())
        queries.resource_row(session, key(file)).text = TextInfo(TextStatus.TEXT, pages_read=1, pages_total=1)


def key(one: ResourceRecord | DatasetRecord) -> UUID:
    assert one.id is not None
    return one.id


def is_open(catalogue: Catalogue, made: DatasetRecord, number: int = 0) -> bool:
    try:
        opened = resources.open_file(catalogue, PUBLIC, made.slug, str(made.resources[number].id))
    except NotPublic:
        return False
    assert isinstance(opened, OpenedFile)
    opened.stream.close()
    return True


def events(catalogue: Catalogue, file: UUID) -> list[tuple[str, object]]:
    with catalogue.sessions.read() as session:
        wanted = select(DatasetEvent.action, DatasetEvent.after).where(DatasetEvent.object_id == file)
        return [(row.action, row.after) for row in session.execute(wanted.order_by(DatasetEvent.id))]


def test_what_is_closed_is_closed_at_once_and_tells_how_long_it_was_open(
    catalogue: Catalogue, editor: Actor, made: DatasetRecord, clock: Clock
) -> None:
    file = key(made.resources[0])
    clock.advance(days=12, hours=3)
    outlook = disclosing.outlook(catalogue, editor, made.slug, [file], CLOSED)
    (line,) = outlook.files
    assert (line.now.status, line.then.status, line.open_since) == ("open", "withheld", made.resources[0].created)
    assert (outlook.record_now.status, outlook.record_then.status, outlook.public) == ("open", "partly", True)
    assert is_open(catalogue, made)
    after = disclosing.disclose(catalogue, editor, made.slug, [file], CLOSED).record
    assert not is_open(catalogue, made)
    assert is_open(catalogue, made, 1)
    assert writing.version(after) > writing.version(made)
    action, told = events(catalogue, file)[-1]
    assert (action, told["status"], told["open_days"]) == ("closed", "withheld", 12)  # type: ignore[index]
    disclosing.disclose(catalogue, editor, made.slug, [file], Disclosure())
    assert is_open(catalogue, made)
    assert events(catalogue, file)[-1][0] == "opened"


def test_several_files_are_said_together(catalogue: Catalogue, editor: Actor, made: DatasetRecord) -> None:
    files = [key(one) for one in made.resources]
    after = disclosing.disclose(catalogue, editor, made.slug, files, CLOSED).record
    assert [one.disclosure for one in after.resources] == [CLOSED, CLOSED]
    with pytest.raises(NotFound):
        disclosing.disclose(catalogue, editor, made.slug, [files[0], UUID(int=9)], Disclosure())
    assert not is_open(catalogue, made)


@pytest.mark.parametrize(
    ("wish", "code", "field"),
    [
        (Disclosure(DisclosureStatus.EMBARGOED, legal_ground="Закон"), "embargo_open_end", "until"),
        (replace(LATER, until=dt.date(2026, 6, 1)), "embargo_past", "until"),
        (replace(CLOSED, until=dt.date(2026, 5, 1)), "embargo_past", "until"),
        (Disclosure(DisclosureStatus.WITHHELD), "no_ground", "legal_ground"),
        (Disclosure(DisclosureStatus.PARTLY, reason=Text(ru="Часть изъята")), "no_ground", "legal_ground"),
        (replace(LATER, reason=Text()), "no_reason", "reason"),
        (replace(CLOSED, legal_ground="З" * 1001), "too_long", "legal_ground"),
        (replace(CLOSED, reason=Text(kk="С" * 2001)), "too_long", "reason"),
    ],
)
def test_what_is_missing_is_named_at_its_field(wish: Disclosure, code: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        disclosing.checked(wish, dt.date(2026, 6, 1))
    assert [(one.code, one.field) for one in refused.value.problems] == [(code, field)]


def test_what_does_not_belong_to_a_kind_is_left_out() -> None:
    today = dt.date(2026, 6, 1)
    assert disclosing.checked(replace(CLOSED, status=DisclosureStatus.OPEN), today) == Disclosure()
    partly = replace(CLOSED, status=DisclosureStatus.PARTLY, until=dt.date(2020, 1, 1))
    assert disclosing.checked(partly, today).until is None
    assert (
        disclosing.checked(replace(CLOSED, legal_ground="  Закон\n\tо тайне "), today).legal_ground == "Закон о тайне"
    )


def test_a_file_of_a_source_is_only_made_stricter(catalogue: Catalogue, one: Feed) -> None:
    dataset = one.one(filed("Хранилище", "текст", disclosure=EMBARGOED))
    file = key(dataset.resources[0])
    outlook = disclosing.outlook(catalogue, SYSTEM, dataset.slug, [file], Disclosure())
    assert [(line.said, line.refused) for line in outlook.files] == [(EMBARGOED, True)]
    with pytest.raises(Invalid) as refused:
        disclosing.disclose(catalogue, SYSTEM, dataset.slug, [file], Disclosure())
    assert refused.value.problems[0].code == "less_strict"
    longer = replace(LATER, until=OPENS + dt.timedelta(days=1))
    disclosing.disclose(catalogue, SYSTEM, dataset.slug, [file], longer)
    assert stored(catalogue, key(dataset)).resources[0].disclosure.until == longer.until


def test_who_does_not_edit_the_record_says_nothing(catalogue: Catalogue, editor: Actor, made: DatasetRecord) -> None:
    reader = replace(editor, roles=dict.fromkeys(editor.roles, Role.MEMBER))
    for actor in (PUBLIC, reader):
        with pytest.raises(NotAllowed):
            disclosing.outlook(catalogue, actor, made.slug, [key(made.resources[0])])
        with pytest.raises(NotAllowed):
            disclosing.disclose(catalogue, actor, made.slug, [key(made.resources[0])], CLOSED)


MIDNIGHTS = [
    ("Asia/Almaty", dt.date(2026, 7, 1), dt.datetime(2026, 6, 30, 19, tzinfo=dt.UTC)),
    ("UTC", dt.date(2026, 7, 1), dt.datetime(2026, 7, 1, tzinfo=dt.UTC)),
    ("Pacific/Kiritimati", dt.date(2026, 7, 1), dt.datetime(2026, 6, 30, 10, tzinfo=dt.UTC)),
    ("Pacific/Pago_Pago", dt.date(2026, 7, 1), dt.datetime(2026, 7, 1, 11, tzinfo=dt.UTC)),
    ("America/New_York", dt.date(2026, 11, 1), dt.datetime(2026, 11, 1, 4, tzinfo=dt.UTC)),  # clocks go back that day
    ("America/New_York", dt.date(2026, 11, 2), dt.datetime(2026, 11, 2, 5, tzinfo=dt.UTC)),
    ("Europe/Berlin", dt.date(2026, 3, 30), dt.datetime(2026, 3, 29, 22, tzinfo=dt.UTC)),  # a day of 23 hours before it
    ("America/Santiago", dt.date(2026, 9, 6), dt.datetime(2026, 9, 6, 4, tzinfo=dt.UTC)),  # a day without a midnight
    ("America/Havana", dt.date(2026, 11, 1), dt.datetime(2026, 11, 1, 4, tzinfo=dt.UTC)),  # a day with two of them
]


@pytest.mark.parametrize(("zone", "day", "midnight"), MIDNIGHTS)
def test_a_file_opens_when_its_day_begins_where_the_site_is(
    zone: str, day: dt.date, midnight: dt.datetime, catalogue: Catalogue
) -> None:
    clock = Clock(midnight)
    site = replace(catalogue.config.site, timezone=zone)
    there = replace(catalogue, config=replace(catalogue.config, site=site), clock=clock)
    until = Disclosure(DisclosureStatus.EMBARGOED, day)
    for seconds, is_there in ((-1, False), (0, True), (1800, True), (5400, True), (86_000, True)):
        clock.now = midnight + dt.timedelta(seconds=seconds)
        assert until.is_open(there.today()) is is_there, seconds


def test_an_embargo_ends_by_itself_and_is_told(
    catalogue: Catalogue, editor: Actor, made: DatasetRecord, clock: Clock
) -> None:
    """By the date alone at once; then by the care, which tells everybody who follows changes."""
    file = key(made.resources[0])
    before = disclosing.disclose(catalogue, editor, made.slug, [file], LATER).record
    clock.now = dt.datetime(2026, 6, 30, 18, 59, 59, tzinfo=dt.UTC)
    assert care.open_due(catalogue) == 0
    assert not is_open(catalogue, made)
    clock.advance(seconds=1)
    assert is_open(catalogue, made)
    assert care.open_due(catalogue) == 1
    assert care.open_due(catalogue) == 0
    after = stored(catalogue, key(made))
    assert after.metadata_modified == clock.now
    assert writing.version(after) > writing.version(before)
    opened = after.resources[0].disclosure
    assert (opened.status, opened.until, opened.reason) == ("open", LATER.until, LATER.reason)
    assert events(catalogue, file)[-1] == ("opened", {"status": "open"})
    with catalogue.sessions.read() as session:
        kinds = session.scalars(select(Job.kind).where(Job.created == clock.now)).all()
    assert {"index", "read"} <= set(kinds)
    (line,) = disclosing.outlook(catalogue, editor, made.slug, [file], CLOSED).files
    assert line.open_since == clock.now


def test_every_ground_has_words_in_each_language_and_its_source() -> None:
    listed = grounds.grounds()
    assert len({one.id for one in listed}) == len(listed) > 5
    for one in listed:
        assert all(one.title.inside(language) for language in LANGUAGES)
        assert one.url.startswith("https://adilet.zan.kz/")
        assert all(grounds.known(title.value) == one for title in one.title.values())
    assert grounds.known("") is None
    assert grounds.ground("nothing") is None
