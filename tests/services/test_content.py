"""Files with a mark of restricted use are held: nothing of them is public until somebody answers for them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, update

from opendata.catalog import sensitive
from opendata.catalog.records import DatasetRecord, ResourceRecord, TextStatus
from opendata.catalog.sensitive import HELD
from opendata.catalog.values import Disclosure, DisclosureStatus, OrganizationRef
from opendata.demo.making import scan
from opendata.errors import Conflict, Invalid, NotAllowed, NotPublic
from opendata.harvesting.contract import Found
from opendata.reading import ocr
from opendata.search.query import SearchQuery
from opendata.services import care, content, content_decisions, datasets, discovery, indexing, resources
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.results import OpenedFile
from opendata.store import queries
from opendata.store.content import ContentDecision, ContentFinding
from opendata.store.datasets import Resource
from opendata.store.operations import DatasetEvent
from tests.factories import Feed, found, organization, record, ru, stored, work
from tests.reading.conftest import pdf_bytes
from tests.reading.test_asides import paragraph, word
from tests.reading.test_titlepage import FINAL_RU

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")
REASON = "Гриф снят актом комиссии № 3 от 12.05.2026"
MARKED = "Для служебного пользования\nЭкз. № 2\n\nОтчёт гнорбалитов о стоке.\n"


@pytest.fixture
def agency(catalogue: Catalogue) -> UUID:
    return organization(catalogue, "su")


def item(agency: UUID, data: bytes, name: str = "report.txt", key: str = "one", **changes: object) -> Found:
    """A dataset of the agency with one file."""
    files = (ResourceRecord(key=name, filename=name, **changes),)  # type: ignore[arg-type]
    slug = "su" if key != "two" else "other"
    owner = OrganizationRef(id=agency, slug=slug, title=ru(slug))
    return found(key, record("Отчёт о стоке", organization=owner, resources=files), {name: data})


def member(agency: UUID, role: Role) -> Actor:
    """Somebody with that role in that agency, without an account."""
    return Actor(name="Someone", roles={agency: role})


def take(one: Feed, given: Found) -> DatasetRecord:
    """The dataset after everything that follows its harvest."""
    made = one.one(given)
    work(one.catalogue)
    assert made.id is not None
    return stored(one.catalogue, made.id)


def file_of(dataset: DatasetRecord) -> UUID:
    found_id = dataset.resources[0].id
    assert found_id is not None
    return found_id


def is_found(catalogue: Catalogue, word_: str = "гнорбалитов") -> bool:
    return bool(discovery.find(catalogue, PUBLIC, SearchQuery(word_)).cards)


def opens(catalogue: Catalogue, dataset: DatasetRecord) -> bool:
    try:
        opened = resources.open_file(catalogue, PUBLIC, dataset.slug, str(file_of(dataset)))
    except NotPublic:
        return False
    assert isinstance(opened, OpenedFile)
    opened.stream.close()
    return True


def test_a_marked_file_is_withheld_and_its_words_are_nowhere(catalogue: Catalogue, one: Feed, agency: UUID) -> None:
    dataset = take(one, item(agency, MARKED.encode()))
    assert not is_found(catalogue)
    assert dataset.resources[0].disclosure == HELD
    with pytest.raises(NotPublic) as refused:
        resources.open_file(catalogue, PUBLIC, dataset.slug, str(file_of(dataset)))
    assert "служебного" not in refused.value.message
    page = resources.file_page(catalogue, PUBLIC, dataset.slug, str(file_of(dataset)))
    assert (page.text, page.table, page.pages) == ((), None, 0)
    with catalogue.sessions.read() as session:
        assert queries.readable_pages(session, catalogue.today()) == 0
    assert {one.value for one in catalogue.index.values("text")} == set()
    assert {one.value for one in catalogue.index.values("disclosure")} == {"withheld"}


def test_a_marked_document_does_not_fill_the_record_with_its_title_page(
    catalogue: Catalogue, one: Feed, agency: UUID
) -> None:
    given = item(agency, f"Қызмет бабында пайдалану үшін\n{FINAL_RU}".encode())
    assert take(one, given).read_from_file == ()
    clean = take(one, item(agency, FINAL_RU.encode(), key="three"))
    assert clean.read_from_file != ()


def test_an_answer_opens_the_file_and_is_kept(catalogue: Catalogue, one: Feed, agency: UUID) -> None:
    dataset = take(one, item(agency, MARKED.encode()))
    content_decisions.open_file(catalogue, member(agency, Role.ADMIN), file_of(dataset), REASON)
    work(catalogue)
    assert is_found(catalogue)
    assert opens(catalogue, dataset)
    with catalogue.sessions.read() as session:
        assert [row.reason for row in session.scalars(select(ContentDecision))] == [REASON]
        events = session.scalars(select(DatasetEvent).where(DatasetEvent.action == "opened")).all()
        assert [(row.actor, row.after["reason"]) for row in events] == [("Someone", REASON)]
    with pytest.raises(Conflict):
        content_decisions.open_file(catalogue, member(agency, Role.ADMIN), file_of(dataset), REASON)


@pytest.mark.parametrize("role", [Role.MEMBER, Role.EDITOR])
def test_only_an_admin_of_the_organisation_answers(catalogue: Catalogue, one: Feed, agency: UUID, role: Role) -> None:
    dataset = take(one, item(agency, MARKED.encode()))
    for actor in (member(agency, role), member(organization(catalogue, "other"), Role.ADMIN), PUBLIC):
        with pytest.raises(NotAllowed):
            content_decisions.open_file(catalogue, actor, file_of(dataset), REASON)
        with pytest.raises(NotAllowed):
            content_decisions.withhold(catalogue, actor, file_of(dataset), "Закон о государственных секретах")
    assert not opens(catalogue, dataset)


@pytest.mark.parametrize("reason", ["", "  \n ", "ок", "а" * 3000])
def test_without_a_reason_nothing_opens(catalogue: Catalogue, one: Feed, agency: UUID, reason: str) -> None:
    dataset = take(one, item(agency, MARKED.encode()))
    with pytest.raises(Invalid):
        content_decisions.open_file(catalogue, member(agency, Role.ADMIN), file_of(dataset), reason)
    assert not opens(catalogue, dataset)


def test_the_desk_lists_held_files_of_its_organisations(catalogue: Catalogue, one: Feed, agency: UUID) -> None:
    dataset = take(one, item(agency, MARKED.encode()))
    admin, editor = member(agency, Role.ADMIN), member(agency, Role.EDITOR)
    (line,) = content_decisions.held(catalogue, admin).files
    assert (line.filename, line.dataset_slug, line.may_decide, line.kept) == ("report.txt", dataset.slug, True, False)
    assert [(mark.place, mark.excerpt) for mark in line.marks] == [("page 1", "Для служебного пользования")]
    assert [line.may_decide for line in content_decisions.held(catalogue, editor).files] == [False]
    other = member(organization(catalogue, "other"), Role.ADMIN)
    assert content_decisions.held(catalogue, other).total == content_decisions.waiting(catalogue, other) == 0
    assert content_decisions.waiting(catalogue, admin) == 1
    content_decisions.withhold(catalogue, admin, line.resource_id, "Закон о государственных секретах")
    assert content_decisions.waiting(catalogue, admin) == 0
    assert [line.kept for line in content_decisions.held(catalogue, admin).files] == [True]


def test_a_file_kept_withheld_tells_its_ground_and_never_opens_by_a_harvest(
    catalogue: Catalogue, one: Feed, agency: UUID
) -> None:
    given = item(agency, MARKED.encode())
    dataset = take(one, given)
    admin = member(agency, Role.ADMIN)
    content_decisions.withhold(catalogue, admin, file_of(dataset), "Закон о государственных секретах")
    work(catalogue)
    shown = datasets.record(catalogue, PUBLIC, dataset.slug).resources[0].disclosure
    assert (shown.status, shown.legal_ground) == ("withheld", "Закон о государственных секретах")
    changed = replace(given, record=replace(given.record, title=ru("Другое название")))
    assert not opens(catalogue, take(one, changed))
    assert not is_found(catalogue)
    content_decisions.open_file(catalogue, admin, file_of(dataset), REASON)
    work(catalogue)
    assert opens(catalogue, dataset)


def test_an_answer_is_for_these_bytes_alone(catalogue: Catalogue, one: Feed, agency: UUID) -> None:
    dataset = take(one, item(agency, MARKED.encode()))
    content_decisions.open_file(catalogue, member(agency, Role.ADMIN), file_of(dataset), REASON)
    work(catalogue)
    again = take(one, item(agency, f"{MARKED}Новая редакция.".encode()))
    assert not opens(catalogue, again)
    assert not is_found(catalogue)
    assert opens(catalogue, take(one, item(agency, "Отчёт без пометки.".encode())))


def test_an_answer_is_for_one_organisation_alone(catalogue: Catalogue, one: Feed, agency: UUID) -> None:
    first = take(one, item(agency, MARKED.encode()))
    second = take(one, item(organization(catalogue, "other"), MARKED.encode(), key="two"))
    third = take(one, item(agency, MARKED.encode(), key="three"))
    content_decisions.open_file(catalogue, member(agency, Role.ADMIN), file_of(first), REASON)
    assert [opens(catalogue, one) for one in (first, second, third)] == [True, False, True]


def test_a_known_marked_file_is_held_before_it_is_read_again(catalogue: Catalogue, one: Feed, agency: UUID) -> None:
    take(one, item(agency, MARKED.encode()))
    other = one.one(item(organization(catalogue, "other"), MARKED.encode(), key="two"))
    assert other.resources[0].disclosure == HELD


def test_what_the_source_says_of_access_is_kept_beneath(catalogue: Catalogue, one: Feed, agency: UUID) -> None:
    partly = Disclosure(DisclosureStatus.PARTLY, reason=ru("Без приложения"))
    dataset = take(one, item(agency, MARKED.encode(), disclosure=partly))
    assert dataset.resources[0].disclosure == HELD
    content_decisions.open_file(catalogue, SYSTEM, file_of(dataset), REASON)
    assert datasets.record(catalogue, PUBLIC, dataset.slug).resources[0].disclosure == partly


@pytest.mark.parametrize("mark", ["Секретно", "Қызмет бабында пайдалану үшін"])
def test_a_stamp_in_the_header_of_a_document_holds_it(
    catalogue: Catalogue, one: Feed, agency: UUID, tmp_path: Path, mark: str
) -> None:
    path = word(tmp_path / "a.docx", paragraph("Отчёт гнорбалитов о стоке рек."), paragraph(mark))
    assert not opens(catalogue, take(one, item(agency, path.read_bytes(), "a.docx")))
    assert not is_found(catalogue)


def test_a_stamp_on_the_second_page_of_a_pdf_holds_it(catalogue: Catalogue, one: Feed, agency: UUID) -> None:
    data = pdf_bytes(["Report on the zeolite deposit", "For official use only", "zeolite"])
    assert not opens(catalogue, take(one, item(agency, data, "a.pdf")))
    assert not is_found(catalogue, "zeolite")


def test_persons_in_a_file_are_noted_and_do_not_hold_it(catalogue: Catalogue, one: Feed, agency: UUID) -> None:
    text = "Список: ИИН 850314300126.\n" + "\n".join(f"+7 701 111 22 {n}" for n in range(10, 20))
    dataset = take(one, item(agency, text.encode()))
    assert opens(catalogue, dataset)
    with catalogue.sessions.read() as session:
        rows = session.scalars(select(ContentFinding).order_by(ContentFinding.id)).all()
    assert [(row.code, row.severity.value, row.place) for row in rows][-1] == ("contact_list", "warning", "page 1")


def test_a_file_that_nobody_has_looked_at_is_not_public_yet(catalogue: Catalogue, one: Feed, agency: UUID) -> None:
    dataset = one.one(item(agency, "Отчёт без пометки.".encode()))
    assert dataset.resources[0].disclosure == HELD
    assert not opens(catalogue, dataset)
    work(catalogue)
    assert opens(catalogue, dataset)
    assert stored(catalogue, dataset.id or agency).resources[0].disclosure == Disclosure()


def test_files_read_before_these_rules_are_looked_through_once(
    catalogue: Catalogue, one: Feed, agency: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = take(one, item(agency, MARKED.encode()))
    with catalogue.sessions.write.begin() as session:  # as an earlier version left it
        content.forget(session, [dataset.resources[0].checksum])
        session.execute(update(Resource).values(held=False))
    indexing.index_records(catalogue, [dataset.id or agency], [])
    assert is_found(catalogue)
    care.tend(catalogue)
    work(catalogue)
    assert not is_found(catalogue)
    assert not opens(catalogue, dataset)
    assert content.queue_unlooked(catalogue) == 0
    monkeypatch.setattr(sensitive, "VERSION", sensitive.VERSION + 1)
    assert content.queue_unlooked(catalogue) == 1


@pytest.mark.skipif(not ocr.available(), reason="no Tesseract data: install tesseract-ocr-kaz, -rus and -eng")
@pytest.mark.skipif(not FONT.exists(), reason="no font to make a scan with: install fonts-dejavu-core")
def test_recognised_pages_are_looked_through(catalogue: Catalogue, one: Feed, agency: UUID, tmp_path: Path) -> None:
    scan.write(f"Для служебного пользования\n\n{FINAL_RU}", "", tmp_path / "scan.pdf")
    dataset = take(one, item(agency, (tmp_path / "scan.pdf").read_bytes(), "scan.pdf"))
    assert dataset.resources[0].text.status is TextStatus.OCR
    assert not opens(catalogue, dataset)
    assert dataset.read_from_file == ()
