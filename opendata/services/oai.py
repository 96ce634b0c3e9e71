"""The catalogue as an OAI-PMH 2.0 repository: what each verb gives, and what is listed.

A list is in the order of stamps (services.sequence), and its token says all that is needed to go on: nothing is kept
here, so a token never expires, and a record that changes meanwhile comes again behind the place where the list is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from opendata.catalog import vocabularies
from opendata.catalog.records import DatasetType
from opendata.export import oaipmh
from opendata.export.oaipmh import PREFIXES, Answer, Header, Page
from opendata.export.site import Site
from opendata.services import sequence, versions, walking
from opendata.services.catalogue import Catalogue
from opendata.services.oai_asking import DAY, Arguments, Refused, Token, bad_token, checked, instant, place
from opendata.store import queries
from opendata.store.queries.stamped import Chosen, Place, Stamped, count_stamped, earliest_stamp, stamped, stamped_one

PAGE = 100
"""Records of one answer."""
SIZES_BYTES = 64 * 1024
"""What a process takes to remember how long lists are."""

ORGANIZATION, TYPE, OPEN = "organization", "type", "open_access"
"""Sets, and what the sets of agencies and types begin with: organization:SLUG, type:CODE."""


Sizes = versions.Kept[int]
"""How long the lists are that this process was asked for: counting one takes longer the longer it is."""


def new_sizes() -> Sizes:
    """With none known."""
    return versions.Kept(SIZES_BYTES, lambda _size: 0)


def respond(catalogue: Catalogue, site: Site, base_url: str, given: Arguments, sizes: Sizes) -> bytes:
    """The answer to a request, whatever is wrong with it."""
    moment = sequence.settle(catalogue)
    answer = Answer(moment, base_url, {})
    try:
        arguments = checked(given)
        answer = replace(answer, arguments=arguments)
        return _Repository(catalogue, site, answer, sizes).respond()
    except Refused as error:
        shown = answer if error.repeats else replace(answer, arguments={})
        return oaipmh.refusal(shown, error.errors)


@dataclass
class _Repository:
    """One request that is formed as it should be."""

    catalogue: Catalogue
    site: Site
    answer: Answer
    sizes: Sizes

    def respond(self) -> bytes:
        """Refused for what cannot be given."""
        arguments = self.answer.arguments
        verb = arguments["verb"]
        if verb == "Identify":
            with self.catalogue.sessions.read() as session:
                earliest = earliest_stamp(session)
            return oaipmh.identify(self.answer, self.site, min(earliest or self.answer.date, self.answer.date))
        if verb == "ListMetadataFormats":
            if "identifier" in arguments:
                self._one(arguments["identifier"])
            return oaipmh.formats(self.answer)
        if verb == "ListSets":
            if "resumptionToken" in arguments:
                raise bad_token()
            return oaipmh.sets(self.answer, self._sets())
        return self._record() if verb == "GetRecord" else self._list(verb)

    def _one(self, identifier: str) -> Stamped:
        unknown = Refused(("idDoesNotExist", f"There is no record {identifier} here."))
        prefix = f"oai:{oaipmh.repository(self.site)}:"
        try:
            key = UUID(identifier.removeprefix(prefix)) if identifier.startswith(prefix) else None
        except ValueError:
            key = None
        if key is None or identifier != f"{prefix}{key}":
            raise unknown
        with self.catalogue.sessions.read() as session:
            found = stamped_one(session, key, self.catalogue.today())
        if found is None:
            raise unknown
        return found

    def _record(self) -> bytes:
        arguments = self.answer.arguments
        found = self._one(arguments["identifier"])
        prefix = self._prefix(arguments["metadataPrefix"])
        (header,) = self._headers([found], full=True)
        return oaipmh.record(self.answer, header, prefix, self.site)

    def _prefix(self, name: str) -> oaipmh.Prefix:
        if name not in PREFIXES:
            raise Refused(("cannotDisseminateFormat", f"There is no format {name}; there are {', '.join(PREFIXES)}."))
        return PREFIXES[name]

    def _list(self, verb: str) -> bytes:
        arguments = self.answer.arguments
        if "resumptionToken" in arguments:
            token = Token.read(arguments["resumptionToken"], verb)
            after: Place | None = place(token)
        else:
            first, until, spec = (arguments.get(name, "") for name in ("from", "until", "set"))
            token = Token(verb, self._prefix(arguments["metadataPrefix"]).name, first, until, spec, "", "", 0, 0)
            after = None
        version = versions.of_site(self.catalogue).site if after is None else ""
        with self.catalogue.sessions.read() as session:
            chosen = self._chosen(session, token)
            found = stamped(session, chosen, after, PAGE + 1) if chosen else []
            if after is None and chosen and len(found) > PAGE:
                asked = token.first, token.until, token.spec
                size = self.sizes.get(version, asked, partial(count_stamped, session, chosen))
                token = replace(token, size=size)
        if not found and after is None:
            raise Refused(("noRecordsMatch", "No record fits from, until, set and metadataPrefix together."))
        headers = self._headers(found[:PAGE], full=verb == "ListRecords")
        page = self._page(token, found, headers, begun=after is not None)
        return oaipmh.listing(self.answer, verb, page, PREFIXES[token.prefix], self.site)

    def _page(self, token: Token, found: Sequence[Stamped], headers: Sequence[Header], *, begun: bool) -> Page:
        """The page with what goes on behind it. A list that grew meanwhile is as long as it turns out to be."""
        seen = token.seen + len(headers)
        if len(found) <= PAGE:
            return Page(headers, "" if begun else None, seen, token.seen)
        last = found[PAGE - 1]
        size = max(token.size, seen + 1)
        following = replace(token, stamp=last.stamp.isoformat(), key=str(last.id), seen=seen, size=size)
        return Page(headers, str(following), size, token.seen)

    def _chosen(self, session: Session, token: Token) -> Chosen | None:
        """Which records are asked for; None where the set is none of ours, or everything asked for is still to come."""
        first = instant(token.first) if token.first else None
        end = instant(token.until) if token.until else None
        if end is not None:
            try:
                end += dt.timedelta(days=1) if DAY.fullmatch(token.until) else dt.timedelta(seconds=1)
            except OverflowError:
                end = None
        found = Chosen(self.catalogue.today(), first, end)
        head, _, name = token.spec.partition(":")
        if token.spec in ("", TYPE):
            return found
        if token.spec == OPEN:
            return replace(found, open=True)
        if head == TYPE and name in list(DatasetType):
            return replace(found, type=name)
        if head == ORGANIZATION:
            paths = queries.organization_paths(session)
            within = [key for key, path in paths.items() if not name or name in path]
            return replace(found, organizations=within) if within else None
        return None

    def _headers(self, found: Sequence[Stamped], *, full: bool) -> list[Header]:
        """What is told of each. A record that was withdrawn since it was found is told to be gone."""
        alive = [one.id for one in found if not one.gone]
        entries = {entry.record.id: entry for entry in walking.own_entries(self.catalogue, alive)} if full else {}
        with self.catalogue.sessions.read() as session:
            paths = queries.organization_paths(session)
        made = []
        for one in found:
            entry = entries.get(one.id)
            gone = one.gone or (full and entry is None)
            identifier = f"oai:{oaipmh.repository(self.site)}:{one.id}"
            specs = tuple(_specs(one, paths.get(one.organization_id, ()) if one.organization_id else (), gone=gone))
            made.append(Header(identifier, one.stamp, specs, gone, None if gone else entry))
        return made

    def _sets(self) -> Iterator[tuple[str, str]]:
        yield OPEN, "Records with files that everybody may have"
        yield TYPE, "All records, by type"
        for code in DatasetType:
            yield f"{TYPE}:{code}", vocabularies.label("dataset_type", code, "en")
        yield ORGANIZATION, "Records of agencies, by agency"
        with self.catalogue.sessions.read() as session:
            agencies = queries.organizations(session)
        for one in agencies:
            yield f"{ORGANIZATION}:{one.slug}", next((title.value for title in one.title.values()), one.slug)


def _specs(one: Stamped, path: Iterable[str], *, gone: bool) -> Iterator[str]:
    """The sets of a record: of its agency and those above it, of its type, of those that are open."""
    yield from (f"{ORGANIZATION}:{slug}" for slug in path)
    yield f"{TYPE}:{DatasetType(one.type)}"
    if one.open and not gone:
        yield OPEN
