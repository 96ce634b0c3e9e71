"""What an OAI-PMH request says, and what is wrong with it: its arguments, and the tokens by which a list goes on."""

from __future__ import annotations

import datetime as dt
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from opendata.catalog.base64url import decoded, encoded
from opendata.errors import CatalogueError
from opendata.export.oaipmh import PREFIXES
from opendata.store.queries.stamped import Place

_ARGUMENTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Identify": ((), ()),
    "ListMetadataFormats": ((), ("identifier",)),
    "ListSets": ((), ("resumptionToken",)),
    "GetRecord": (("identifier", "metadataPrefix"), ()),
    "ListIdentifiers": (("metadataPrefix",), ("from", "until", "set", "resumptionToken")),
    "ListRecords": (("metadataPrefix",), ("from", "until", "set", "resumptionToken")),
}
"""What each verb demands, and what it takes besides (OAI-PMH 2.0 §4)."""

DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_PREFIX = re.compile(r"[A-Za-z0-9\-_.!~*'()]+")
_SET = re.compile(rf"{_PREFIX.pattern}(?::{_PREFIX.pattern})*")
_URI = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_MOST = 4000
"""Characters of an argument."""

Arguments = Sequence[tuple[str, str]]


class Refused(CatalogueError):
    """What is wrong with a request, in the codes of the protocol (§3.6)."""

    def __init__(self, *errors: tuple[str, str]) -> None:
        super().__init__("; ".join(message for _, message in errors))
        self.errors = errors

    @property
    def repeats(self) -> bool:
        """Whether the answer repeats the arguments: not where they are what is wrong (§3.2)."""
        return not any(code in ("badVerb", "badArgument") for code, _ in self.errors)


def checked(given: Arguments) -> dict[str, str]:
    """The arguments with their verb. Refused for what the protocol does not know."""
    verbs = [value for name, value in given if name == "verb"]
    if len(verbs) != 1 or verbs[0] not in _ARGUMENTS:
        raise Refused(("badVerb", "The verb is missing, repeated, or none of the protocol's six."))
    verb = verbs[0]
    names = [name for name, _ in given]
    demanded, taken = _ARGUMENTS[verb]
    errors = [f"{name} is repeated." for name in dict.fromkeys(names) if names.count(name) > 1]
    errors += [f"{name[:50]} is no argument of {verb}." for name in names if name not in ("verb", *demanded, *taken)]
    found = dict(given)
    if "resumptionToken" in found and len(found) > 2:
        errors.append("resumptionToken goes with no other argument.")
    elif "resumptionToken" not in found:
        errors += [f"{name} is missing." for name in demanded if name not in found]
    errors += list(_malformed(found))
    if errors:
        raise Refused(*(("badArgument", error) for error in dict.fromkeys(errors)))
    return found


def _malformed(found: Mapping[str, str]) -> Iterator[str]:
    forms = {"metadataPrefix": _PREFIX, "set": _SET, "identifier": _URI}
    for name, value in found.items():
        if len(value) > _MOST or (name in forms and not forms[name].fullmatch(value)):
            yield f"{name} is not formed as the protocol has it."
    days = {name: instant(found[name]) for name in ("from", "until") if name in found}
    yield from (f"{name} is neither YYYY-MM-DD nor YYYY-MM-DDThh:mm:ssZ." for name, day in days.items() if day is None)
    if "from" in found and "until" in found and None not in days.values():
        if len(found["from"]) != len(found["until"]):
            yield "from and until are not of one granularity."
        elif found["from"] > found["until"]:
            yield "from is later than until."


def instant(value: str) -> dt.datetime | None:
    """A day or a second in UTC, None for anything else."""
    if not (DAY.fullmatch(value) or _SECOND.fullmatch(value)):
        return None
    try:
        found = dt.datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Token:
    """Where a list goes on, and which list it is. `seen` of `size` records have come."""

    verb: str
    prefix: str
    first: str
    until: str
    spec: str
    stamp: str
    key: str
    seen: int
    size: int

    def __str__(self) -> str:
        said = [getattr(self, name) for name in self.__dataclass_fields__]
        text = json.dumps(said, separators=(",", ":")).encode()
        return encoded(zlib.crc32(text).to_bytes(4, "big") + text)

    @classmethod
    def read(cls, text: str, verb: str) -> Token:
        """Refused for what is no token of that verb."""
        try:
            raw = decoded(text)
            if zlib.crc32(raw[4:]).to_bytes(4, "big") != raw[:4]:
                raise ValueError("damaged")
            *words, seen, size = json.loads(raw[4:])
            verb_, prefix, first, until, spec, stamp, key = map(str, words)
            token = cls(verb_, prefix, first, until, spec, stamp, key, int(seen), int(size))
            place(token)
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            raise bad_token() from error
        if token.verb != verb or token.prefix not in PREFIXES or not 0 <= token.seen <= 10**9:
            raise bad_token()
        return token


def bad_token() -> Refused:
    """The error for a token that this repository did not give."""
    return Refused(("badResumptionToken", "This is no resumptionToken of this repository and verb."))


def place(token: Token) -> Place:
    """Behind which record the list goes on. ValueError for a token of the first page."""
    stamp = dt.datetime.fromisoformat(token.stamp)
    if stamp.tzinfo is None:
        raise ValueError("a stamp has a time zone")
    return stamp.astimezone(dt.UTC), UUID(token.key)
