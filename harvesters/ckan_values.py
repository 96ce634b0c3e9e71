"""Values of CKAN packages in the many shapes that portals give them: JSON in strings, dicts of languages, and so on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from harvesters.markdown import markdown_to_text
from harvesters.terms import localized, plain
from opendata.catalog.values import LANGUAGES, Text
from opendata.catalog.vocabularies import language_code


class Fields:
    """A package or resource with its extras: one look-up for what portals keep in either place."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self.extras = dict(_extras(values.get("extras")))

    def first(self, *names: str) -> Any:
        """The first value that is not empty, unpacked where it is JSON in a string; None where there is none."""
        for name in names:
            for value in (self._values.get(name), self.extras.get(name)):
                if (unpacked := unpack(value)) not in (None, "", [], {}):
                    return unpacked
        return None

    def text(self, *names: str) -> str:
        """The first value as plain text; a list is joined, of a dict of languages any one is taken."""
        value = self.first(*names)
        if isinstance(value, dict):
            return str(multilingual(value).show("en"))
        if isinstance(value, list):
            return ", ".join(str(part) for part in value if isinstance(part, (str, int, float)))
        return "" if value is None else str(value).strip()

    def words(self, *names: str) -> list[str]:
        """The first value as a list of texts."""
        value = self.first(*names)
        parts = value if isinstance(value, list) else [value]
        return [str(part).strip() for part in parts if isinstance(part, (str, int)) and str(part).strip()]

    def dicts(self, *names: str) -> list[dict[str, Any]]:
        """The first value as a list of objects; a lone object is a list of one."""
        value = self.first(*names)
        parts = value if isinstance(value, list) else [value]
        return [part for part in parts if isinstance(part, dict)]

    def localized(self, *names: str, markup: bool = False) -> Text:
        """The first value as a Text: a dict of languages, or one text in a language that is guessed.

        Languages that it lacks are filled from fields of their own, such as title_kk beside title.
        """
        value = self.first(*names)
        if isinstance(value, dict):
            found = multilingual(value, markup=markup)
        else:
            text = self.text(*names)
            found = localized(_readable(text) if markup else text)
        stated = {code: text for code in LANGUAGES if (text := self._in(code, names, markup))}
        said = [
            code for code, text in stated.items() if not isinstance(value, dict) and text == found.values()[0].value
        ]
        if said:  # one of them is the text itself, so its language is told and need not be guessed
            return Text(**stated, original=found.original if found.original in said else said[0])
        more = {code: text for code, text in stated.items() if not getattr(found, code)}
        if not more:
            return found
        if not found.original and found.other in more.values():
            found = replace(found, other="")  # its language was not known: now it is
        return replace(found, **more, original=found.original or next(iter(more)))

    def _in(self, code: str, names: tuple[str, ...], markup: bool) -> str:
        """The text of a field that names its language, "" for none."""
        spellings = (code, "kz") if code == "kk" else (code,)
        said = self.text(*(f"{name}{mark}{one}" for name in names for one in spellings for mark in "_-"))
        return _readable(said) if markup else said


def _readable(text: str) -> str:
    """Notes, which are Markdown with HTML in it, as plain text."""
    return plain(markdown_to_text(text))


def unpack(value: Any) -> Any:
    """`value`, or what is inside where it is a JSON object or list written as a string."""
    if isinstance(value, str) and value[:1] in "[{" and value[-1:] in "]}" and len(value) > 1:
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def multilingual(values: Mapping[str, Any], *, markup: bool = False) -> Text:
    """A dict of languages as a Text. Of the languages that have no place of their own the first is kept."""
    slots = {"kk": "", "ru": "", "en": "", "other": ""}
    original = ""
    for key, value in values.items():
        code = language_code(str(key))
        text = str(value).strip() if isinstance(value, (str, int, float)) else ""
        if not text:
            continue
        slot = code if code in slots else "other"
        if not slots[slot]:
            slots[slot] = _readable(text) if markup else text
            original = original or code
    if original not in slots and not slots["other"]:
        original = ""
    return Text(**slots, original=original)


def _extras(value: Any) -> Iterator[tuple[str, Any]]:
    """CKAN's list of {key, value}, or the plain object that some portals give instead; the first of each key."""
    pairs = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        pairs = [(part.get("key"), part.get("value")) for part in value if isinstance(part, dict)]  # type: ignore[assignment]
    seen: set[str] = set()
    for key, content in pairs:
        if isinstance(key, str) and key and key not in seen:
            seen.add(key)
            yield key, content
