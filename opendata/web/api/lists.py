"""/api/v1/licenses, /vocabularies and the root: what values mean, and what there is."""

from __future__ import annotations

from dataclasses import dataclass

from opendata import __version__
from opendata.catalog import licenses, vocabularies
from opendata.catalog.values import Text
from opendata.errors import NotFound
from opendata.services.rights import Right, may
from opendata.web.api import components
from opendata.web.api.contract import Answer, Call, Parameter, operation
from opendata.web.api.shapes import Json, json_of
from opendata.web.this_site import the_site

NAMES = tuple(name for name in vocabularies.vocabularies() if name not in ("language", "format"))
"""Those that are a list and not a rule."""


@dataclass(frozen=True, slots=True)
class License:
    """A licence as `license_id` names it. `open` is null where nobody can say; `reason` says why it is as it is."""

    id: str
    title: Text
    url: str
    family: str
    open: bool | None
    reason: Text


@dataclass(frozen=True, slots=True)
class Term:
    """A value of a controlled field, and what it is called."""

    code: str
    label: Text


@dataclass(frozen=True, slots=True)
class About:
    """What is here."""

    title: str
    version: str
    documentation: str
    openapi: str
    metadata_license_id: str


@dataclass(frozen=True, slots=True)
class Me:
    """Who asks, and what they may do somewhere."""

    signed_in: bool
    name: str
    sysadmin: bool
    token: bool
    rights: tuple[str, ...]


def _all(item: Json) -> Json:
    return {
        "type": "object",
        "required": ["items", "next"],
        "additionalProperties": False,
        "properties": {"items": {"type": "array", "items": item}, "next": {"type": "null"}},
    }


@operation("GET", "/", tag="about", gives=components.ref(About))
def show_api(call: Call) -> Answer:
    """Show what is here."""
    site = the_site()
    about = About(
        site.title, __version__, f"{site.url}/api/docs", f"{site.url}/api/v1/openapi.json", site.metadata_license_id
    )
    del call
    return Answer(json_of(about))


@operation("GET", "/me", tag="about", gives=components.ref(Me))
def show_me(call: Call) -> Answer:
    """Show who asks. To try a token with."""
    who = call.actor
    rights = tuple(right.name.lower() for right in Right if may(who, right))
    return Answer(json_of(Me(who.signed_in, who.name, who.sysadmin, who.token_id is not None, rights)))


@operation("GET", "/licenses", tag="lists", gives=_all(components.ref(License)))
def list_licenses(call: Call) -> Answer:
    """List the licences that are known."""
    del call
    found = licenses.licenses().values()
    items = [License(one.id, one.title, one.url, one.family, one.open, one.reason) for one in found]
    return Answer({"items": json_of(items), "next": None})


@operation("GET", "/vocabularies", tag="lists", gives=_all(components.named("VocabularyName", {"type": "string"})))
def list_vocabularies(call: Call) -> Answer:
    """List the vocabularies by name."""
    del call
    return Answer({"items": list(NAMES), "next": None})


@operation(
    "GET",
    "/vocabularies/{name}",
    tag="lists",
    parameters=(
        Parameter("name", "A vocabulary.", {"type": "string", "enum": list(NAMES)}, place="path", required=True),
    ),
    gives=_all(components.ref(Term)),
)
def list_terms(call: Call) -> Answer:
    """List the values of a vocabulary, and what each is called."""
    name = str(call["name"])
    if name not in NAMES:
        raise NotFound(f"There is no vocabulary {name[:100]!r}.")
    items = [Term(code, vocabularies.text_of(name, code)) for code in vocabularies.codes(name)]
    return Answer({"items": json_of(items), "next": None})
