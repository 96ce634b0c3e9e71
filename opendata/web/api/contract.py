"""What an operation of /api/v1 is: declared once, beside what does it; routes, checks and OpenAPI follow from that."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from flask import Response

from opendata.errors import Invalid, Problem
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.rights import Right
from opendata.web.api.shapes import Json, Schema, hints
from opendata.web.rules import Rule

JSON_TYPE = "application/json"
PATCH_TYPE = "application/merge-patch+json"
FORM_TYPE = "multipart/form-data"
MEBIBYTE = 1024**2
MOST_VALUES = 60
"""Values of one parameter."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the address or a header. `schema` says what it takes; `many`: it may be given several times."""

    name: str
    description: str
    schema: Schema = field(default_factory=lambda: {"type": "string", "maxLength": 1000})
    place: Literal["query", "path", "header"] = "query"
    many: bool = False
    default: Any = None
    required: bool = False
    commas: bool = False
    """Its values stand in one text, by commas."""
    may_be_empty: bool = False
    """An empty value counts as none."""

    def read(self, given: list[str]) -> Any:
        """The value. Invalid where it breaks the schema."""
        if self.commas and given:
            given = ",".join(given).split(",")
            if len(given) > MOST_VALUES:
                raise self._wrong(f"at most {MOST_VALUES} names")
            return tuple(self._one(one) for one in given)
        if self.many:
            if len(given) > MOST_VALUES:
                raise self._wrong(f"at most {MOST_VALUES} values")
            return tuple(self._one(one) for one in given)
        if self.may_be_empty and given == [""]:
            return self.default
        if len(given) > 1:
            raise self._wrong("a single value")
        if not given and self.required:
            raise self._wrong("given")
        return self._one(given[0]) if given else self.default

    def _one(self, given: str) -> Any:
        kind = self.schema.get("type")
        if kind == "integer":
            low, high = self.schema["minimum"], self.schema["maximum"]
            if not re.fullmatch(r"-?[0-9]{1,18}", given) or not low <= int(given) <= high:
                raise self._wrong(f"a whole number from {low} to {high}")
            return int(given)
        if kind == "boolean":
            if given not in ("true", "false"):
                raise self._wrong("true or false")
            return given == "true"
        if "enum" in self.schema and given not in self.schema["enum"]:
            raise self._wrong(f"one of {', '.join(self.schema['enum'])}")
        if "pattern" in self.schema and not re.search(self.schema["pattern"].replace("$", r"\Z"), given):
            raise self._wrong(self.schema.get("x-expected", "as the documentation says"))
        if not self.schema.get("minLength", 0) <= len(given) <= self.schema.get("maxLength", 4000):
            raise self._wrong(f"text of at most {self.schema.get('maxLength', 4000)} characters")
        return given

    def _wrong(self, expected: str) -> Invalid:
        message = f"“{self.name}” must be {expected}."
        return Invalid(message, [Problem("wrong_value", message, self.name)])


@dataclass(frozen=True, slots=True)
class Body:
    """What an operation takes: the schema by media type, and how many bytes of it at most."""

    content: Mapping[str, Schema]
    description: str = ""
    required: bool = True
    max_bytes: int = 2 * MEBIBYTE
    example: Json = None
    by_view: bool = False
    """The view reads it itself."""


@dataclass
class Call:
    """One request: who asks, its parameters by name, and its JSON (None without)."""

    catalogue: Catalogue
    actor: Actor
    given: Mapping[str, Any]
    data: Json = None
    media_type: str = ""
    if_match: frozenset[str] | None = None
    """The versions of which the client says that one must still stand; None: it says nothing."""

    def __getitem__(self, name: str) -> Any:
        return self.given[name]


@dataclass
class Answer:
    """What comes back. `version` is that of the record, for If-Match; `next` the cursor behind a list."""

    data: Json = None
    status: int = 200
    version: str = ""
    location: str = ""
    next: str = ""
    headers: dict[str, str] = field(default_factory=dict)


