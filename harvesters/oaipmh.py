"""Harvests an OAI-PMH 2.0 repository (https://www.openarchives.org/OAI/openarchivesprotocol.html), full listings.

The listing is believed only as far as it proves itself: it is complete when its last page says so, no page was
broken, and as many different records came as the repository had announced.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode

from harvesters.dublincore import Context, found_record
from harvesters.links import source_address
from harvesters.oai_answer import Answer, Item, Token, read_answer
from opendata.errors import Problem, SourceError, TooLarge
from opendata.harvesting.client import without_credentials
from opendata.harvesting.contract import (
    N_,
    Complete,
    Event,
    Failed,
    Found,
    Gone,
    Incomplete,
    Option,
    OptionType,
    Position,
    Run,
)
from opendata.harvesting.isolation import isolated
from opendata.harvesting.xml import children, local_name, text_of

RAW_TYPE = "application/xml"
_SET_PAGES = 10
"""Set names are a courtesy: a repository with tens of thousands of sets is not read to the end for them."""
_IDLE_PAGES = 20
"""So many pages in a row without a new record are a loop, however fresh their tokens look."""
_IDENTIFIER = re.compile(rb"<(?:[\w.-]+:)?identifier>\s*([^<]{1,500}?)\s*</")


class OaiPmhHarvester:
    """Lists every record of a repository, or of one of its sets."""

    name = "oaipmh"
    title = N_("OAI-PMH repository")
    options = (
        Option("set", help=N_("Harvest only this set (its setSpec).")),
        Option("metadata_prefix", help=N_("Metadata format to ask for."), default="oai_dc"),
        Option(
            "organization_from",
            help=N_("The organisation of a record: that of the source, or the one named in dc:publisher."),
            type=OptionType.CHOICE,
            default="source",
            choices=("source", "publisher"),
        ),
    )

    def harvest(self, run: Run) -> Iterator[Event]:
        """Everything the repository lists. SourceError where it cannot be read, or does not know the format."""
        return _Listing(run).events()


class _Listing:
    """One walk over ListRecords, with all that is remembered on the way."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._base = _base_url(run.source.url)
        self._name = without_credentials(self._base)
        self._prefix = run.source.options.get("metadata_prefix") or "oai_dc"
        self._pages = 0
        self._listed = 0
        self._declared = -1
        self._seen: set[int] = set()
        self._tokens: set[str] = set()
        self._idle = 0
        self._damage: list[str] = []

    def events(self) -> Iterator[Event]:
        """The items of each page, a Position after it, and at last Complete or Incomplete."""
        self._context = self._prepare()
        token = _token_of(self._run.position)
        while True:
            try:
                answer = self._page(token)
            except SourceError as error:
                if not self._pages:
                    raise
                yield Incomplete(f"page {self._pages + 1} of the listing could not be read: {error.message}")
                return
            self._pages += 1
            yield from self._items(answer)
            ending = self._ending(answer)
            if ending is not None:
                yield ending
                return
            token = answer.token.value if answer.token else ""
            yield Position(json.dumps({"token": token}))

    def _prepare(self) -> Context:
        """Ask who the repository is, whether it has the format, and what its sets are called."""
        identity = self._ask({"verb": "Identify"})
        _refuse_errors(identity, "Identify")
        granularity = "".join(text_of(e) for e in _inside(identity, "Identify", "granularity"))
        self._granularity = "%Y-%m-%dT%H:%M:%SZ" if "hh" in granularity else "%Y-%m-%d"
        formats = self._ask({"verb": "ListMetadataFormats"})
        _refuse_errors(formats, "ListMetadataFormats")
        offered = [
            text_of(prefix)
            for element in _inside(formats, "ListMetadataFormats", "metadataFormat")
            for prefix in children(element, "metadataPrefix")
        ]
        if self._prefix not in offered:
            raise SourceError(
                f"{self._name} does not offer {self._prefix}; it offers {', '.join(offered) or 'nothing'}"
            )
        return Context(
            source=self._run.source.name,
            sets=self._set_names(),
            publisher_is_organization=self._run.source.options.get("organization_from") == "publisher",
        )

    def _set_names(self) -> dict[str, str]:
        """Names by setSpec, as far as they can be had; a repository without sets, or one that stumbles, is no error."""
        names: dict[str, str] = {}
        params = {"verb": "ListSets"}
        for _ in range(_SET_PAGES):
            try:
                answer = self._ask(params, "set")
            except SourceError:
                break
            for item in answer.items:
                spec, name = (_first_text(item, tag) for tag in ("setSpec", "setName"))
                names[spec] = name
            if answer.token is None or not answer.token.value:
                break
            params = {"verb": "ListSets", "resumptionToken": answer.token.value}
        names.pop("", None)
        return names

    def _page(self, token: str) -> Answer:
        if token:
            answer = self._ask({"verb": "ListRecords", "resumptionToken": token})
        else:
            answer = self._ask(self._first_request())
        codes = {code for code, _ in answer.errors}
        if codes and codes != {"noRecordsMatch"}:
            _refuse_errors(answer, "ListRecords")
        if answer.root is not None and not codes and not any(local_name(e) == "ListRecords" for e in answer.root):
            raise SourceError(f"{self._name} answered ListRecords with neither a list nor an error")
        return answer

    def _first_request(self) -> dict[str, str]:
        params = {"verb": "ListRecords", "metadataPrefix": self._prefix}
        if spec := self._run.source.options.get("set"):
            params["set"] = spec
        if self._run.since is not None:
            params["from"] = self._run.since.astimezone(dt.UTC).strftime(self._granularity)
        return params

    def _ask(self, params: dict[str, str], name: str = "record") -> Answer:
        try:
            return read_answer(self._run.client.get(self._base, params, accept="text/xml, application/xml"), name)
        except TooLarge as error:
            raise SourceError(error.message) from error

    def _items(self, answer: Answer) -> Iterator[Event]:
        before = len(self._seen)
        for item in answer.items:
            if self._limit_reached():
                return
            event = _event(item, self._context)
            self._listed += 1
            self._seen.add(hash(event.identifier or item.raw))
            yield event
        self._idle = 0 if len(self._seen) > before else self._idle + 1

    def _ending(self, answer: Answer) -> Complete | Incomplete | None:
        """How the listing ends with this page, or None where it goes on."""
        token = answer.token or Token("")
        self._declared = max(self._declared, token.complete_size)
        if answer.damage:
            self._damage.append(f"page {self._pages}: {answer.damage}")
        if self._limit_reached():
            return Incomplete(f"stopped after {self._listed} records, as asked")
        if token.cursor > self._listed and not self._run.position:
            self._damage.append(f"page {self._pages}: its cursor {token.cursor} is ahead of {self._listed} records")
        if not token.value:
            return self._verdict()
        if token.value in self._tokens:
            return Incomplete(f"after {self._listed} records the repository gave the same resumptionToken again")
        self._tokens.add(token.value)
        if self._idle >= _IDLE_PAGES:
            return Incomplete(f"{self._idle} pages in a row brought no new record")
        return None

    def _verdict(self) -> Complete | Incomplete:
        if self._damage:
            return Incomplete("; ".join(self._damage[:5]))
        if self._run.position:
            return Incomplete("the listing was taken up in the middle, so this run has not seen all of it")
        if self._run.since is not None:
            return Incomplete("only what changed since the last run was asked for")
        if len(self._seen) < self._declared:
            return Incomplete(
                f"the listing ended after {len(self._seen)} different records; {self._declared} were announced"
            )
        return Complete()

    def _limit_reached(self) -> bool:
        return self._run.limit is not None and self._listed >= self._run.limit


