"""Which language a text is in: titles by letters, prose by its words."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from opendata.catalog.languages import detect_language

RUSSIAN = (
    "В отчёте о научно-исследовательской работе приведены результаты изучения водного баланса реки Жайық и озера "
    "Балқаш, выполненного по договору с акиматом области. Рассмотрены расход воды, её качество и прогноз до 2030 года. "
)
KAZAKH = (
    "Есепте Жайық өзенінің су балансын зерттеу нәтижелері келтірілген, жұмыс облыс әкімдігімен жасалған шарт бойынша "
    "орындалды. Судың шығыны, оның сапасы және 2030 жылға дейінгі болжам қарастырылды, ұсыныстар берілді. "
)
ENGLISH = (
    "The report gives the results of a study of the water balance of the river Zhaiyq and of lake Balqash, which was "
    "made for the regional government by the Institute. El Nino, Sao Paulo and a da Vinci bridge do not matter here. "
)


@pytest.mark.parametrize(("text", "language"), [(RUSSIAN, "ru"), (KAZAKH, "kk"), (ENGLISH, "en")])
def test_prose_is_judged_by_its_words(text: str, language: str) -> None:
    assert detect_language(text) == language
    assert detect_language(text * 200) == language


def test_russian_report_full_of_kazakh_names_is_russian() -> None:
    names = "Исполнители: Қуанышбаева Ә.Ғ., Мұхамбетқұлов Ө.І., Үсенұлы Ұлан, Әбдіғали Құралай. "
    assert detect_language((RUSSIAN + names) * 5) == "ru"


def test_language_of_most_paragraphs_wins() -> None:
    assert detect_language(RUSSIAN * 3 + KAZAKH) == "ru"
    assert detect_language(KAZAKH * 3 + RUSSIAN) == "kk"


def test_cover_in_another_language_does_not_decide() -> None:
    assert detect_language(KAZAKH * 2 + RUSSIAN * 300) == "ru"


def test_table_in_russian_has_no_small_words_and_is_russian() -> None:
    assert (
        detect_language("Область Акмолинская Актюбинская Алматинская Всего мужчины женщины рабочих служащих " * 20)
        == "ru"
    )


def test_accents_and_small_words_of_names_do_not_make_english_foreign() -> None:
    assert detect_language(ENGLISH + "Hercig, Toma\u0161; Lef\u00e8vre") == "en"


@pytest.mark.parametrize("text", ["Lorem ipsum dolor sit amet, consetetur et accusam " * 10, "1 2 3 4 " * 100, ""])
def test_nothing_is_better_than_a_guess(text: str) -> None:
    assert detect_language(text) == ""


@pytest.mark.realdata
def test_declarations_of_human_rights(realdata: Path) -> None:
    wanted = {"kaz": "kk", "rus": "ru", "eng": "en", "deu": "de", "fra": "fr", "spa": "es", "ita": "it", "nld": "nl"}
    with zipfile.ZipFile(realdata / "documents/udhr/udhr2.zip") as archive:
        texts = {Path(name).stem: archive.read(name).decode() for name in archive.namelist() if name.endswith(".txt")}
    assert {name: detect_language(texts[name]) for name in wanted} == wanted
    for name in ("ukr", "bel", "bul", "mkd", "srp_cyrl", "kir", "tat", "tgk", "uzn_cyrl", "khk", "sah"):
        assert detect_language(texts[name]) == "", name
    for name in ("kaz", "rus", "eng"):
        paragraphs = [part for part in texts[name].splitlines() if len(part) > 60]
        assert {detect_language(part) for part in paragraphs} == {wanted[name]}


@pytest.mark.realdata
def test_acts_in_two_languages(realdata: Path) -> None:
    for path in (realdata / "documents/kk-ru-acts").glob("*.txt"):
        assert detect_language(path.read_text("utf-8")) == ("kk" if ".kaz." in path.name else "ru"), path.name
