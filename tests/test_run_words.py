"""Messages of runs, reasons of links and of files not read: stored in English, read back, shown in three languages."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from opendata.catalog.run_words import FIELDS, NESTED, REASONS, Part, in_language, parts
from opendata.catalog.tables import table
from opendata.catalog.values import LANGUAGES

GIVEN = {
    "number": "1200", "total": "13000", "status": "404", "errno": "-2", "share": "20%", "word": "ValueError",
    "address": "https://example.org/a?b=c:d", "format": "PDF", "wanted": "ab12", "arrived": "cd34",
    "inside": "sixteen bytes", "said": "whatever it says", "sheet": "'Лист 1'",
}  # fmt: skip
ROOT = Path(__file__).parent.parent / "opendata"
FETCHING = ("client", "answers", "guard", "transfer", "transport", "decoding")
RAISED = {"FetchError", "TooLarge", "RefusedAddress", "BadEncoding", "ConnectError", "ConnectTimeout", "ReadTimeout"}
EVERY = [(name, code) for name in ("run_messages", *REASONS) for code in table(name)]


def _names(template: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(template) if name)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("name", "code"), EVERY)
def test_every_template_is_found_again_and_told_in_each_language(name: str, code: str, language: str) -> None:
    words = table(name)[code]
    assert in_language(words["en"].format(**GIVEN), language) == words[language].format(**GIVEN)


@pytest.mark.parametrize(("name", "code"), EVERY)
def test_every_template_names_the_same_things_in_each_language(name: str, code: str) -> None:
    words = table(name)[code]
    assert len({tuple(_names(words[language])) for language in LANGUAGES}) == 1
    assert set(_names(words["en"])) <= set(FIELDS)
    assert all(
        not one or words["en"].endswith((f"{{{one}}}", f"({{{one}}})")) for one in _names(words["en"]) if one in NESTED
    )


def test_sentences_that_follow_each_other_are_each_told() -> None:
    text = (
        "8 of 10 records would be withdrawn: more than 20%. A person must say so. 3 records are missing and still have "
        "time to come back. The first 10000 of 12345 problems were kept."
    )
    assert [part.language for part in parts(text, "ru")] == ["ru"]
    assert in_language(text, "ru").endswith("Сохранены первые проблемы: 10000 из 12345.")


def test_an_answer_of_a_server_is_told_within_what_a_harvester_says() -> None:
    text = "page 3 of the listing could not be read: https://a.kz/oai answered 503: Service Unavailable"
    told = "страница 3 списка не прочитана: https://a.kz/oai отвечает 503: служба временно недоступна"
    assert parts(text, "ru") == (Part(told, "ru"),)


def test_a_reason_is_told_before_another_sentence() -> None:
    text = "https://a.kz did not answer: time-out (nothing came for 30 seconds) The first 10 of 20 problems were kept."
    told = (
        "https://a.kz не отвечает: время ожидания вышло (за 30 с ничего не пришло) Сохранены первые проблемы: 10 из 20."
    )
    assert parts(text, "ru") == (Part(told, "ru"),)


def test_what_only_a_server_says_stays_english_and_says_so() -> None:
    assert parts("404 Nothing <b>here</b>", "ru") == (Part("404 ", "ru"), Part("Nothing <b>here</b>", "en"))
    assert parts("the repository is asleep", "kk") == (Part("the repository is asleep", "en"),)
    assert parts("Gone with the wind", "ru") == (Part("Gone with the wind", "en"),)


def test_what_is_stored_is_told_as_it_is_to_those_who_read_english() -> None:
    assert parts("Cancelled.", "en") == (Part("Cancelled.", "en"),)
    assert parts("", "en") == parts("", "ru") == ()


@pytest.mark.parametrize(
    "piece",
    [
        "x answered 500: ",
        "a" * 4000,
        "https://a.kz ",
        "time-out (",
        "1 of 2 records ",
        "Unexpected X: ",
        "A web page ",
        "\x00\n",
    ],
)
def test_hostile_messages_take_no_time(piece: str) -> None:
    begun = time.monotonic()
    in_language((piece * 4000)[:4000], "kk")
    assert time.monotonic() - begun < 1


def _calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield getattr(node.func, "id", getattr(node.func, "attr", "")), node


def _said(node: ast.expr) -> str:
    """What an expression says, with 7 for whatever differs; "" for what is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_said(value) if isinstance(value, ast.Constant) else "7" for value in node.values)
    return ""


@pytest.mark.parametrize("module", FETCHING)
def test_all_that_fetching_may_say_is_known(module: str) -> None:
    calls = [call for name, call in _calls(ROOT / "harvesting" / f"{module}.py") if name in (*RAISED, "_error")]
    texts = [text for call in calls for one in call.args if (text := _said(one))]
    assert texts
    english = {part.text for text in texts for part in parts(text, "ru") if part.language == "en"}
    assert english <= {"7"}


READING = ("documents", "extract", "markup", "ocr", "packages", "pdf", "process", "recognition", "wordpart")
STOPS = {"Stop", "ChildGone", "failed", "too_large"}


@pytest.mark.parametrize("module", READING)
def test_all_that_the_reading_of_texts_may_say_is_known(module: str) -> None:
    calls = [call for name, call in _calls(ROOT / "reading" / f"{module}.py") if name in {*STOPS, "replace", "append"}]
    said = [one for call in calls for one in [*call.args, *(word.value for word in call.keywords)]]
    texts = [text for one in said if " " in (text := _said(one))]
    assert texts
    assert {part.text for text in texts for part in parts(text, "ru") if part.language == "en"} <= {"7"}


def test_several_reasons_are_each_told() -> None:
    text = "page 3: the page cannot be recognised: out of ink; page 14: it took longer than the limit of time"
    told = (
        Part("страница 3: страница не распознана: ", "ru"),
        Part("out of ink; ", "en"),
        Part("страница 14: чтение заняло больше отведённого времени", "ru"),
    )
    assert parts(text, "ru") == told


def test_what_the_services_say_has_a_template_with_these_names() -> None:
    tables, made = {"sentence": "run_messages", "reason": "link_reasons"}, 0
    for path in (ROOT / "services").glob("*.py"):
        for name, call in _calls(path):
            if name in tables and call.args and isinstance(call.args[0], ast.Constant):
                template = table(tables[name])[str(call.args[0].value)]["en"]
                assert sorted(str(word.arg) for word in call.keywords) == _names(template), (path.name, template)
                made += 1
    assert made > 25
