"""Folders and archives: which files make a record, what is refused, and what the metadata sheet says."""

from __future__ import annotations

import datetime as dt
import io
import os
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import openpyxl
import pytest

from harvesters.sheet import COLUMNS, column_of
from opendata.catalog.records import DatasetType, ResourceRole
from opendata.catalog.upload_columns import spellings
from opendata.catalog.values import ContributorRole, DisclosureStatus, Extra, PartialDate, Text
from opendata.errors import SourceError
from opendata.harvesting.contract import Complete, Found, Incomplete
from opendata.reading import archive as zip_entries
from opendata.reading.filenames import decoded_name, stem, title_from
from tests.harvesters.conftest import Harvest
from tests.harvesters.events import codes, failed, found

FROM_NAME = Extra("title_from", "filename")


def write(root: Path, *paths: str) -> None:
    """Files with a few bytes each."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(path.encode())


def archive(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return path


def read(event: Found, key: str) -> bytes:
    with event.files[key]() as stream:
        return stream.read()


def test_every_file_is_a_record_named_after_it(harvest: Harvest, tmp_path: Path) -> None:
    write(tmp_path, "Отчёт_о_НИР_2023.pdf", "sub/data-table.csv", "sub/deep/note")
    events = harvest("folder", tmp_path)
    assert [event.identifier for event in found(events)] == ["sub/data-table", "sub/deep/note", "Отчёт_о_НИР_2023"]
    assert [str(e.record.title.show("ru")) for e in found(events)] == ["data table", "note", "Отчёт о НИР 2023"]
    assert all(FROM_NAME in event.record.extras for event in found(events))
    assert [event.record.type for event in found(events)] == [
        DatasetType.DATASET,
        DatasetType.REPORT,
        DatasetType.REPORT,
    ]
    assert read(found(events)[0], "sub/data-table.csv") == b"sub/data-table.csv"
    assert isinstance(events[-1], Complete)


def test_files_of_one_name_are_one_record(harvest: Harvest, tmp_path: Path) -> None:
    write(tmp_path, "a/report.pdf", "a/report.xlsx", "b/report.pdf", "Отчёт 01.02.2023", "Отчёт 01.02.2024")
    events = harvest("folder", tmp_path)
    assert [(e.identifier, len(e.files)) for e in found(events)] == [
        ("a/report", 2),
        ("b/report", 1),
        ("Отчёт 01.02.2023", 1),
        ("Отчёт 01.02.2024", 1),
    ]
    assert [resource.role for resource in found(events)[0].record.resources] == [ResourceRole.OTHER, ResourceRole.DATA]


def test_hidden_files_and_litter_are_passed_over(harvest: Harvest, tmp_path: Path) -> None:
    write(
        tmp_path, ".DS_Store", "Thumbs.db", "~$report.docx", ".git/config", "__MACOSX/._a.pdf", "a.pdf", "desktop.ini"
    )
    assert [event.identifier for event in found(harvest("folder", tmp_path))] == ["a"]


def test_empty_file_and_empty_folder(harvest: Harvest, tmp_path: Path) -> None:
    assert harvest("folder", tmp_path) == [Complete()]
    (tmp_path / "empty.pdf").touch()
    (event,) = found(harvest("folder", tmp_path))
    assert event.record.resources[0].byte_size == 0
    assert read(event, "empty.pdf") == b""


def test_options_bound_what_is_read(harvest: Harvest, tmp_path: Path) -> None:
    write(tmp_path, "a.pdf", "b.DOCX", "sub/c.pdf")
    assert len(found(harvest("folder", tmp_path, recursive="no"))) == 2
    assert [e.identifier for e in found(harvest("folder", tmp_path, pattern="*.docx; sub/*"))] == ["b", "sub/c"]
    path = archive(tmp_path / "z.zip", {"a.pdf": b"1", "sub/c.pdf": b"2"})
    assert len(found(harvest("folder", path, recursive="no"))) == 1


def test_file_address_with_escapes_is_a_path(harvest: Harvest, tmp_path: Path) -> None:
    write(tmp_path, "мои отчёты/a.pdf")
    assert len(found(harvest("folder", (tmp_path / "мои отчёты").as_uri()))) == 1


def test_links_out_of_the_folder_are_refused(harvest: Harvest, tmp_path: Path) -> None:
    write(tmp_path, "outside/secret.txt", "in/a.txt")
    inside = tmp_path / "in"
    (inside / "file").symlink_to(tmp_path / "outside/secret.txt")
    (inside / "folder").symlink_to(tmp_path / "outside")
    (inside / "gone").symlink_to(tmp_path / "nowhere")
    (inside / "loop").symlink_to(inside / "loop")
    (inside / "same").symlink_to(inside / "a.txt")
    (inside / "up").symlink_to(inside)
    os.mkfifo(inside / "pipe")
    events = harvest("folder", inside)
    assert [event.identifier for event in found(events)] == ["a", "same"]
    assert [event.identifier for event in failed(events)] == ["file", "folder", "gone", "loop", "pipe", "up"]
    assert all(codes(event) == {"file-refused"} for event in failed(events))
    assert b"secret" not in b"".join(event.raw for event in failed(events))


def test_file_that_becomes_a_link_is_not_opened(harvest: Harvest, tmp_path: Path) -> None:
    write(tmp_path, "outside.txt", "in/a.txt")
    (event,) = found(harvest("folder", tmp_path / "in"))
    (tmp_path / "in/a.txt").unlink()
    (tmp_path / "in/a.txt").symlink_to(tmp_path / "outside.txt")
    with pytest.raises(SourceError):
        read(event, "a.txt")


def test_names_that_are_no_utf8_are_read_and_kept_apart(harvest: Harvest, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode("Отчёт.txt".encode("cp1251"))).write_bytes(b"x")
    (event,) = found(harvest("folder", tmp_path))
    assert event.identifier == "Отчёт"
    assert read(event, "Отчёт.txt") == b"x"


@pytest.mark.parametrize("code_page", ["utf-8", "cp866", "cp1251"])
@pytest.mark.parametrize("name", ["Отчёт о НИР.pdf", "ПРИЛОЖЕНИЕ №1.docx", "итог/данные 2023.csv"])
def test_names_of_archives_are_read_in_their_code_page(name: str, code_page: str) -> None:
    assert decoded_name(name.encode(code_page)) == name


def test_name_of_the_west_is_not_taken_for_russian() -> None:
    assert decoded_name("résumé.pdf".encode("cp437")) == "résumé.pdf"


def test_archive_is_read_like_a_folder(harvest: Harvest, tmp_path: Path) -> None:
    raw = "папка/отчёт.pdf".encode("cp866").decode("cp437")
    path = archive(tmp_path / "a.zip", {"x/a.txt": b"A" * 10, "x/": b"", ".hidden": b"", "__MACOSX/x": b""})
    with zipfile.ZipFile(path, "a") as made:
        info = zipfile.ZipInfo("placeholder")
        info.filename = "q" * len(raw)
        made.writestr(info, b"%PDF")
    path.write_bytes(path.read_bytes().replace(b"q" * len(raw), raw.encode("cp437")))
    events = harvest("folder", path)
    assert [event.identifier for event in found(events)] == ["x/a", "папка/отчёт"]
    assert read(found(events)[1], "папка/отчёт.pdf") == b"%PDF"
    assert isinstance(events[-1], Complete)


def test_unicode_name_of_info_zip_wins() -> None:
    info = zipfile.ZipInfo("a.txt")
    name = "есеп.txt".encode()
    body = b"\x01" + struct.pack("<L", zlib.crc32(b"a.txt")) + name
    info.extra = struct.pack("<HH", 0x7075, len(body)) + body
    assert zip_entries.entry_name(info) == "есеп.txt"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../../etc/passwd", "leads out"),
        ("a/../../b", "leads out"),
        ("..\\..\\windows\\x", "leads out"),
        ("/etc/passwd", "absolute"),
        ("C:\\x.txt", "absolute"),
    ],
)
def test_names_that_lead_out_of_an_archive_are_refused(harvest: Harvest, tmp_path: Path, name: str, why: str) -> None:
    events = harvest("folder", archive(tmp_path / "a.zip", {name: b"x", "good.txt": b"y"}))
    assert [event.identifier for event in found(events)] == ["good"]
    assert why in failed(events)[0].problems[0].message


def test_links_and_second_names_in_an_archive_are_refused(harvest: Harvest, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, b"/etc/passwd")
        made.writestr("b\\c.txt", b"1")
        made.writestr("b/c.txt", b"2")
    events = harvest("folder", tmp_path / "a.zip")
    assert [event.problems[0].message.split(": ")[1] for event in failed(events)] == [
        "a second entry of the same name",
        "a symbolic link",
    ]


def test_bombs_are_refused_by_ratio_and_by_total(
    harvest: Harvest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive(tmp_path / "a.zip", {"bomb.txt": b"\0" * 5_000_000, "good.txt": b"y"})
    assert [event.identifier for event in failed(harvest("folder", path))] == ["bomb"]
    monkeypatch.setattr(zip_entries, "MAX_TOTAL_BYTES", 1000)
    events = harvest("folder", archive(tmp_path / "b.zip", {f"{n}.bin": os.urandom(300) for n in range(5)}))
    assert len(found(events)) == 3
    assert len(failed(events)) == 2


def test_broken_entry_is_told_when_it_is_read(harvest: Harvest, tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"a.txt": os.urandom(5000), "b.txt": b"fine"})
    content = bytearray(path.read_bytes())
    content[1000:1010] = bytes(10)
    path.write_bytes(content)
    first, second = found(harvest("folder", path))
    with pytest.raises(SourceError, match="broken inside the archive"):
        read(first, "a.txt")
    assert read(second, "b.txt") == b"fine"


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all", b"PK\x05\x06" + bytes(17)])
def test_file_that_is_no_archive_is_a_source_error(harvest: Harvest, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(SourceError, match="zip archive"):
        harvest("folder", tmp_path / "a.zip")


def test_sheet_describes_files_folders_and_groups(harvest: Harvest, tmp_path: Path) -> None:
    write(tmp_path, "r1.pdf", "data/x.csv", "data/y.csv", "final.docx", "annex.xlsx", "other.txt")
    (tmp_path / "metadata.csv").write_text(
        "Файл;Название_ru;Атауы (қаз);Идентификатор;Лицензия;Год;Ключевые слова;Тип;Рег. №;Руководитель;Своё\n"
        "r1.pdf;Первый отчёт;Бірінші есеп;;CC BY 4.0;2021;вода, почва;Отчёт;AP05131234;Ахметов, А.;поле\n"
        "data/;Данные;;;;;;набор данных;;;\n"
        "final.docx;Итог;;g1;;;;;;;\n"
        "annex.xlsx;Приложение;;g1;;;;;;;\n"
        "absent.pdf;Нет;;;;;;;;;\n",
        encoding="cp1251",
        errors="replace",
    )
    events = harvest("folder", tmp_path)
    by_id = {event.identifier: event for event in found(events)}
    assert set(by_id) == {"r1", "data", "g1", "other"}
    first = by_id["r1"].record
    assert first.title.ru == "Первый отчёт"
    assert (first.license_id, first.issued, first.register_number) == ("CC-BY-4.0", PartialDate(2021), "AP05131234")
    assert [keyword.text for keyword in first.keywords] == ["вода", "почва"]
    assert [(person.name, person.role) for person in first.contributors] == [("Ахметов, А.", ContributorRole.LEADER)]
    assert Extra("Своё", "поле") in first.extras
    assert FROM_NAME not in first.extras
    assert by_id["data"].record.type is DatasetType.DATASET
    assert sorted(by_id["data"].files) == ["data/x.csv", "data/y.csv"]
    assert sorted(by_id["g1"].files) == ["annex.xlsx", "final.docx"]
    assert FROM_NAME in by_id["other"].record.extras
    assert codes(failed(events)[0]) == {"file-missing"}
    assert failed(events)[0].problems[0].row == "6"


def test_sheet_may_be_a_workbook_and_stand_in_an_archive(harvest: Harvest, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (
        ("file", "title_kk", "title_en", "issued", "language", "access", "embargo until", "role"),
        ("a.pdf", "Есеп", "Report", dt.date(2022, 3, 4), "kk", "embargo", "2031-01-01", "final_report"),
    ):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    path = archive(tmp_path / "z.zip", {"Metadata.XLSX": content.getvalue(), "a.pdf": b"%PDF"})
    (event,) = found(harvest("folder", path))
    assert event.record.title == Text(kk="Есеп", en="Report", original="kk")
    assert (event.record.issued, event.record.languages) == (PartialDate(2022, 3, 4), ("kk",))
    (resource,) = event.record.resources
    assert resource.disclosure.status is DisclosureStatus.EMBARGOED
    assert resource.disclosure.until == dt.date(2031, 1, 1)
    assert resource.role is ResourceRole.FINAL_REPORT


def test_access_in_an_unknown_word_stays_closed(harvest: Harvest, tmp_path: Path) -> None:
    write(tmp_path, "a.pdf")
    (tmp_path / "metadata.csv").write_text("file,title,access\na.pdf,A,для руководства\n")
    assert found(harvest("folder", tmp_path))[0].record.disclosure.status is DisclosureStatus.WITHHELD


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\x00\x01\x02"])
def test_sheet_without_known_columns_stops_the_run(harvest: Harvest, tmp_path: Path, content: bytes) -> None:
    write(tmp_path, "a.pdf")
    (tmp_path / "metadata.csv").write_bytes(content)
    with pytest.raises(SourceError, match="metadata sheet"):
        harvest("folder", tmp_path)


def test_broken_workbook_stops_the_run(harvest: Harvest, tmp_path: Path) -> None:
    (tmp_path / "metadata.xlsx").write_bytes(b"PK no workbook")
    with pytest.raises(SourceError, match="cannot be read as XLSX"):
        harvest("folder", tmp_path)


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("Title", "title"), ("title_kk", "title_kk"), ("Название (рус)", "title_ru"), ("Атауы қазақша", "title_kk"),
        ("НАИМЕНОВАНИЕ_EN", "title_en"), ("Регистрационный номер", "register_number"), ("Кілт сөздер", "keywords"),
        ("Файл", "files"), ("Папка", "files"), ("Роль файла", "role"), ("license", "license"),
        ("embargo_until", "embargo_until"),
        ("unknown", ""), ("№ п/п", ""), ("", ""),
    ],
)  # fmt: skip
def test_headings_in_three_languages(heading: str, column: str) -> None:
    assert column_of(heading) == column


def test_headings_are_those_of_a_bulk_upload() -> None:
    for heading, column in spellings("datasets").items():
        assert column_of(heading) == (column.name if column.base in COLUMNS else "")


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("a/Отчёт_2023.pdf", "Отчёт 2023"), ("%D0%98%D1%82%D0%BE%D0%B3.docx", "Итог"), ("one-two.csv", "one two"),
        ("100%.txt", "100%"), ("a - b.txt", "a - b"), ("...", "..."), ("x\x1by.txt", "x�y"),
    ],
)  # fmt: skip
def test_title_from_a_file_name(path: str, title: str) -> None:
    assert title_from(path) == title


def test_stem_takes_off_one_extension_only() -> None:
    assert [stem(path) for path in ("a.tar.gz", "v1.2", ".x", "д.r2d2", "a.b/c")] == [
        "a.tar",
        "v1.2",
        ".x",
        "д",
        "a.b/c",
    ]


def test_folder_that_cannot_be_read_leaves_the_listing_incomplete(harvest: Harvest, tmp_path: Path) -> None:
    write(tmp_path, "a.pdf", "closed/b.pdf")
    (tmp_path / "closed").chmod(0)
    try:
        if os.access(tmp_path / "closed", os.R_OK):
            pytest.skip("this user reads every folder")
        events = harvest("folder", tmp_path)
    finally:
        (tmp_path / "closed").chmod(0o755)
    assert isinstance(events[-1], Incomplete)


def test_name_that_looks_like_markup_is_a_title_of_words() -> None:
    assert title_from("a/<img src=x onerror=alert(2)>.txt") == "img src=x onerror=alert(2)"
    assert title_from("<>.txt") == "().txt"
