"""Citations for people to copy: GOST R 7.0.100-2018 and APA (7th edition), in each language that the title is in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from opendata.catalog.records import DatasetType
from opendata.catalog.vocabularies import label
from opendata.export.entry import Entry
from opendata.export.names import Name
from opendata.export.reference import Reference, languages_of, reference
from opendata.export.site import Site

MOST_APA = 20
"""Authors that APA names; of more it names the first nineteen and the last."""

_WORDS = {
    "ru": {
        "site": "сайт",
        "seen": "дата обращения",
        "others": "и др.",
        "number": "№",
        "register": "рег. №",
        "no_date": "б. д.",
    },
    "kk": {
        "site": "сайт",
        "seen": "қаралған күні",
        "others": "және т. б.",
        "number": "№",
        "register": "тіркеу №",
        "no_date": "күні жоқ",
    },
    "en": {
        "site": "website",
        "seen": "date of access",
        "others": "et al.",
        "number": "No.",
        "register": "reg. No.",
        "no_date": "n.d.",
    },
}
_CONTENT = {
    DatasetType.DATASET: {
        "ru": "Электронные данные : электронные",
        "kk": "Электрондық деректер : электрондық",
        "en": "Dataset : electronic",
    },
    DatasetType.SOFTWARE: {
        "ru": "Электронная программа : электронная",
        "kk": "Электрондық бағдарлама : электрондық",
        "en": "Program : electronic",
    },
    DatasetType.MAP: {
        "ru": "Изображение (картографическое) : электронное",
        "kk": "Кескін (картографиялық) : электрондық",
        "en": "Image (cartographic) : electronic",
    },
    DatasetType.IMAGE: {
        "ru": "Изображение : электронное",
        "kk": "Кескін : электрондық",
        "en": "Image : electronic",
    },
    DatasetType.AUDIOVISUAL: {
        "ru": "Изображение (движущееся) : электронное",
        "kk": "Кескін (қозғалмалы) : электрондық",
        "en": "Image (moving) : electronic",
    },
}
"""Kind of content and means of access, which every description by GOST R 7.0.100-2018 ends or goes on with."""
_TEXT = {"ru": "Текст : электронный", "kk": "Мәтін : электрондық", "en": "Text : electronic"}
_DASH = " – "


@dataclass(frozen=True, slots=True)
class Citation:
    """A citation in one style ("GOST", "APA") and the language of its title ("" where unknown)."""

    style: str
    language: str
    text: str


def citations(entry: Entry, site: Site, language: str) -> tuple[Citation, ...]:
    """Each style in each language of the title; the one that a reader of `language` is shown comes first."""
    first = entry.record.title.show(language).language
    others = (code for code in languages_of(entry.record) if code != first)
    found = [(code, reference(entry, site, code)) for code in (first, *others)]
    return tuple(
        Citation(style, code, text)
        for code, one in found
        for style, text in (("GOST", gost(one, entry.today)), ("APA", apa(one)))
    )


def gost(found: Reference, today: dt.date) -> str:
    """By GOST R 7.0.100-2018 as a part of this site (analytic description), seen on `today`.

    Up to three authors: the first is the heading; of five and more the first three are named.
    """
    words = _WORDS.get(found.language, _WORDS["ru"])
    heading = found.authors[0] if found.authors and len(found.authors) <= 3 and found.authors[0].family else None
    genre = found.genre and label("dataset_type", found.type, found.language if found.language in _WORDS else "ru")
    title = _unstopped(found.title) + (f" : {_lower(genre)}" if genre else "")
    responsible = [_responsible(found.authors, words["others"]), *_bodies(found)]
    if stated := " ; ".join(dict.fromkeys(filter(None, responsible))):  # a body that is the author too is named once
        title += f" / {stated}"
    content = _CONTENT.get(found.type, _TEXT)
    source = f"{content.get(found.language, content['ru'])} // {found.site} : [{words['site']}]"
    areas = (
        title,
        source,
        str(found.issued.year) if found.issued else "",
        f"{words['number']} {found.number}" if found.number else "",
        f"{_capital(words['register'])} {found.register_number}" if found.register_number else "",
        f"ISBN {found.isbn}" if found.isbn else "",
        f"DOI {found.doi}" if found.doi else "",
        f"URL: {found.address} ({words['seen']}: {today:%d.%m.%Y})",
    )
    text = _stopped(_DASH.join(_stopped(area) for area in areas if area))
    return f"{_stopped(_inverted(heading))} {text}" if heading else text


def apa(found: Reference) -> str:
    """By the 7th edition: authors, or else the body; year; title with number and kind; who published it; address."""
    words = _WORDS.get(found.language, _WORDS["en"])
    authors = _apa_authors(found.authors)
    lead = authors or found.institution
    title = _unstopped(found.title)
    details = "; ".join(filter(None, (_apa_number(found, words["number"]), _apa_version(found))))
    kind = _apa_kind(found)
    title += (f" ({details})" if details else "") + (f" [{kind}]" if kind else "")
    date = f"({found.issued.year if found.issued else words['no_date']})"
    publisher = found.institution if authors else ""
    head = [f"{_stopped(lead)} {_stopped(date)}", _stopped(title)] if lead else [_stopped(title), _stopped(date)]
    return " ".join((*head, *([_stopped(publisher)] if publisher else []), found.address))


def _responsible(authors: tuple[Name, ...], others: str) -> str:
    named = authors if len(authors) <= 4 else authors[:3]
    text = ", ".join(_direct(name) for name in named)
    return f"{text} [{others}]" if len(authors) > 4 else text


def _bodies(found: Reference) -> Iterable[str]:
    return dict.fromkeys(filter(None, (found.performer, found.body)))


def _direct(name: Name) -> str:
    """И. П. Иванов."""
    return name.literal or f"{name.initials} {name.family}".strip()


def _inverted(name: Name) -> str:
    """Иванов, И. П."""
    return ", ".join(filter(None, (name.literal or name.family, name.initials)))


def _apa_authors(authors: tuple[Name, ...]) -> str:
    names = [_inverted(name) for name in authors]
    if len(names) > MOST_APA:
        return f"{', '.join(names[: MOST_APA - 1])}, … {names[-1]}"
    if len(names) > 1:
        return f"{', '.join(names[:-1])}, & {names[-1]}"
    return names[0] if names else ""


def _apa_number(found: Reference, word: str) -> str:
    return f"{found.genre} {word} {found.number}" if found.number and found.type is DatasetType.REPORT else ""


def _apa_version(found: Reference) -> str:
    word = {"ru": "версия", "kk": "нұсқа"}.get(found.language, "Version")
    return f"{word} {found.version}" if found.version else ""


def _apa_kind(found: Reference) -> str:
    """What stands in brackets: nothing for what is recognised without it."""
    if found.type in (DatasetType.REPORT, DatasetType.ARTICLE, DatasetType.BOOK):
        return ""
    return "Data set" if found.type is DatasetType.DATASET and found.language == "en" else found.genre


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _unstopped(text: str) -> str:
    return text.rstrip(" .")


def _stopped(text: str) -> str:
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."
