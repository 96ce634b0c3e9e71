"""The examples of the page about searching: queries in the language of the page, each a link that works."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask_babel import gettext as _

from opendata.search.filters import FILTERS
from opendata.search.prefixes import WORDS_OF
from opendata.search.query import SearchQuery
from opendata.web.advanced_contexts import Example, PrefixRow
from opendata.web.labels import label
from opendata.web.listing import query_url

QUERIES: Mapping[str, Mapping[str, str]] = {
    "words": {"kk": "өзен суының сапасы", "ru": "качество воды", "en": "water quality"},
    "phrase": {"kk": "«су ресурстары»", "ru": "«водные ресурсы»", "en": "“water resources”"},
    "either": {"kk": "өзен НЕМЕСЕ көл", "ru": "река ИЛИ озеро", "en": "river OR lake"},
    "without": {"kk": "энергия -атом", "ru": "энергия -атомная", "en": "energy -nuclear"},
    "beginning": {"kk": "эколог*", "ru": "эколог*", "en": "ecolog*"},
    "filter": {"kk": "климат жыл:2020..2024", "ru": "климат год:2020..2024", "en": "climate year:2020..2024"},
    "language": {"kk": "ozen", "ru": "ozen", "en": "ozen"},
    "layout": {"kk": "c2ekt", "ru": "rkbvfn", "en": "цфеук"},
    "number": {"kk": "ЖТН:BR21881930", "ru": "ИРН:BR21881930", "en": "irn:BR21881930"},
    "doi": dict.fromkeys(("kk", "ru", "en"), "doi:10.5281/zenodo.1234567"),
}
"""What is shown, then the example in each language of the interface."""

VALUES: Mapping[str, Mapping[str, str]] = {
    "type": {"kk": "есеп", "ru": "отчёт", "en": "report"},
    "kind": {"kk": "зерттеу", "ru": "исследование", "en": "study"},
    "organization": dict.fromkeys(("kk", "ru", "en"), "moa"),
    "theme": {"kk": "ғылым", "ru": "наука", "en": "science"},
    "keyword": {"kk": "климат", "ru": "климат", "en": "climate"},
    "license_id": dict.fromkeys(("kk", "ru", "en"), "CC-BY-4.0"),
    "open": {"kk": "иә", "ru": "да", "en": "yes"},
    "format": dict.fromkeys(("kk", "ru", "en"), "PDF"),
    "language": {"kk": "қазақ", "ru": "казахский", "en": "Kazakh"},
    "year": dict.fromkeys(("kk", "ru", "en"), "2019..2021"),
    "subject": dict.fromkeys(("kk", "ru", "en"), "68.05"),
    "disclosure": dict.fromkeys(("kk", "ru", "en"), "open"),
    "text": dict.fromkeys(("kk", "ru", "en"), "text"),
    "performer": {"kk": "«Су институты»", "ru": "«Институт воды»", "en": "“Water Institute”"},
}
"""A value of each filter, as it may be typed in each language."""

_MEANINGS: Mapping[str, Callable[[], str]] = {
    "words": lambda: _("All the words, in any of their forms, in any order."),
    "phrase": lambda: _("Exactly these words next to each other, as they are written."),
    "either": lambda: _("At least one of the two. OR stands in capitals; ИЛИ, НЕМЕСЕ and | do the same."),
    "without": lambda: _("The first word, and not the second one."),
    "beginning": lambda: _("Every word that begins so. At least three letters are needed."),
    "filter": lambda: _("The word, in these years. The words for filters are listed below."),
    "language": lambda: _("Kazakh is found in any alphabet: here, өзен."),
    "layout": lambda: _("Typed with the keyboard switched to another language: both readings are searched."),
    "number": lambda: _("A register or contract number alone leads to its study or record."),
    "doi": lambda: _("A DOI alone, in any spelling, leads to its record."),
}


def examples(language: str) -> tuple[Example, ...]:
    """Each kind of query, in `language`. The links search for it and lead nowhere else."""
    return tuple(_example(queries[language], _MEANINGS[name]()) for name, queries in QUERIES.items())


def prefix_rows(language: str) -> tuple[PrefixRow, ...]:
    """Every filter that a query may name, in the order of the sidebar."""
    rows = []
    for name in FILTERS:
        words = tuple(dict.fromkeys(word for said in WORDS_OF[name].values() for word in said.split()))
        word = WORDS_OF[name][language].split()[0]
        rows.append(PrefixRow(label("facet", name), words, _example(f"{word}:{VALUES[name][language]}", "")))
    return tuple(rows)


def _example(q: str, meaning: str) -> Example:
    return Example(q, meaning, query_url("discovery.everything", SearchQuery(q)))
