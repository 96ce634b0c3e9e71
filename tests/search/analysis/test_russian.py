from __future__ import annotations

import subprocess
import sys

import pytest

from opendata.search.analysis import russian
from opendata.search.analysis.snowball import english_beginning, english_stem


@pytest.mark.parametrize(
    ("forms", "lemma"),
    [
        ("вода воды воде водой", "вода"),
        ("исследования исследованиям исследованию", "исследование"),
        ("люди людей человеку", "человек"),
        ("елка елками", "елка"),
    ],
)
def test_forms_have_one_dictionary_form(forms: str, lemma: str) -> None:
    assert {russian.lemmas(form)[0] for form in forms.split()} == {lemma}


def test_a_word_of_two_readings_has_both() -> None:
    assert {"стекло", "стечь"} <= set(russian.lemmas("стекло"))


def test_unknown_words_have_a_form_too() -> None:
    assert russian.lemmas("кванторизаторами")[0] == "кванторизатор"
    assert russian.lemmas("щщщщ")


@pytest.mark.parametrize("forms", ["вода воде водой", "идти шел идем шедший", "человек людей", "лед льда"])
def test_every_form_has_one_of_the_beginnings(forms: str) -> None:
    first, *others = forms.split()
    assert all(form.startswith(russian.beginnings(first)) for form in others)


def test_the_version_names_the_dictionary() -> None:
    assert russian.version().startswith("pymorphy3-dicts-ru-")


def test_without_the_dictionary_stems_are_snowballs() -> None:
    code = """if True:
        import sys
        from importlib import metadata
        found = metadata.version
        def missing(name):
            if name.startswith("pymorphy3"):
                raise metadata.PackageNotFoundError(name)
            return found(name)
        metadata.version = missing
        from opendata.search.analysis import default_analyser, russian
        assert russian.version() == "snowball"
        assert default_analyser().version.endswith("snowball")
        assert russian.lemmas("исследованиями") == russian.lemmas("исследование") == ("исследован",)
        assert russian.beginnings("исследование") == ("исследован",)
        assert "pymorphy3" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_english_stems_and_beginnings() -> None:
    assert english_stem("studies") == english_stem("study") == "studi"
    assert "studies".startswith(english_beginning("study"))
