"""One OAI-PMH repository as a partner in talk: who it is, which formats and sets it has, and what it answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from lxml import etree

from harvesters.links import source_address
from harvesters.oai_answer import Answer, Item, read_answer
from opendata.errors import SourceError, TooLarge
from opendata.harvesting.client import without_credentials
from opendata.harvesting.contract import Client
from opendata.harvesting.xml import children, local_name, text_of

_SET_PAGES = 10
"""Set names are a courtesy: a repository with tens of thousands of sets is not read to the end for them."""
_ARGUMENTS = frozenset({"verb", "metadataPrefix", "set", "from", "until", "identifier", "resumptionToken"})
SECONDS, DAYS = "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"
_EARLIEST = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)
"""Where a repository does not say how old its oldest record is: no repository is older than the Web."""

# The richest first. Names are a custom, not a rule: by the namespace a format is known whatever it is called.
PREFIXES = (
    "oai_datacite",
    "oai_datacite4",
    "datacite4",
    "datacite",
    "oai_datacite3",
    "datacite3",
    "oai_openaire",
    "xoai",
    "oai_dc",
)
_NAMESPACES = (
    "datacite.org/schema/kernel-4",
    "datacite.org/schema/kernel-3",
    "namespace.openaire.eu/schema/oaire",
    "lyncode.com/xoai",
)


class UnreadablePage(SourceError):
    """This answer cannot be read (a server's failure, a web page, broken XML, too large); others may well be."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What Identify says, and the repository's clock at that moment (None where it does not tell)."""

    clock: dt.datetime | None
    earliest: dt.datetime
    stamp_format: str
    deleted: str = "no"

    def stamp(self, moment: dt.datetime) -> str:
        """`moment` in the granularity of the repository, rounded down."""
        return moment.astimezone(dt.UTC).strftime(self.stamp_format)

    def by_days(self) -> Identity:
        """The same with whole days: some repositories promise seconds and refuse them."""
        return replace(self, stamp_format=DAYS)

    @property
    def step(self) -> dt.timedelta:
        """The shortest time that the repository can tell apart."""
        return dt.timedelta(seconds=1) if self.stamp_format == SECONDS else dt.timedelta(days=1)


class Repository:
    """Asks one repository. Every answer is read leniently; SourceError says what it is where it is no OAI-PMH."""

    def __init__(self, url: str, client: Client) -> None:
        self._base = base_url(url)
        self._client = client
        self.name = without_credentials(self._base)

    def ask(self, params: Mapping[str, str], name: str = "record") -> Answer:
        """The answer to one request, with its elements called `name`. UnreadablePage where another request may help."""
        try:
            response = self._client.get(self._base, params, accept="text/xml, application/xml")
        except TooLarge as error:
            raise UnreadablePage(error.message) from error
        except SourceError as error:
            if getattr(error, "status", 0) in (500, 502, 504):
                raise UnreadablePage(error.message) from error
            raise
        try:
            return read_answer(response, name)
        except SourceError as error:
            raise UnreadablePage(error.message) from error

    def identify(self) -> Identity:
        """Who the repository is. SourceError where it does not say."""
        answer = self.ask({"verb": "Identify"})
        refuse_errors(answer, "Identify")
        said = {
            name: _first(answer, "Identify", name) for name in ("granularity", "earliestDatestamp", "deletedRecord")
        }
        clock = next((moment(text_of(e)) for e in children(_root(answer, "Identify"), "responseDate")), None)
        return Identity(
            clock=clock,
            earliest=moment(said["earliestDatestamp"]) or _EARLIEST,
            stamp_format=SECONDS if "hh" in said["granularity"] else DAYS,
            deleted=said["deletedRecord"] or "no",
        )

    def ignores_dates(self, request: Mapping[str, str], identity: Identity) -> bool:
        """Whether it lists records of other days when it is asked for one on which it did not yet exist."""
        if identity.earliest.year <= dt.MINYEAR + 1:
            return False
        day = identity.stamp(identity.earliest - dt.timedelta(days=365))
        try:
            answer = self.ask({**request, "from": day, "until": day}, "header")
        except SourceError:
            return False
        stamps = [first_text(header, "datestamp") for header in answer.items]
        return any(stamp and stamp[:10] != day[:10] for stamp in stamps)

    def formats(self) -> dict[str, str]:
        """The namespace of each metadataPrefix that it offers."""
        answer = self.ask({"verb": "ListMetadataFormats"})
        refuse_errors(answer, "ListMetadataFormats")
        found = {}
        for element in _inside(answer, "ListMetadataFormats", "metadataFormat"):
            prefix = "".join(text_of(one) for one in children(element, "metadataPrefix"))
            if prefix:
                found[prefix] = "".join(text_of(one) for one in children(element, "metadataNamespace"))
        return found

    def set_names(self) -> dict[str, str]:
        """Names by setSpec, as far as they can be had; a repository without sets, or one that stumbles, is no error."""
        names: dict[str, str] = {}
        for item in self._sets():
            names[first_text(item, "setSpec")] = first_text(item, "setName")
        names.pop("", None)
        return names

    def _sets(self) -> Iterator[Item]:
        params = {"verb": "ListSets"}
        for _ in range(_SET_PAGES):
            try:
                answer = self.ask(params, "set")
            except SourceError:
                return
            yield from answer.items
            if answer.token is None or not answer.token.value:
                return
            params = {"verb": "ListSets", "resumptionToken": answer.token.value}


def best_prefixes(offered: Mapping[str, str]) -> list[str]:
    """The formats that can be mapped, the richest first: by name, then by namespace, oai_dc last."""
    named = [prefix for prefix in PREFIXES[:-1] if prefix in offered]
    spaced = [
        prefix for space in _NAMESPACES for prefix, said in offered.items() if space in said and prefix not in named
    ]
    found = [prefix for prefix in named if "datacite" in prefix] + [p for p in spaced if p not in named]
    found += [prefix for prefix in named if prefix not in found]
    return [*found, "oai_dc"] if "oai_dc" in offered else found


def base_url(url: str) -> str:
    """The base URL, where somebody pasted a whole request."""
    parts = source_address(url)
    kept = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k not in _ARGUMENTS]
    return parts._replace(query=urlencode(kept), fragment="").geturl()


def moment(text: str) -> dt.datetime | None:
    """A UTC instant from a datestamp of either granularity; None for what is none."""
    try:
        found = dt.datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def refuse_errors(answer: Answer, verb: str) -> None:
    """SourceError with the first error that the repository gives."""
    for code, text in answer.errors:
        raise SourceError(f"the repository answered {verb} with the error {code}{': ' + text if text else ''}")


def first_text(item: Item, name: str) -> str:
    """The text of the first child called `name`, "" for none."""
    return "" if item.element is None else text_of(next(iter(children(item.element, name)), None))


def _root(answer: Answer, verb: str) -> etree._Element:
    if answer.root is None:
        raise SourceError(f"the answer to {verb} is {answer.damage}")
    return answer.root


def _inside(answer: Answer, verb: str, name: str) -> list[etree._Element]:
    return [element for part in children(_root(answer, verb), verb) for element in children(part, name)]


def _first(answer: Answer, verb: str, name: str) -> str:
    return next((text_of(element) for element in _inside(answer, verb, name)), "")


def lists(answer: Answer, verb: str) -> bool:
    """Whether the answer holds what was asked for by `verb`, so far as its XML can be trusted."""
    return answer.root is None or any(local_name(element) == verb for element in answer.root)
