"""Every problem that a harvest can report has words in Kazakh, Russian and English."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from opendata.catalog.problem_words import entry, in_words, saying
from opendata.catalog.tables import table
from opendata.catalog.values import LANGUAGES

ROOT = Path(__file__).parent.parent
ALL_OF = ("harvesters", "opendata/harvesting", "opendata/catalog", "opendata/reading")
SERVICES = ("harvest*", "ingest", "preparing", "merging", "combining", "placing", "fetching", "withdrawing")
MADE_ELSEWHERE = {"option-unknown", "option-value"}
"""Codes of forms, which opendata/web/wording.py has words for."""


@cache
def trees() -> dict[str, ast.Module]:
    """What a harvested record passes through, by path."""
    paths = [path for place in ALL_OF for path in (ROOT / place).rglob("*.py")]
    paths += [path for name in SERVICES for path in (ROOT / "opendata/services").glob(f"{name}.py")]
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text("utf-8")) for path in sorted(paths)}


def makers() -> dict[str, int]:
    """Where the code stands in the call of whatever takes one: Problem itself, and functions that hand it on."""
    found = {"Problem": 0}
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                names = [one.arg for one in node.args.args if one.arg != "self"]
                if "code" in names and node.name not in ("in_words", "entry", "sentence", "reason"):
                    found[node.name] = names.index("code")
    return found


def constants() -> dict[str, str]:
    """Codes that have a name."""
    found: dict[str, str] = {}
    for tree in trees().values():
        for node in tree.body:
            if isinstance(node, ast.Assign):
                names = [name for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
                values = [value.value for value in ast.walk(node.value) if isinstance(value, ast.Constant)]
                found |= {name.id: str(value) for name, value in zip(names, values, strict=False)}
    return found


def defaults() -> Iterator[tuple[str, str]]:
    """Codes that are taken where a call names none."""
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.args.defaults:
                given = zip(node.args.args[-len(node.args.defaults) :], node.args.defaults, strict=True)
                for argument, value in given:
                    if argument.arg == "code" and isinstance(value, ast.Constant) and value.value:
                        yield str(value.value), path


def said() -> Iterator[tuple[str, str]]:
    """Every code with the module that says it."""
    yield from defaults()
    positions, named = makers(), constants()
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name not in positions:
                continue
            given = [word.value for word in node.keywords if word.arg == "code"] or node.args[positions[name] :][:1]
            for one in given:
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield one.value, path
                elif isinstance(one, ast.Name) and one.id in named:
                    yield named[one.id], path


def test_every_code_has_words() -> None:
    missing = {code: path for code, path in said() if not entry(code) and code not in MADE_ELSEWHERE}
    assert len(set(said())) > 30, "the codes were not found"
    assert not missing, f"no block in record_problems.toml: {missing}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_filled_and_say_what_to_do(language: str) -> None:
    for code in table("record_problems"):
        words = in_words(code, "the message", "", language, field="title", value="х<y")
        assert words.language == language, code
        assert words.message, code
        assert words.hint, code
        assert not {"{", "}"} & set(words.message + words.hint), code


def test_what_has_no_words_is_shown_as_it_was_made() -> None:
    words = in_words("made-up", "something odd", "mend it", "kk")
    assert (words.message, words.hint, words.language) == ("something odd", "mend it", "en")


def test_words_that_quote_a_value_are_no_use_without_it() -> None:
    assert in_words("bad_bin", "no BIN", "", "ru").language == "en"
    assert "123" in in_words("bad_bin", "no BIN", "", "ru", value="123").message


def test_problems_are_found_by_the_words_that_the_reader_sees() -> None:
    assert "unknown_license" in saying("ЛИЦЕНЗИЯ", "ru")
    assert "unknown_license" not in saying("ЛИЦЕНЗИЯ", "en")


def test_a_message_that_only_repeats_the_words_is_left_out() -> None:
    assert in_words("identifier-missing", "the record has no identifier", "", "ru").message == (
        "У записи нет идентификатора"
    )
    assert in_words("identifier-missing", "the dataset has no identifier.", "", "en").message == (
        "The record has no identifier"
    )
    assert "line 7" in in_words("identifier-missing", "line 7: the dataset has no identifier", "", "ru").message


def test_what_is_known_within_a_message_is_told_in_the_same_language() -> None:
    said = "https://a.kz/1 answered 404: Not Found"
    words = in_words("dataset-not-described", said, "", "ru")
    assert words.message.endswith("не получено: https://a.kz/1 отвечает 404: не найдено")
