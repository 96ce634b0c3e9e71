"""Controlled lists: every name in three languages, every spelling leads to one code."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from pathlib import Path

import pytest

from opendata.catalog import formats, languages, subjects, vocabularies
from opendata.catalog.records import (
    DatasetType,
    DeliverableKind,
    DeliverableState,
    RecordState,
    ResourceRole,
    StudyStatus,
    TextStatus,
)
from opendata.catalog.values import LANGUAGES, ContributorRole, DisclosureStatus


@pytest.mark.parametrize(
    ("vocabulary", "enum"),
    [
        ("dataset_type", DatasetType),
        ("resource_role", ResourceRole),
        ("text_status", TextStatus),
        ("record_state", RecordState),
        ("disclosure", DisclosureStatus),
        ("contributor_role", ContributorRole),
        ("deliverable_kind", DeliverableKind),
        ("deliverable_state", DeliverableState),
        ("study_status", StudyStatus),
    ],
)
def test_every_code_of_the_records_has_a_name_and_no_other_code_has(vocabulary: str, enum: type[StrEnum]) -> None:
    assert set(vocabularies.codes(vocabulary)) == set(enum)


@pytest.mark.parametrize("vocabulary", sorted(set(vocabularies.vocabularies()) - {"language", "format", "grnti"}))
def test_every_label_is_there_in_three_languages(vocabulary: str) -> None:
    for code in vocabularies.codes(vocabulary):
        text = vocabularies.text_of(vocabulary, code)
        assert all(text.inside(language) for language in LANGUAGES), code


def test_grnti_has_69_classes_in_three_languages_and_a_second_level_in_two() -> None:
    first = [code for code in subjects.grnti() if len(code) == 2]
    assert len(first) == 69
    assert all(all(subjects.grnti()[code].inside(one) for one in LANGUAGES) for code in first)
    second = [code for code in subjects.grnti() if len(code) == 5]
    assert len(second) == 855
    assert len(first) + len(second) == len(subjects.grnti())
    for code in second:
        name = subjects.grnti()[code]
        assert code[:2] in first
        assert re.fullmatch(r"[A-Z][^а-яё]*[^а-яё\s]", name.en), code
        assert re.search(r"[а-яё]", name.ru), code
        assert name.original == "ru"


@pytest.mark.realdata
def test_grnti_codes_and_names_are_those_of_the_rubricator(realdata: Path) -> None:
    given = json.loads((realdata / "vocabularies/grnti/GRNTI_2_ru.json").read_text("utf-8"))
    there = {code: name for code, name in given.items() if "Исключено" not in name}
    ours = {code: name.ru for code, name in subjects.grnti().items() if len(code) == 5}
    assert {code: _letters(name) for code, name in ours.items()} == {c: _letters(n) for c, n in there.items()}


def _letters(name: str) -> str:
    """Without the hyphens of print, which the list still has in the middle of words."""
    return re.sub(r"[^а-яёa-z0-9]", "", name.casefold())


def test_label_of_unknown_code_is_the_code() -> None:
    assert vocabularies.label("dataset_type", "nonsense", "kk") == "nonsense"
    assert vocabularies.label("grnti", "99.99", "ru") == "99.99"
    with pytest.raises(KeyError):
        vocabularies.label("no-such-list", "x", "kk")


def test_label_says_in_which_language_it_is() -> None:
    assert vocabularies.label_of("grnti", "06.35", "kk").language == "ru"
    assert vocabularies.label("theme", "science", "kk") == "Ғылым және зерттеулер"


@pytest.mark.parametrize("vocabulary", ["dataset_type", "theme", "frequency"])
def test_no_alias_is_claimed_twice(vocabulary: str) -> None:
    assert vocabularies._spellings(vocabulary)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("Microsoft Excel", "", ""), "XLSX"),
        ((".xlsx", "", ""), "XLSX"),
        (("Excel", "", "old.xls"), "XLS"),
        (("text/csv; charset=utf-8", "", ""), "CSV"),
        (("http://publications.europa.eu/resource/authority/file-type/CSV", "", ""), "CSV"),
        (("application/pdf https://example.org/a b.pdf", "", ""), "PDF"),
        (("", "application/octet-stream", "Отчёт.PDF"), "PDF"),
        (("", "text/plain", "table.csv"), "CSV"),
        (("", "http://www.iana.org/assignments/media-types/text/csv", ""), "CSV"),
        (("", "", "https://example.org/get.php?x=1"), ""),
        (("", "", "archive.tar.gz"), "GZIP"),
        (("geojson", "", ""), "GeoJSON"),
        (("Esri REST", "", ""), "ArcGIS REST"),
        (("CSV/XLSX", "", ""), "CSV"),
        (("hdfjpg", "", ""), ""),
        (("151500", "", ""), ""),
        (("", "", ""), ""),
    ],
)
def test_format_has_one_short_name(given: tuple[str, str, str], expected: str) -> None:
    assert vocabularies.format_of(*given) == expected


def test_formats_are_unambiguous_and_have_media_types() -> None:
    assert formats.spellings()
    for name in formats.formats():
        assert vocabularies.format_of(name) == name
        assert vocabularies.format_of("", vocabularies.media_type_of(name)) == name
    assert vocabularies.media_type_of("nothing") == "application/octet-stream"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kaz", "kk"),
        ("en_US", "en"),
        ("ru-RU", "ru"),
        ("Қазақ тілі", "kk"),
        ("казахский", "kk"),
        ("орыс тілі", "ru"),
        ("Spanish, Castilian", "es"),
        ("http://publications.europa.eu/resource/authority/language/KAZ", "kk"),
        ("ger", "de"),
        ("oty", "oty"),
        ("other", ""),
        ("", ""),
        ("\x00", ""),
    ],
)
def test_language_has_one_code(text: str, expected: str) -> None:
    assert vocabularies.language_code(text) == expected


def test_language_is_named_in_three_languages() -> None:
    name = vocabularies.language_name("kk")
    assert (name.kk, name.ru, name.en) == ("қазақ тілі", "казахский", "Kazakh")
    assert vocabularies.language_name("oty").en == "oty"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Қазақстандағы су ресурстары", "kk"),
        ("Білім беру", "kk"),
        ("Анализ рынка труда", "ru"),
        ("Отчёт о научно-исследовательской работе", "ru"),
        ("Water resources of Kazakhstan", "en"),
        ("Аналіз ринку праці", ""),
        ("Analyse des ressources en eau", ""),
        ("Die Entwicklung der Städte", ""),
        ("GIS", ""),
        ("2019", ""),
        ("", ""),
    ],
)
def test_language_of_a_title_is_guessed_or_left_open(text: str, expected: str) -> None:
    assert languages.detect_language(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Отчёт", DatasetType.REPORT),
        ("info:eu-repo/semantics/report", DatasetType.REPORT),
        ("http://purl.org/coar/resource_type/c_18ws", DatasetType.REPORT),
        ("https://purl.org/coar/resource_type/c_2df8fbb1", DatasetType.ARTICLE),
        ("http://purl.org/dc/dcmitype/Dataset", DatasetType.DATASET),
        ("StillImage", DatasetType.IMAGE),
        ("info:eu-repo/semantics/masterThesis", DatasetType.THESIS),
        ("info:eu-repo/semantics/other", DatasetType.OTHER),
        ("info:eu-repo/semantics/publishedVersion", None),
        ("Text", None),
        ("", None),
    ],
)
def test_type_is_read_from_the_lists_that_repositories_use(text: str, expected: DatasetType | None) -> None:
    assert vocabularies.type_of(text) == expected


def test_theme_is_read_from_uri_group_name_and_word() -> None:
    assert vocabularies.theme_of("http://publications.europa.eu/resource/authority/data-theme/ENVI") == "environment"
    assert vocabularies.theme_of("umwelt-und-klima") == "environment"
    assert vocabularies.theme_of("Экономика") == "economy"
    assert vocabularies.theme_of("нечто") is None
    assert vocabularies.theme_uri("science").endswith("/TECH")
    assert vocabularies.theme_uri("nothing") == ""


def test_frequency_is_read_from_uri_duration_and_word() -> None:
    assert vocabularies.frequency_of("http://purl.org/cld/freq/monthly") == "monthly"
    assert vocabularies.frequency_of("R/P1Y") == "annual"
    assert vocabularies.frequency_of("Ежегодно") == "annual"
    assert vocabularies.frequency_of("when the moon is full") == ""
    assert vocabularies.frequency_uri("annual").endswith("/ANNUAL")


def test_subject_codes_know_what_they_belong_to() -> None:
    assert subjects.grnti_codes("МРНТИ 06.35.51, 06.75; 99.01") == ("06.35.51", "06.75")
    assert subjects.subject_path("06.35.51") == ("06", "06.35", "06.35.51")
    assert subjects.subject_label("grnti", "06.35.51") == subjects.grnti()["06.35"]
    assert subjects.ford_code("1.02.00") == "1.2"
    assert subjects.ford_code("5") == "5"
    assert subjects.ford_code("") == ""
    assert subjects.subject("ford", "1.02.01").label.en == "Computer and information sciences"
    assert subjects.subject("strange", "x").scheme == "other"