def _event(item: Item, context: Context) -> Found | Gone | Failed:
    element = item.element
    if element is None:
        match = _IDENTIFIER.search(item.raw)
        identifier = match.group(1).decode(errors="replace") if match else ""
        return Failed(identifier, (Problem("malformed-xml", item.reason),), item.raw, RAW_TYPE)
    header = next(iter(children(element, "header")), None)
    identifier = text_of(next(iter(children(header, "identifier")), None)) if header is not None else ""
    if header is None or not identifier:
        return Failed("", (Problem("identifier-missing", "the record has no identifier"),), item.raw, RAW_TYPE)
    if header.get("status") == "deleted":
        return Gone(identifier)
    specs = tuple(text_of(spec) for spec in children(header, "setSpec"))
    repairs = tuple(Problem("xml-repaired", text, severity="warning") for text in item.repairs)
    return isolated(
        identifier,
        item.raw,
        RAW_TYPE,
        lambda: found_record(identifier, element, specs, item.raw, repairs, context),
    )


def _first_text(item: Item, name: str) -> str:
    return "" if item.element is None else text_of(next(iter(children(item.element, name)), None))


def _inside(answer: Answer, verb: str, name: str) -> list:  # type: ignore[type-arg]
    if answer.root is None:
        raise SourceError(f"the answer to {verb} is {answer.damage}")
    return [element for part in children(answer.root, verb) for element in children(part, name)]


def _refuse_errors(answer: Answer, verb: str) -> None:
    for code, text in answer.errors:
        raise SourceError(f"the repository answered {verb} with the error {code}{': ' + text if text else ''}")


def _base_url(url: str) -> str:
    """The base URL, where somebody pasted a whole request."""
    parts = source_address(url)
    kept = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k not in _ARGUMENTS]
    return parts._replace(query=urlencode(kept), fragment="").geturl()


_ARGUMENTS = frozenset({"verb", "metadataPrefix", "set", "from", "until", "identifier", "resumptionToken"})


def _token_of(position: str | None) -> str:
    """The resumptionToken of a Position; "" for none, and for one that another harvester left."""
    if not position:
        return ""
    try:
        value = json.loads(position)["token"]
    except (ValueError, TypeError, KeyError):
        return ""
    return value if isinstance(value, str) else ""