View = Callable[[Call], "Answer | Response"]
Rate = Literal["reads", "writes", "searches"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address. `signed_in` and `right` say who may; `statuses` what may come back besides."""

    id: str
    method: str
    path: str
    tag: str
    summary: str
    view: View
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    gives: Schema | None = None
    media_type: str = JSON_TYPE
    status: int = 200
    signed_in: bool = False
    right: Right | None = None
    rate: Rate = "reads"
    statuses: tuple[int, ...] = ()
    versioned: bool = False
    description: str = ""
    also: tuple[int, ...] = ()
    """Statuses of answers that are as good as that of `status`."""
    malformed: int = 400
    """The status for what is not as declared here."""
    elsewhere: bool = False
    """Its route stands in a blueprint of its own, which knows nothing of what all others have in common."""
    waiting: Schema | None = None
    """What a 202 gives: the change waits for a reviewer, at its Location."""
    headers: tuple[str, ...] = ()
    """Headers of its good answer besides those of all."""

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.method in ("GET", "HEAD", "OPTIONS")

    @property
    def rule(self) -> Rule:
        """Who may, in the words of the one table. A webhook is the person's who made it, all else an organisation's."""
        owned = self.right is not None and "{" in self.path and self.tag != "webhooks"
        return Rule(self.right, signed_in=self.signed_in, owned=owned)

    @property
    def endpoint(self) -> str:
        """Its name among Flask's."""
        return self.id


@dataclass
class Table:
    """All operations, in the order of the documentation."""

    operations: list[Operation] = field(default_factory=list)

    def operation(self, method: str, path: str, **more: Any) -> Callable[[View], View]:
        """Declares a view: its name is the operation's id, its docstring the description."""

        def take(view: View) -> View:
            told = " ".join((view.__doc__ or "").split())
            summary, _, description = told.partition(". ")
            made = Operation(
                id=_camel(view.__name__),
                method=method,
                path=path,
                view=view,
                summary=more.pop("summary", summary.rstrip(".")),
                description=more.pop("description", description),
                **more,
            )
            writes = not made.reads
            self.operations.append(
                replace(
                    made,
                    signed_in=made.signed_in or (writes and made.rate != "searches") or made.right is not None,
                    rate="writes" if writes and made.rate == "reads" else made.rate,
                )
            )
            return view

        return take


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


TABLE = Table()
operation = TABLE.operation

NAME = Parameter(
    "name",
    "Slug or id of the record.",
    {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^/]+$"},
    place="path",
    required=True,
)
LIMIT_MOST = 100
LIMIT = Parameter(
    "limit", "Most items of one answer.", {"type": "integer", "minimum": 1, "maximum": LIMIT_MOST}, default=20
)
CURSOR = Parameter("cursor", "The `next` of the answer before.", {"type": "string", "maxLength": 500}, default="")


def fields_of(kind: Any) -> Parameter:
    """The choice among the fields of what is given."""
    names = [name for name, _ in hints(kind)]
    told = "Names of the fields that are wanted, by commas; all of them where it is left out."
    return Parameter("fields", told, {"type": "string", "enum": names}, commas=True)


def in_path(name: str, description: str, schema: Schema) -> Parameter:
    """A part of the address."""
    return Parameter(name, description, schema, place="path", required=True)


def number_in_path(name: str, description: str, least: int = 1, most: int = 2**53 - 1) -> Parameter:
    """A number that is a part of the address."""
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Parameter(name, description, schema, place="path", required=True)


def id_in_path(name: str, description: str) -> Parameter:
    """A UUID that is a part of the address."""
    return Parameter(name, description, {"type": "string", "format": "uuid"}, place="path", required=True)


def listed(item: Schema) -> Schema:
    """The schema of a list that goes on behind `next`."""
    return {
        "type": "object",
        "required": ["items", "next"],
        "additionalProperties": False,
        "properties": {
            "items": {"type": "array", "items": item},
            "next": {
                "type": ["string", "null"],
                "description": "The cursor of what follows; null at the end.",
            },
        },
    }
