"""What must not be public keeps a row of an upload back, or is said of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from opendata.catalog.records import DatasetRecord
from opendata.catalog.upload_problems import CellProblem
from opendata.errors import NotAllowed, NotFound
from opendata.harvesting.contract import Found
from opendata.reading.sheets.drafts import RAW_TYPE, Draft
from opendata.reading.sheets.package import opened
from opendata.services.actors import SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.preparing import Prepared, prepare
from opendata.services.uploads import answering, content
from opendata.services.uploads.checking import check
from opendata.services.uploads.publishing import Done
from opendata.services.uploads.receiving import receive
from opendata.services.uploads.steps import check_again
from opendata.store import codec
from opendata.store.content import ContentCheck
from opendata.store.datasets import Resource
from opendata.store.operations import Upload, UploadProblem, UploadRow
from opendata.store.organizations import Organization
from opendata.store.states import ItemResult
from tests.catalog.test_sensitive_people import PERSON
from tests.factories import work
from tests.services.uploads.conftest import HEADINGS, Rows

MARKED = "Секретно\nЭкз. № 1\n\nОтчёт о стоке.".encode()
REASON = "Гриф снят актом комиссии № 3 от 12.05.2026"
Write = Callable[..., Path]
Pack = Callable[[Path, Mapping[str, bytes]], Path]


@pytest.fixture
def organization_id(catalogue: Catalogue, agency: str) -> UUID:
    with catalogue.sessions.read() as session:
        return session.scalars(select(Organization.id).where(Organization.slug == agency)).one()


@pytest.fixture
def marked(catalogue: Catalogue, organization_id: UUID) -> Callable[[Path], list[Draft]]:
    """The drafts of a file with the problems of content, and of nothing else."""
    kept = ExitStack()

    def run(path: Path) -> list[Draft]:
        package = kept.enter_context(opened(path, path.name, 1000))
        with catalogue.sessions.read() as session:
            checked = check(session, SYSTEM, package, organization_id, catalogue.today())
            for draft in checked.drafts:
                draft.row.problems.clear()
            content.mark(catalogue, session, checked.drafts, organization_id, package.spreadsheet)
        return checked.drafts

    return run


def table(*rows: Sequence[object], headings: Sequence[object] = HEADINGS) -> Rows:
    return [headings, *rows]


def row(number: int, file: str = "", *more: object) -> Sequence[object]:
    return (f"id-{number}", f"Отчёт {number}", "Отчёт", "2026-01-01", file, *more)


def codes(draft: Draft) -> list[str]:
    return [problem.code for problem in draft.problems]


def only(draft: Draft) -> CellProblem:
    (problem,) = draft.problems
    return problem


def test_a_marked_file_keeps_its_row_back_and_no_other(
    marked: Callable[[Path], list[Draft]], workbook: Write, packed: Pack
) -> None:
    path = packed(workbook(table(row(1, "a.txt"), row(2, "b.txt"))), {"a.txt": MARKED, "b.txt": b"Open report"})
    first, second = marked(path)
    problem = only(first)
    assert (problem.code, problem.is_error, problem.row, problem.column) == ("restricted", True, 2, 5)
    assert problem.message("ru") == "В файле «a.txt» (стр. 1) стоит пометка ограниченного доступа: «Секретно»"
    assert all(problem.hint(language) for language in ("kk", "ru", "en"))
    assert (first.is_good, codes(second)) == (False, [])


def test_a_file_that_stays_closed_may_bear_its_mark(
    marked: Callable[[Path], list[Draft]], workbook: Write, packed: Pack
) -> None:
    headings = (*HEADINGS, "Доступ", "Правовое основание")
    path = packed(workbook(table(row(1, "a.txt", "закрыто", "Закон"), headings=headings)), {"a.txt": MARKED})
    (draft,) = marked(path)
    assert draft.record.resources[0].disclosure.status == "withheld"
    assert (codes(draft), draft.is_good) == (["restricted_allowed"], True)


def test_the_same_bytes_are_read_once(
    marked: Callable[[Path], list[Draft]], catalogue: Catalogue, workbook: Write, packed: Pack
) -> None:
    path = packed(workbook(table(row(1, "a.txt"), row(2, "c.txt"))), {"a.txt": MARKED, "c.txt": MARKED})
    assert [codes(draft) for draft in marked(path)] == [["restricted"], ["restricted"]]
    with catalogue.sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(ContentCheck)) == 1
    assert [codes(draft) for draft in marked(path)] == [["restricted"], ["restricted"]]


def test_persons_in_files_are_warnings_with_their_page(
    marked: Callable[[Path], list[Draft]], workbook: Write, packed: Pack
) -> None:
    path = packed(workbook(table(row(1, "a.txt"))), {"a.txt": f"ИИН {PERSON}".encode()})
    problem = only(marked(path)[0])
    assert (problem.code, problem.is_error) == ("file_personal_numbers", False)
    assert PERSON[:4] in problem.message("kk")
    assert PERSON[:6] not in problem.message("kk")


def test_cells_and_columns_of_persons_are_warnings(marked: Callable[[Path], list[Draft]], workbook: Write) -> None:
    headings = (*HEADINGS, "Мобильный телефон", "Примечание")
    rows = [row(n, "", f"8 701 111 22 3{n}", f"см. {PERSON}" if n == 2 else "") for n in range(1, 5)]
    first, second, *others = marked(workbook(table(*rows, headings=headings)))
    assert [(one.code, one.column, one.is_error) for one in first.problems] == [("contact_list", 6, False)]
    assert [(one.code, one.column, one.is_error) for one in second.problems] == [("personal_numbers", 7, False)]
    assert PERSON not in only(second).message("en")
    assert [codes(draft) for draft in others] == [[], []]


def test_contacts_of_the_template_are_meant_to_be_public(
    marked: Callable[[Path], list[Draft]], workbook: Write
) -> None:
    headings = (*HEADINGS, "Электронная почта", "Контактное лицо")
    rows = [row(n, "", f"person{n}@example.kz", "Отдел") for n in range(1, 12)]
    found = marked(workbook(table(*rows, headings=headings)))
    assert "contact_email" in found[0].row.cells
    assert {code for draft in found for code in codes(draft)} == set()


def test_a_table_that_bears_a_mark_is_kept_back(marked: Callable[[Path], list[Draft]], workbook: Write) -> None:
    (draft,) = marked(workbook([("Для служебного пользования",), *table(row(1))]))
    assert (codes(draft), draft.is_good) == (["restricted_sheet"], False)
    assert "A1: Для служебного пользования" in only(draft).message("ru")


def test_what_cannot_be_read_is_said(marked: Callable[[Path], list[Draft]], workbook: Write, packed: Pack) -> None:
    path = packed(workbook(table(row(1, "a.pdf"))), {"a.pdf": b"%PDF-1.4 broken"})
    assert codes(marked(path)[0]) == ["content_unchecked"]


def test_time_that_is_up_is_said_and_nothing_hangs(
    catalogue: Catalogue, organization_id: UUID, workbook: Write, packed: Pack
) -> None:
    path = packed(workbook(table(row(1, "a.txt"))), {"a.txt": MARKED})
    with opened(path, path.name, 1000) as package, catalogue.sessions.read() as session:
        (draft,) = check(session, SYSTEM, package, organization_id, catalogue.today()).drafts
        draft.row.problems.clear()
        with content.Marking(catalogue, organization_id, seconds=-1) as marking:
            marking.mark(session, [draft])
    assert codes(draft) == ["content_unchecked"]


@pytest.fixture
def stopped(
    catalogue: Catalogue, organization_id: UUID, marked: Callable[[Path], list[Draft]], workbook: Write, packed: Pack
) -> UUID:
    """An upload as its check leaves it: one row that a mark keeps back."""
    path = packed(workbook(table(row(1, "a.txt"))), {"a.txt": MARKED})
    (draft,) = marked(path)
    found = Found(draft.key, draft.record, draft.raw(), RAW_TYPE, draft.openers)
    ready = prepare(catalogue, found, store_files=False)
    assert isinstance(ready, Prepared)
    with catalogue.sessions.write.begin() as session:
        upload = Upload(
            organization_id=organization_id, filename="a.zip", checksum="0" * 64, byte_size=1, created=catalogue.now()
        )  # fmt: skip
        session.add(upload)
        session.flush()
        said = {"upload_id": upload.id, "row": 2}
        session.add(UploadProblem(code="restricted", message="", **said))
        record: DatasetRecord = ready.record
        session.add(
            UploadRow(position=1, errors=1, result=ItemResult.REJECTED, record=codec.dump(record), **said)
        )  # fmt: skip
        return upload.id


def test_an_admin_answers_for_a_file_of_an_upload(
    catalogue: Catalogue, organization_id: UUID, stopped: UUID, marked: Callable[[Path], list[Draft]], tmp_path: Path
) -> None:
    editor, admin = (Actor(name="A", roles={organization_id: role}) for role in (Role.EDITOR, Role.ADMIN))
    (file,) = answering.waiting(catalogue, editor, stopped).files
    assert (file.filename, file.rows, file.marks[0].excerpt) == ("a.txt", (2,), "Секретно")
    with pytest.raises(NotAllowed):
        answering.answer(catalogue, editor, stopped, file.checksum, REASON)
    with pytest.raises(NotFound):
        answering.answer(catalogue, admin, stopped, "f" * 64, REASON)
    with pytest.raises(NotFound):
        answering.answer(catalogue, admin, uuid4(), file.checksum, REASON)
    answering.answer(catalogue, admin, stopped, file.checksum, REASON)
    (draft,) = marked(tmp_path / "upload.zip")
    assert (codes(draft), draft.is_good) == (["restricted_allowed"], True)


def test_publishing_leaves_a_marked_row_out_and_takes_it_after_the_answer(
    catalogue: Catalogue, organization_id: UUID, workbook: Write, packed: Pack, upload: Callable[..., Done]
) -> None:
    path = packed(workbook(table(row(1, "a.txt"), row(2))), {"a.txt": MARKED})
    for dry_run in (True, False):
        report = upload(path, dry_run=dry_run).report
        assert [line.result for line in report.rows] == ["rejected", "created"]
        assert [line.code for line in report.problems if line.code == "restricted"] == ["restricted"]
    checksum = sha256(MARKED).hexdigest()
    with catalogue.sessions.read() as session:
        assert session.scalar(select(Resource.id).where(Resource.checksum == checksum)) is None
    upload_id = receive(catalogue, SYSTEM, "msh", path.name, path)
    work(catalogue)
    answering.answer(catalogue, SYSTEM, upload_id, checksum, REASON)
    assert [line.result for line in upload(path).report.rows] == ["created", "unchanged"]
    work(catalogue)
    with catalogue.sessions.read() as session:
        assert session.scalars(select(Resource.held).where(Resource.checksum == checksum)).all() == [False]


def test_the_job_of_a_check_refuses_the_row_and_an_answer_frees_it(
    catalogue: Catalogue, organization_id: UUID, workbook: Write, packed: Pack
) -> None:
    path = packed(workbook(table(row(1, "a.txt"), row(2))), {"a.txt": MARKED})
    upload_id = receive(catalogue, SYSTEM, "msh", path.name, path)
    work(catalogue)
    with catalogue.sessions.read() as session:
        rows = session.scalars(select(UploadRow).order_by(UploadRow.position)).all()
    assert [(one.result, one.errors) for one in rows] == [(ItemResult.REJECTED, 1), (ItemResult.CREATED, 0)]
    (file,) = answering.waiting(catalogue, SYSTEM, upload_id).files
    assert (file.filename, file.checksum) == ("a.txt", sha256(MARKED).hexdigest())
    answering.answer(catalogue, SYSTEM, upload_id, file.checksum, REASON)
    check_again(catalogue, SYSTEM, upload_id)
    work(catalogue)
    assert answering.waiting(catalogue, SYSTEM, upload_id).files == ()
    with catalogue.sessions.read() as session:
        assert set(session.scalars(select(UploadRow.result))) == {ItemResult.CREATED}
