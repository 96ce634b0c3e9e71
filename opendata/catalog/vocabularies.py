"""The controlled lists and their names in three languages: types, roles, statuses, themes, frequencies.

Formats, languages and subject codes have modules of their own and can be asked for here as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from opendata.catalog import formats, languages, subjects
from opendata.catalog.formats import format_of, media_type_of
from opendata.catalog.languages import language_code, language_name
from opendata.catalog.records import DatasetType
from opendata.catalog.subjects import subject_label, subject_path
from opendata.catalog.tables import table, text
from opendata.catalog.values import Localized, Text

__all__ = [
    "code_of",
    "codes",
    "format_of",
    "frequency_of",
    "label",
    "language_code",
    "language_name",
    "media_type_of",
    "subject_label",
    "subject_path",
    "text_of",
    "theme_of",
    "type_of",
]

_TYPE_PREFIX = re.compile(
    r"^(?:info:eu-repo/semantics/|https?://purl\.org/(?:coar/resource_type|dc/dcmitype)/|dcmitype:)"
)
_AUTHORITY = re.compile(r"^https?://[^\s]+/([^/\s]+)/?$")


@cache
def _labels() -> dict[str, dict[str, dict[str, Any]]]:
    return {**table("labels"), "frequency": table("frequencies"), "theme": table("themes")}


@cache
def _texts(vocabulary: str) -> dict[str, Text]:
    return {code: text(entry) for code, entry in _labels()[vocabulary].items()}


_COMPUTED: dict[str, Callable[[str], Text]] = {
    "language": languages.language_name,
    "grnti": lambda code: subjects.subject_label("grnti", code),
    "ford": lambda code: subjects.subject_label("ford", code),
    "format": lambda code: Text.of(code, "en"),
}


def vocabularies() -> tuple[str, ...]:
    """The names of every list that `label` knows."""
    return tuple(dict.fromkeys((*_labels(), *_COMPUTED)))


def text_of(vocabulary: str, code: str) -> Text:
    """What `code` of `vocabulary` (one of `vocabularies()`) is called; the code itself where it is not in the list."""
    if vocabulary in _COMPUTED:
        return _COMPUTED[vocabulary](code) or Text(other=code)
    return _texts(vocabulary).get(code) or Text(other=code)


def label(vocabulary: str, code: str, language: str) -> str:
    """The name of `code` for a reader of `language`. KeyError for an unknown vocabulary."""
    return str(label_of(vocabulary, code, language))


def label_of(vocabulary: str, code: str, language: str) -> Localized:
    """As `label`, with the language that the name is in (second-level GRNTI has Russian names only)."""
    return text_of(vocabulary, code).show(language)


def codes(vocabulary: str) -> tuple[str, ...]:
    """The codes of a list in its own order (not for language and format, which are open)."""
    if vocabulary == "format":
        return tuple(formats.formats())
    listed = {"grnti": subjects.grnti, "ford": subjects.ford}
    return tuple(listed[vocabulary]() if vocabulary in listed else _labels()[vocabulary])


@cache
def _spellings(vocabulary: str) -> dict[str, str]:
    """Codes by folded spelling. ValueError where two codes claim one."""
    known: dict[str, str] = {}
    for code, entry in _labels()[vocabulary].items():
        for spelling in {code, entry.get("eu", ""), entry.get("iso", ""), *entry.get("aliases", ())} - {""}:
            if known.setdefault(_fold(spelling), code) != code:
                raise ValueError(f"{vocabulary}: {known[_fold(spelling)]} and {code} both claim {spelling!r}")
    for code, entry in _labels()[vocabulary].items():
        for language in ("kk", "ru", "en"):
            known.setdefault(_fold(entry[language]), code)
    return known


def _fold(spelling: str) -> str:
    return " ".join(spelling.casefold().replace("ё", "е").replace("_", " ").split()).strip(" .")


def _code(vocabulary: str, value: str) -> str | None:
    return _known_code(vocabulary, value.strip()[:300])


@lru_cache(maxsize=8192)
def _known_code(vocabulary: str, value: str) -> str | None:
    known = _spellings(vocabulary)
    folded = _fold(value)
    if folded in known:
        return known[folded]
    authority = _AUTHORITY.match(value)
    return known.get(_fold(authority[1])) if authority else None


def code_of(vocabulary: str, value: str) -> str | None:
    """The code of a list that `value` names: the code, its name in any of our languages, or an alias; None if none."""
    return _code(vocabulary, value)


def type_of(value: str) -> DatasetType | None:
    """The type that a source means: "Отчёт", "info:eu-repo/semantics/report", a COAR or DCMI URI; None if unknown.

    "Text" is None: half of all repositories give it for everything.
    """
    code = _code("dataset_type", _TYPE_PREFIX.sub("", value.strip()[:300]))
    return DatasetType(code) if code else None


def theme_of(value: str) -> str | None:
    """Our theme for an EU data theme URI or code, a group name of a CKAN portal, or a word; None if unknown."""
    return _code("theme", value) or _code("theme", value[:300].replace("-", " "))


def frequency_of(value: str) -> str:
    """Our frequency code for an EU or Dublin Core URI, an ISO 8601 duration or a word; "" if unknown."""
    return _code("frequency", value) or ""


def frequency_uri(code: str) -> str:
    """The EU authority URI of a frequency code, "" for an unknown one."""
    entry = _labels()["frequency"].get(code)
    return f"http://publications.europa.eu/resource/authority/frequency/{entry['eu']}" if entry else ""


def frequency_duration(code: str) -> str:
    """A frequency as DCAT-US writes it, an ISO 8601 interval or "irregular"; "" for what has no such form."""
    entry = _labels()["frequency"].get(code, {})
    return str(entry.get("iso") or {"continuous": "R/PT1S", "irregular": "irregular"}.get(code, ""))


def theme_uri(code: str) -> str:
    """The EU data theme URI of one of our themes; science counts as technology there; "" for an unknown one."""
    entry = _labels()["theme"].get(code)
    eu = (entry.get("eu") or "TECH") if entry else ""
    return f"http://publications.europa.eu/resource/authority/data-theme/{eu}" if eu else ""
