"""Stamps are told from prose that talks about stamps."""

from __future__ import annotations

import pytest

from opendata.catalog.sensitive import in_pages, in_sheet

REPORT = "Отчёт о научно-исследовательской работе\nВодные ресурсы бассейна\nАлматы 2024\n" + "Текст о стоке.\n" * 30

MARKS = [
    "Для служебного пользования",
    "ДЛЯ СЛУЖЕБНОГО ПОЛЬЗОВАНИЯ\nЭкз. № 3",
    "Для служебного пользования. Экз. № 12",
    "Для служебного пользования (по заполнении)",
    "Для служебного\nпользования",
    "Для\nслужебного\nпользования",
    "**Для служебного пользования**",
    "| | Для служебного пользования |",
    "УДК 631.6 Для служебного пользования",
    "УДК 631.6        Для служебного пользования",
    "Министерство водных ресурсов\t Для служебного пользования",
    "Для служебного пользовання",
    "Для службeбного поль3ования",
    "Д Л Я  С Л У Ж Е Б Н О Г О  П О Л Ь З О В А Н И Я",
    "С Е К Р Е Т Н О",
    "С Е К Р Е Т Н О   Экз. № 1",
    "С  Е  К  Р  Е  Т  Н  О",
    "CEKPETHO",
    "CЕКРЕТН0",
    "Секретно",
    "Гриф: Секретно",
    "Совершенно секретно\nЭкз. единственный",
    "Особой важности",
    "Қызмет бабында пайдалану үшін",
    "Кызмет бабында пайдалану ушин",
    "ҚЫЗМЕТ БАБЫНДА\nПАЙДАЛАНУ ҮШІН",
    "Қызмет бабында пайдалану үшін / Для служебного пользования",
    "ҚБП\nДана № 2",
    "ДСП\nЭкз. № 1",
    "(ДСП)",
    "ДСП",
    "Құпия",
    "Өте құпия",
    "Аса маңызды",
    "Коммерческая тайна",
    "Коммерциялық құпия",
    "Не подлежит разглашению",
    "Жариялауға жатпайды",
    "№ 12-3/345-дсп",
    "For official use only",
    "STRICTLY CONFIDENTIAL",
]

PROSE = [
    "О государственных секретах",
    "Мемлекеттік құпиялар туралы",
    "Несекретно",
    "Не секретно",
    "Гриф секретности: не секретно",
    "Құпия емес",
    "конфиденциально",
    "Документы с пометкой «Для служебного пользования» хранятся отдельно.",
    "Документ с пометкой Для служебного пользования",
    "«Совершенно секретно»;",
    "«Секретно».",
    "- Секретно",
    "1) Секретно",
    "Сведения совершенно секретно передавались в Москву",
    "Конфиденциальность гарантируется органами государственной статистики",
    "Құпиялылығына кепілдік беріледі",
    "3. Коммерческая тайна",
    "Закон о коммерческой тайне",
    "Плиты ДСП и МДФ",
    "Производство ДСП",
    "Степень секретности документов для служебного пользования",
    "Книга для служебного пользования музеев",
    "Экз. № 3",
    "Секретарь совета",
    "The data are confidential",
]


@pytest.mark.parametrize("mark", MARKS)
def test_a_stamp_above_a_report_is_found(mark: str) -> None:
    found = in_pages([f"{mark}\n{REPORT}"])
    assert [(one.code, one.place, one.blocks) for one in found] == [("restricted", "page 1", True)]


@pytest.mark.parametrize("prose", PROSE)
def test_talk_of_secrecy_is_no_stamp(prose: str) -> None:
    assert in_pages([f"{prose}\n{REPORT}"]) == []


@pytest.mark.parametrize("mark", ["Секретно", "ДСП", "Құпия", "Коммерческая тайна"])
def test_a_single_word_deep_in_the_page_is_a_heading(mark: str) -> None:
    text = "Строка текста отчёта.\n" * 20
    assert in_pages([f"{text}{mark}\n{text}"]) == []
    assert in_pages([f"{text}{mark}\nЭкз. № 2\n{text}"]) != []


def test_a_phrase_counts_wherever_it_stands_alone_on_the_first_pages() -> None:
    text = "Строка текста отчёта.\n" * 20
    marked = f"{text}Для служебного пользования\n{text}"
    assert [one.place for one in in_pages([text, text, marked])] == ["page 3"]
    assert in_pages([text, text, text, marked]) == []


def test_a_stamp_in_a_frame_may_come_out_last() -> None:
    assert in_pages([REPORT + "Секретно\n"]) != []


def test_a_sheet_is_marked_above_its_table() -> None:
    rows = [(1, ("", "", "Для служебного пользования")), (2, ("Объект", "Сумма")), (3, ("Мост", "12"))]
    assert [(one.code, one.place) for one in in_sheet("Лист1", rows)] == [("restricted", "Лист1!C1")]
    assert [one.code for one in in_sheet("", [(1, ("ДСП", "Экз. № 1")), *rows[1:]])] == ["restricted"]


def test_chipboard_in_a_table_is_no_stamp() -> None:
    rows = [(1, ("Материал", "Объём")), (2, ("ДСП", "120")), (3, ("МДФ", "80")), (4, ("Секретно", "1"))]
    assert in_sheet("Лист1", rows) == []
