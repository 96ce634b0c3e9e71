"""Title pages in the shape of GOST 7.32, in Russian and Kazakh; other pages give nothing."""

from __future__ import annotations

import pytest

from opendata.catalog.records import ResourceRole
from opendata.reading.contract import Properties
from opendata.reading.titlepage import TitlePage, plausible_title, read
from tests.reading.conftest import ENGLISH, KAZAKH, RUSSIAN

FINAL_RU = """МИНИСТЕРСТВО ВОДНЫХ РЕСУРСОВ И ИРРИГАЦИИ РЕСПУБЛИКИ КАЗАХСТАН
Комитет по регулированию использования водных ресурсов
НАУЧНО-ИССЛЕДОВАТЕЛЬСКИЙ ИНСТИТУТ РЕЧНОГО СТОКА
(НИИРС)

УДК 556.3; 628.112
МРНТИ 70.27.13
№ госрегистрации 0121РК00417
Инв. № 0223РК00098

УТВЕРЖДАЮ
Директор института
__________ Б.К. Сарсенов
«15» декабря 2023 г.

ОТЧЕТ
О НАУЧНО-ИССЛЕДОВАТЕЛЬСКОЙ РАБОТЕ

ОЦЕНКА ЗАПАСОВ ПОДЗЕМНЫХ ВОД
ПРАВОБЕРЕЖЬЯ НИЖНЕЙ СЫРДАРЬИ
(заключительный)

Руководитель НИР,
д-р геол.-минерал. наук ____________ А.М. Жумабаев
подпись, дата

Кызылорда 2023
"""

INTERIM_RU = """Министерство сельского хозяйства
ТОО «Опытный центр степного земледелия»

УДК 631.4
Рег. № НИОКТР 121041500123-4
Рег. № ИКРБС 223020100045-6

ОТЧЁТ О НАУЧНО-ИССЛЕДОВАТЕЛЬСКОЙ РАБОТЕ
«Состав почв Костанайской области и меры против эрозии»
по теме:
Влияние полезащитных полос на влажность почвы
(промежуточный, этап 2)

Научный руководитель Т.Ж. Ахметова
Нормоконтролер И.П. Быков

г. Костанай, 2024 г.
"""

FINAL_KK = """ҚАЗАҚСТАН РЕСПУБЛИКАСЫНЫҢ ҒЫЛЫМ ЖӘНЕ ЖОҒАРЫ БІЛІМ МИНИСТРЛІГІ
Дала экологиясы институты

ӘОЖ 504.06
ҒТАМР 87.15.03
ЖТН AP19670001
Мемлекеттік тіркеу № 0123РК00777

БЕКІТЕМІН
Институт директоры
_________ С.Қ. Әбдіраманов

ҒЫЛЫМИ-ЗЕРТТЕУ ЖҰМЫСЫ ТУРАЛЫ ЕСЕП

Өзен алабындағы топырақтың тұздануын бағалау
(қорытынды)

Жоба жетекшісі, PhD ____________ Г.Ө. Қасымова

Алматы 2025
"""


def values(page: TitlePage) -> dict[str, str]:
    return {name: getattr(page, name).value for name in TitlePage.__slots__ if getattr(page, name)}


def test_final_report_in_russian() -> None:
    assert values(read([FINAL_RU])) == {
        "register_number": "0121РК00417",
        "report_number": "0223РК00098",
        "udc": "556.3; 628.112",
        "grnti": "70.27.13",
        "organisation": "НАУЧНО-ИССЛЕДОВАТЕЛЬСКИЙ ИНСТИТУТ РЕЧНОГО СТОКА (НИИРС)",
        "title": "ОЦЕНКА ЗАПАСОВ ПОДЗЕМНЫХ ВОД ПРАВОБЕРЕЖЬЯ НИЖНЕЙ СЫРДАРЬИ",
        "kind": "final_report",
        "city": "Кызылорда",
        "year": "2023",
        "leader": "А.М. Жумабаев",
    }
    assert read([FINAL_RU]).role is ResourceRole.FINAL_REPORT


def test_interim_report_names_its_own_topic() -> None:
    assert values(read([INTERIM_RU])) == {
        "register_number": "121041500123-4",
        "report_number": "223020100045-6",
        "udc": "631.4",
        "organisation": "ТОО «Опытный центр степного земледелия»",
        "title": "Влияние полезащитных полос на влажность почвы",
        "kind": "interim_report",
        "city": "Костанай",
        "year": "2024",
        "leader": "Т.Ж. Ахметова",
    }


def test_final_report_in_kazakh() -> None:
    assert values(read([FINAL_KK])) == {
        "register_number": "0123РК00777",
        "project_number": "AP19670001",
        "udc": "504.06",
        "grnti": "87.15.03",
        "organisation": "Дала экологиясы институты",
        "title": "Өзен алабындағы топырақтың тұздануын бағалау",
        "kind": "final_report",
        "city": "Алматы",
        "year": "2025",
        "leader": "Г.Ө. Қасымова",
    }


def test_title_page_may_be_the_second_or_third_page() -> None:
    assert read(["", "Обложка", FINAL_RU]).register_number.value == "0121РК00417"
    assert not read(["", "", "", FINAL_RU])


def test_state_number_is_one_whichever_alphabet_it_is_typed_in() -> None:
    assert read([FINAL_RU.replace("0121РК00417", "0121PK00417")]).register_number.value == "0121РК00417"


def test_every_field_says_how_sure_it_is() -> None:
    page = read([FINAL_RU])
    assert all(0.5 <= getattr(page, name).confidence < 1 for name in values(page))
    assert page.register_number.confidence > page.organisation.confidence


def test_page_without_labels_and_names_gives_only_what_is_certain() -> None:
    page = read(["ОТЧЕТ\nО НАУЧНО-ИССЛЕДОВАТЕЛЬСКОЙ РАБОТЕ\n\nВведение\n" + RUSSIAN])
    assert values(page) == {}


def test_blank_forms_are_not_filled() -> None:
    form = FINAL_RU.replace("0121РК00417", "________").replace("0223РК00098", "").replace("А.М. Жумабаев", "______")
    page = read([form])
    assert not page.register_number
    assert not page.report_number
    assert not page.leader


@pytest.mark.parametrize(
    "text",
    [
        RUSSIAN,
        KAZAKH,
        "Отчет о научно-исследовательской работе университета за 2020 год содержит УДК 004.8 и № госрегистрации.",
        "УДК 556.3\nА.М. Жумабаев\nСТАТЬЯ О СТОКЕ\nАлматы 2020",
        "О налоговых ставках\nРешение маслихата города Тараз от 31 октября 2025 года № 33-4",
        "",
        "\n" * 5000,
    ],
)
def test_other_documents_have_no_title_page(text: str) -> None:
    assert not read([text])


def test_hostile_text_takes_no_time() -> None:
    for text in ("УДК " + "1." * 50_000, "(" * 50_000, "Руководитель НИР " * 3000, "А." * 50_000, "1;" * 50_000):
        assert not read([text]).register_number
        read([FINAL_RU.replace("УДК 556.3; 628.112", text)])


def test_stated_title_counts_where_the_first_page_bears_it_out() -> None:
    page = "Groundwater levels of the river basin\n" + ENGLISH
    assert plausible_title([page], Properties(title="Groundwater levels of the river basin")).value.startswith("Ground")
    assert not plausible_title([page], Properties(title="Something else altogether here"))
    assert not plausible_title([page], Properties(title="Microsoft Word - groundwater levels of the river.doc"))
    assert not plausible_title([page], Properties())
    assert not plausible_title([], Properties(title="Groundwater levels of the river"))
