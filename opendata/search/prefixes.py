"""The words that a person may put before a colon in the search box, in the three languages of the interface."""

from __future__ import annotations

from collections.abc import Mapping

from opendata.search.filters import FILTERS, FilterKind, allowed

_WORDS: Mapping[str, str] = {
    "organization": "organization organisation org agency ведомство орган организация мекеме ұйым",
    "performer": "performer contractor исполнитель орындаушы",
    "type": "type тип түрі",
    "kind": "kind вид",
    "license_id": "license_id license licence лицензия",
    "open": "open открытый открыто ашық",
    "format": "format формат пішім",
    "language": "language lang язык тіл тілі",
    "year": "year год жыл жылы",
    "subject": "subject grnti грнти мрнти ғтамр",
    "theme": "theme topic тема тақырып",
    "keyword": "keyword tag ключ тег кілтсөз",
    "disclosure": "disclosure доступ қолжетімділік",
    "text": "text текст мәтін",
}

PREFIXES: Mapping[str, str] = {word: name for name, words in _WORDS.items() for word in words.split()}
"""Word, lower case, to the name of the filter."""

_CHOICES: Mapping[str, str] = {
    **dict.fromkeys(("да", "иә", "ия", "true", "1"), "yes"),
    **dict.fromkeys(("нет", "жоқ", "false", "0"), "no"),
    **dict.fromkeys(("исследование", "зерттеу"), "study"),
    **dict.fromkeys(("набор", "деректер"), "dataset"),
}


def read_prefixed(word: str, value: str) -> tuple[str, str] | None:
    """(name of the filter, value) when `word` names a filter that takes `value`; None when it is no filter."""
    name = PREFIXES.get(word.lower())
    if name is None:
        return None
    if FILTERS[name].kind is FilterKind.CHOICE:
        value = _CHOICES.get(value.lower(), value.lower())
    return (name, value) if allowed(FILTERS[name], value) else None
