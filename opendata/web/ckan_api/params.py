"""What a call was sent: values that came as JSON, or as strings of an address or a form, each read in its type."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from opendata.web.ckan_api.errors import ValidationError, missing

TRUE = frozenset({"true", "yes", "on", "y", "t", "1"})
FALSE = frozenset({"false", "no", "off", "n", "f", "0", ""})
MOST_TEXT = 10_000
"""Characters of the longest text that is no field of a record."""
DEEPEST = 50
"""Lists and objects within each other; a record has six."""


class Params(Mapping[str, Any]):
    """The parameters by name, as they came. Its methods give them in a type, or raise ValidationError with the name."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def text(self, name: str, default: str = "") -> str:
        """A text without blanks at its ends; a number counts as one. `default` where there is none, or null."""
        value = self._values.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValidationError({name: ["Must be a string"]})
        text = str(value).strip()
        if len(text) > MOST_TEXT:
            raise ValidationError({name: [f"Must be at most {MOST_TEXT} characters"]})
        return text

    def required(self, *names: str) -> str:
        """The first of `names` that is given; ValidationError "Missing value" for the first where none is."""
        found = next((text for name in names if (text := self.text(name))), "")
        if not found:
            raise missing(names[0])
        return found

    def all_of(self, *names: str) -> tuple[str, ...]:
        """Each of `names`; ValidationError "Missing value" for all of those that are not given."""
        found = tuple(map(self.text, names))
        if not all(found):
            raise missing(*(name for name, text in zip(names, found, strict=True) if not text))
        return found

    def boolean(self, name: str, default: bool = False) -> bool:
        """Yes or no, also written as "True", "yes", "1" …; `default` where there is none, or null."""
        value = self._values.get(name)
        if value is None:
            return default
        word = str(value).strip().lower()
        if word in TRUE:
            return True
        if word in FALSE:
            return False
        raise ValidationError({name: [f"Must be true or false, not {word[:50]!r}"]})

    def number(self, name: str, default: int, *, least: int = 0) -> int:
        """A whole number, also written as text, of `least` or more; `default` where there is none, null or ""."""
        found = self.number_or_none(name, least=least)
        return default if found is None else found

    def number_or_none(self, name: str, *, least: int = 0) -> int | None:
        """The same; None where there is none."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        text = str(value).strip()
        if isinstance(value, bool) or not text.lstrip("-").isdecimal() or not text.isascii() or len(text) > 18:
            raise ValidationError({name: ["Invalid integer"]})
        if int(text) < least:
            words = "Must be a natural number" if least == 0 else f"Must be at least {least}"
            raise ValidationError({name: [words]})
        return int(text)

    def words(self, name: str) -> list[str]:
        """A list of texts: a JSON list, a list written as a string, or one text."""
        value = self.json(name)
        parts = value if isinstance(value, list) else [] if value in (None, "") else [value]
        if not all(isinstance(part, str | int | float) for part in parts):
            raise ValidationError({name: ["Must be a list of strings"]})
        return [str(part) for part in parts]

    def objects(self, name: str) -> list[dict[str, Any]]:
        """A list of objects, also written as a string; a lone object is a list of one."""
        value = self.json(name)
        parts = value if isinstance(value, list) else [] if value in (None, "") else [value]
        if not all(isinstance(part, dict) for part in parts):
            raise ValidationError({name: ["Only lists of dicts can be placed against subschema"]})
        return list(parts)

    def json(self, name: str) -> Any:
        """The value, or what is inside where it is a JSON list or object written as a string; None for none.

        ValidationError for what no database takes: such a string comes past what is asked of a body.
        """
        value = self._values.get(name)
        if isinstance(value, str) and value.strip()[:1] in ("[", "{"):
            try:
                found = json.loads(value)
                json.dumps(found, ensure_ascii=False).encode()
            except UnicodeEncodeError:
                raise ValidationError({name: ["Holds half a character"]}) from None
            except (ValueError, RecursionError):
                return value
            if why := unfit(found):
                raise ValidationError({name: [why]})
            return found
        return value


def unfit(value: Any) -> str:
    """Why no database takes the value, or nobody goes through it: "" for a sound one."""
    waiting = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        if isinstance(one, str):
            if "\0" in one:
                return "It holds a NUL character."
        elif isinstance(one, Mapping | list):
            if depth == DEEPEST:
                return "It is nested too deeply."
            parts = [*one, *one.values()] if isinstance(one, Mapping) else one
            waiting += [(part, depth + 1) for part in parts]
    return ""
