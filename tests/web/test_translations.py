"""Every word of the site stands in Kazakh and Russian, complete and with the same placeholders."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages import pofile
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.plurals import get_plural

ROOT = Path(__file__).parents[2]
KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None, "_n": (1, 2)}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


@cache
def extracted() -> frozenset[str | tuple[str, ...]]:
    """Every message of the templates and the code, as its id."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(str(ROOT), methods, options, KEYWORDS)
    return frozenset(message_id for _, _, message_id, _, _ in found)


@cache
def translated(language: str) -> Catalog:
    """The messages of `language`."""
    path = ROOT / f"opendata/translations/{language}/LC_MESSAGES/messages.po"
    with path.open("rb") as file:
        return pofile.read_po(file, locale=language)


def _strings(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, tuple | list) else (message.string,)


def _ids(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, tuple | list) else (message.id,)


def test_messages_are_found() -> None:
    assert len(extracted()) > 200


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_no_message_is_missing_empty_or_fuzzy(language: str) -> None:
    catalog = translated(language)
    wrong = []
    for message_id in extracted():
        message = catalog.get(message_id[0] if isinstance(message_id, tuple) else message_id)
        if message is None or message.fuzzy or not all(_strings(message)):
            wrong.append(message_id)
    assert wrong == []


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_no_message_is_left_over(language: str) -> None:
    known = {message_id[0] if isinstance(message_id, tuple) else message_id for message_id in extracted()}
    assert [_ids(m)[0] for m in translated(language) if m.id and _ids(m)[0] not in known] == []


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_placeholders_are_those_of_the_original(language: str) -> None:
    for message in translated(language):
        wanted = set(PLACEHOLDER.findall(_ids(message)[-1])) if message.id else set()
        assert all(set(PLACEHOLDER.findall(text)) == wanted for text in _strings(message) if message.id), message.id


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_counted_messages_have_every_plural_form(language: str) -> None:
    forms = get_plural(language).num_plurals
    assert all(len(_strings(m)) == forms for m in translated(language) if isinstance(m.id, tuple | list))


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_translations_are_in_their_script(language: str) -> None:
    cyrillic = re.compile("[А-Яа-яЁёӘәҒғҚқҢңӨөҰұҮүҺһІі]")
    same_everywhere = {"DOI", "ISBN", "ISSN", "ORCID", "URN", "Handle", "PDF"}
    same_everywhere |= {"DataCite REST API", "data.egov.kz (API v4)", "data.json (DCAT-US)"}
    left = [m.id for m in translated(language) if m.id and m.id not in same_everywhere]
    assert [i for i in left if not cyrillic.search(_strings(translated(language).get(i))[0])] == []


OF_OTHERS = {
    "Harvest only these organisations (their names in the portal's URLs).",
    "Leave these organisations out.",
    "Only datasets of this agency (its id in the portal).",
}
"""Said of another portal, in its own words."""

TERMS = {
    r"(?<!government )\bagenc(y|ies)\b": ({"ru": "ведомств", "kk": "орган"}, {"ru": "организац", "kk": "мекеме|ұйым"}),
    r"\breviewers?\b": ({"ru": "рецензент", "kk": "рецензент"}, {"ru": "ревьюер", "kk": "тексеруші"}),
    r"\bdrafts?\b": ({"ru": "черновик", "kk": "нобай"}, {"ru": "проект", "kk": "жоба"}),
    r"\baccounts?\b": ({"ru": "учётн", "kk": "тіркел"}, {}),
    r"(?<!e.g. )\bdatasets?\b(?!/)": ({"ru": "набор|запис", "kk": "жиынт"}, {"kk": "жинағы"}),
    r"\bpasswords?\b": ({"ru": "парол", "kk": "құпиясөз"}, {}),
}  # fmt: skip
"""A word of the English text: what stands for it in the translation, and what does not beside it."""

NEVER = {
    "ru": "агентств|подведомств|проверяющ|рецензи|аккаунт|датасет",
    "kk": "агентті|ведомств|рецензи|аккаунт|құпия сөз|парол",
}
"""Other words for the same, in no message at all."""


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_one_thing_has_one_name(language: str) -> None:
    wrong = []
    for message in (one for one in translated(language) if one.id and _ids(one)[0] not in OF_OTHERS):
        said, told = _ids(message)[0], " | ".join(_strings(message)).casefold()
        bad = re.search(NEVER[language], told) is not None
        for word, (wanted, unwanted) in TERMS.items():
            if re.search(word, said, re.IGNORECASE):
                bad |= re.search(wanted[language], told) is None
                bad |= language in unwanted and re.search(unwanted[language], told) is not None
        wrong += [(said, told)] if bad else []
    assert wrong == []


def test_whom_a_record_belongs_to_is_an_agency() -> None:
    said = {message_id[0] if isinstance(message_id, tuple) else message_id for message_id in extracted()}
    assert [one for one in said - OF_OTHERS if re.search("organi[sz]ation", one, re.IGNORECASE)] == []


OF_CKAN = {"ckan_lists.py", "bulk.py"}
"""What speaks to CKAN's clients alone, in CKAN's words."""


def test_what_the_services_say_calls_an_agency_by_that_one_word() -> None:
    said = []
    for part in ("services", "store", "cli"):
        for path in sorted((ROOT / "opendata" / part).rglob("*.py")):
            if path.name not in OF_CKAN:
                said += [f"{path.name}: {one}" for one in _constants(ast.parse(path.read_text(encoding="utf-8")))]
    called = re.compile(r"\b(an?|no|any|the|this|of) organi[sz]ation", re.IGNORECASE)
    assert [one for one in said if called.search(one)] == []


def _constants(tree: ast.Module) -> Iterator[str]:
    """The texts of a module that are no docstrings."""
    told = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    for one in ast.walk(tree):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in told:
            yield one.value
