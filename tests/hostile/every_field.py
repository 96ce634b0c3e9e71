"""Every field that somebody can send: of the forms on the pages, of the bodies of /api/v1, of actions of CKAN."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from sqlalchemy import LargeBinary, select

from opendata.catalog.values import LANGUAGES
from opendata.services.catalogue import Catalogue
from opendata.store.base import Base
from opendata.web.api.contract import TABLE, Operation
from opendata.web.api.openapi import document

Pairs = list[tuple[str, str]]
TYPED = {"text", "search", "email", "url", "tel", "date", "number", "password", "hidden", ""}


@dataclass
class Form:
    """A form as a browser sends it: where to, and what stands in it; `typed` are the fields that take any words."""

    action: str
    pairs: Pairs = field(default_factory=list)
    typed: set[str] = field(default_factory=set)
    buttons: Pairs = field(default_factory=list)

    def with_(self, name: str, value: str) -> dict[str, list[str]]:
        """What is sent where that field has that value; the first button is pressed."""
        data: dict[str, list[str]] = {}
        for one, said in [*self.pairs, *self.buttons[:1]]:
            data.setdefault(one, []).append(value if one == name else said)
        return data


class Forms(HTMLParser):
    """The forms of a page that change something."""

    def __init__(self, page: str, path: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._path, self._form = path, None
        self._area = self._select = ""
        self._begun = False
        self.feed(page)

    _form: Form | None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """As HTMLParser."""
        given = {name: said or "" for name, said in attrs}
        if tag == "form":
            self._form = None
            if given.get("method", "").lower() == "post":
                self._form = Form(given.get("action") or self._path)
                self.found.append(self._form)
        form, name = self._form, given.get("name", "")
        if tag == "option" and form is not None and self._select:
            self._choose(given)
        if form is None or not name:
            return
        if tag == "textarea":
            self._area = name
            form.typed.add(name)
            form.pairs.append((name, ""))
        elif tag == "select":
            self._select = name
            self._begun = False
            form.pairs.append((name, ""))
        elif tag == "button":
            form.buttons.append((name, given.get("value", "")))
        elif tag == "input":
            kind = given.get("type", "")
            if kind in ("checkbox", "radio") and "checked" not in given:
                return
            form.pairs.append((name, given.get("value", "")))
            if kind in TYPED:
                form.typed.add(name)

    def _choose(self, given: dict[str, str]) -> None:
        if self._form is not None and (not self._begun or "selected" in given):
            self._form.pairs[-1] = (self._select, given.get("value", ""))
            self._begun = True

    def handle_data(self, data: str) -> None:
        """As HTMLParser."""
        if self._form is not None and self._area:
            name, said = self._form.pairs[-1]
            self._form.pairs[-1] = (name, said + data)

    def handle_endtag(self, tag: str) -> None:
        """As HTMLParser."""
        if tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""
        elif tag == "form":
            self._form = None


def kind_of(form: Form, name: str) -> tuple[str, str]:
    """What is alike of a field in forms and rows that are alike."""
    action = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "N", form.action.partition("?")[0])
    return re.sub(r"^/(?:en|ru|kk)/", "/", action), re.sub(r"\d+", "N", re.sub(r"[.-](kk|ru|en|other)$", ".L", name))


def bodies(op: Operation, words: str) -> Iterator[tuple[str, Any]]:
    """Bodies of the operation with `words` in each of its fields in turn, else as its example has it; with its name."""
    if op.body is None:
        return
    (kind, schema) = next(iter(op.body.content.items()))
    if "json" not in kind:
        return
    known = document(TABLE, title="x", url="http://localhost")["components"]["schemas"]
    whole = _resolved(schema, known)
    base = op.body.example if isinstance(op.body.example, dict) else {}
    if "organization" in base:
        base = base | {"organization": "su"}
    for name, part in whole.get("properties", {}).items():
        for inside, said in _filled(part, known, words):
            yield f"{name}{inside}", {**base, name: said}


def _resolved(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = known[schema["$ref"].rpartition("/")[2]]
    for one in ("anyOf", "oneOf", "allOf"):
        if one in schema:
            found = [_resolved(each, known) for each in schema[one]]
            return next((each for each in found if each.get("type") != "null"), found[0])
    return schema


def _filled(schema: Mapping[str, Any], known: Mapping[str, Any], words: str) -> Iterator[tuple[str, Any]]:
    """Values of that schema with the words at one place each, after the name of the place."""
    schema = _resolved(schema, known)
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    kind = kinds if isinstance(kinds, str) else next(one for one in kinds if one != "null")
    if kind == "string":
        yield "", words
    elif kind == "array":
        for inside, said in _filled(schema.get("items", {}), known, words):
            yield inside, [said]
    elif kind == "object":
        parts = schema.get("properties", {})
        named = [name for name in schema.get("required", ()) if name in parts]
        rest = {name: next(_filled(parts[name], known, "ru"), ("", "ru"))[1] for name in named}
        for name, part in parts.items():
            for inside, said in _filled(part, known, words):
                yield f".{'L' if name in LANGUAGES else name}{inside}", {**rest, name: said}
        if not parts:
            yield ".*", {words: words}
    elif kind in ("integer", "number"):
        yield "", 1
    else:
        yield "", True


def texts(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Every text that is stored, with the name of its column."""
    with catalogue.sessions.read() as session:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if not isinstance(column.type, LargeBinary):
                    for value in session.scalars(select(column).distinct()):
                        for words in _words(value):
                            yield f"{table.name}.{column.name}", words


def _words(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in (*value, *value.values()):
            yield from _words(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _words(one)
    elif hasattr(value, "__dataclass_fields__"):
        for one in value.__dataclass_fields__:
            yield from _words(getattr(value, one))
