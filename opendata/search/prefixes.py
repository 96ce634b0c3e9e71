"""The words that a person may put before a colon in the search box, in the three languages of the interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from opendata.catalog import licenses, vocabularies
from opendata.search.filters import FILTERS, FilterKind, allowed

WORDS_OF: Mapping[str, Mapping[str, str]] = {
    "organization": {
        "en": "organization organisation org agency",
        "ru": "ведомство орган организация",
        "kk": "мекеме ұйым",
    },
    "performer": {"en": "performer contractor", "ru": "исполнитель", "kk": "орындаушы"},
    "type": {"en": "type", "ru": "тип", "kk": "түрі"},
    "kind": {"en": "kind", "ru": "вид", "kk": "жазба"},
    "license_id": {"en": "licence license license_id", "ru": "лицензия", "kk": "лицензия"},
    "open": {"en": "open", "ru": "открыто открытый", "kk": "ашық"},
    "format": {"en": "format", "ru": "формат", "kk": "пішім"},
    "language": {"en": "language lang", "ru": "язык", "kk": "тілі тіл"},
    "year": {"en": "year", "ru": "год", "kk": "жыл жылы"},
    "subject": {"en": "subject grnti", "ru": "грнти мрнти", "kk": "ғтамр"},
    "theme": {"en": "theme topic", "ru": "тема", "kk": "тақырып"},
    "keyword": {"en": "keyword tag", "ru": "ключ тег", "kk": "кілтсөз"},
    "disclosure": {"en": "disclosure", "ru": "доступ", "kk": "қолжетімділік"},
    "text": {"en": "text", "ru": "текст", "kk": "мәтін"},
}
"""The name of each filter to the words for it in each language of the interface, the best one first."""

PREFIXES: Mapping[str, str] = {
    word: name for name, languages in WORDS_OF.items() for words in languages.values() for word in words.split()
}
"""Word, lower case, to the name of the filter."""

CLOSED = frozenset(name for name in WORDS_OF if FILTERS[name].kind is not FilterKind.VALUE)
"""Filters of which every value is known beforehand."""

_NUMBERS = "doi дои irn ирн жтн register_number registration рег номер нөмір number no договор шарт contract"
NUMBER_WORDS = frozenset((*_NUMBERS.split(), "contract_number"))
"""Words before a colon that only say which kind of number follows: the number is searched, the word is not."""

_SCHEMES = "http https ftp ftps sftp mailto file urn info hdl handle orcid ror isbn issn bin бин иин arxiv pmid geo tel"
NO_PREFIXES = frozenset((*_SCHEMES.split(), "гост", "iso", "исо", "рк", "кр", "снип", "санпин"))
"""Words before a colon that belong to what follows: addresses, identifiers, standards."""

_CHOICES: Mapping[str, str] = {
    **dict.fromkeys(("да", "иә", "ия", "true", "1"), "yes"),
    **dict.fromkeys(("нет", "жоқ", "false", "0"), "no"),
    **dict.fromkeys(("неизвестно", "белгісіз", "unknown"), "unstated"),
    **dict.fromkeys(("исследование", "зерттеу"), "study"),
    **dict.fromkeys(("набор", "деректер"), "dataset"),
}


def read_prefixed(word: str, value: str) -> tuple[str, str] | None:
    """(name of the filter, value) when `word` names a filter that takes `value`; None when it is no filter.

    Values of controlled lists may be given by their code or by what they are called in any of the languages.
    """
    name = PREFIXES.get(word.lower())
    if name is None or not value:
        return None
    if FILTERS[name].kind is FilterKind.CHOICE:
        value = _CHOICES.get(value.lower(), value.lower())
    elif name in _CODES:
        value = _CODES[name](value)
    return (name, value) if allowed(FILTERS[name], value) else None


def _type(value: str) -> str:
    if value.casefold() in ("study", "исследование", "зерттеу"):
        return "study"
    found = vocabularies.type_of(value)
    return found.value if found else ""


def _license(value: str) -> str:
    found = licenses.match(value)
    return found.id if found and licenses.get(found.id) else value


def _of_list(vocabulary: str) -> Callable[[str], str]:
    def code(value: str) -> str:
        folded = value.casefold()
        for one in vocabularies.codes(vocabulary):
            if folded in (one, *(name.value.casefold() for name in vocabularies.text_of(vocabulary, one).values())):
                return one
        return ""

    return code


# Closed lists give "" for what they do not have; open ones (formats, licences of other places) keep what was typed.
_CODES: Mapping[str, Callable[[str], str]] = {
    "type": _type,
    "theme": lambda value: vocabularies.theme_of(value) or "",
    "language": lambda value: vocabularies.language_code(value),
    "format": lambda value: vocabularies.format_of(value) or value,
    "license_id": _license,
    "disclosure": _of_list("disclosure"),
    "text": _of_list("text_status"),
}
