"""One walk over an OAI-PMH repository: pages, tokens that expire, pages that cannot be read, and how it ends."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from harvesters.dublincore import Context
from harvesters.oai_answer import Answer, Item
from harvesters.oai_items import event, has_metadata, identifier_of, is_deleted, stamp_of
from harvesters.oai_repository import (
    Repository,
    UnreadablePage,
    best_prefixes,
    lists,
    refuse_errors,
)
from harvesters.oai_singly import one_by_one, whole_record
from harvesters.oai_state import State, first_state
from harvesters.terms import instant
from opendata.errors import SourceError
from opendata.harvesting.contract import Complete, Event, Failed, Incomplete, Position, Run, Since
from opendata.harvesting.paging import LOOP, Loop

_IDLE_PAGES = 20
"""So many pages in a row without a new record are a loop, however fresh their tokens look."""
_REPEATED_PAGES = 3
"""The same for pages that are equal to earlier ones; a single one may come twice where the repository is written to."""
_MAX_FAILURES = 60
"""Pages that could not be read, in one run: the repository is not well."""
_FIRST_FAILURES = 16
"""The same where no page at all could be read: enough to halve ten years to one day."""
_REPAIRS = 200
"""Broken records that are asked for once more, alone."""


class _LostToken(Exception):
    """The repository does not know its own resumptionToken any more."""


class Listing:
    """The walk, with all that is remembered on the way."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._repository = Repository(run.source.url, run.client)
        self._set = run.source.options.get("set") or ""
        self._answered = False
        self._events = 0
        self._failures = 0
        self._idle = 0
        self._repairs = 0
        self._resumed = False
        self._strayed: bool | None = None
        self._begin_span()
        self._known = Loop()

    def events(self) -> Iterator[Event]:
        """The items of each page, a Position after it, and at last Complete or Incomplete."""
        self._prepare()
        if clock := instant(self._state.clock):
            yield Since(clock)
        while self._state.spans:
            ending: Incomplete | None = None
            try:
                answer = self._page()
            except (UnreadablePage, _LostToken) as error:
                ending = yield from self._recovered(error)
            except SourceError as error:
                if not self._answered:
                    raise
                ending = Incomplete(self._unread(error.message))
            else:
                yield from self._items(answer)
                self._answered = True
                if answer.cut and answer.token is None and not self._limit_reached():
                    ending = yield from self._recovered(UnreadablePage(answer.damage))
                else:
                    ending = self._after(answer)
            if ending is not None:
                yield ending
                return
            if self._state.spans:
                yield self._position()
        yield self._verdict()

    def _position(self) -> Position:
        return Position(self._state.dump(), total=self._state.declared if self._state.declared >= 0 else None)

    def _prepare(self) -> None:
        """Ask who the repository is, which format to take, and what its sets are called; take up where we were."""
        self._identity = self._repository.identify()
        offered = self._repository.formats()
        chosen = self._run.source.options.get("metadata_prefix") or ""
        self._prefixes = [chosen] if chosen in offered else [] if chosen else best_prefixes(offered)
        if not self._prefixes:
            wanted = chosen or "a format that is read here (oai_dc, oai_datacite …)"
            told = ", ".join(offered) or "nothing"
            raise SourceError(f"{self._repository.name} does not offer {wanted}; it offers {told}")
        state = State.load(self._run.position)
        if state is not None and state.prefix in offered and chosen in ("", state.prefix):
            self._state, self._resumed = state, True
        else:
            self._state = first_state(self._prefixes[0], self._identity, self._run.since)
        self._context = Context(
            source=self._run.source.name,
            sets=self._repository.set_names(),
            publisher_is_organization=self._run.source.options.get("organization_from") == "publisher",
        )

    def _begin_span(self) -> None:
        """Tokens and pages may come again where a part of the listing is asked for anew."""
        self._tokens, self._bodies = Loop(), Loop()
        self._idle = 0

    def request(self, verb: str) -> dict[str, str]:
        """The first request for the present span."""
        span = self._state.spans[0]
        params = {"verb": verb, "metadataPrefix": self._state.prefix}
        params |= {
            name: value for name, value in (("set", self._set), ("from", span.start), ("until", span.end)) if value
        }
        return params

    def _page(self) -> Answer:
        """The next page. UnreadablePage or _LostToken where asking in another way may help, else SourceError."""
        token = self._state.token
        params = {"verb": "ListRecords", "resumptionToken": token} if token else self.request("ListRecords")
        try:
            answer = self._repository.ask(params)
        except SourceError as error:
            # Some servers answer a token that they have forgotten by the status of a bad request.
            if token and getattr(error, "status", 0) in (400, 404, 410, 422):
                raise _LostToken(error.message) from error
            raise
        codes = {code for code, _ in answer.errors}
        if "noRecordsMatch" in codes:
            return answer
        if token and codes & {"badResumptionToken", "badArgument"}:
            raise _LostToken("; ".join(f"{code} {text}".strip() for code, text in answer.errors))
        if codes and not token:
            return self._asked_otherwise(answer, codes)
        refuse_errors(answer, "ListRecords")
        if not lists(answer, "ListRecords"):
            raise UnreadablePage(f"{self._repository.name} answered ListRecords with neither a list nor an error")
        if not token and not self._answered and self._next_prefix(_is_hollow(answer)):
            return self._page()
        return answer

    def _asked_otherwise(self, answer: Answer, codes: set[str]) -> Answer:
        """The first page by whole days, or in the next best format, where the first request was refused."""
        span = self._state.spans[0]
        if "badArgument" in codes and len(span.start) > 10:
            self._identity = self._identity.by_days()
            self._state.spans[0] = type(span)(span.start[:10], span.end[:10])
            return self._page()
        if not self._answered and self._next_prefix("cannotDisseminateFormat" in codes):
            return self._page()
        refuse_errors(answer, "ListRecords")
        return answer

    def _next_prefix(self, is_needed: bool) -> bool:
        """Whether there is another format to try, which is taken then."""
        if not is_needed or self._resumed or len(self._prefixes) < 2:
            return False
        self._prefixes.pop(0)
        self._state.prefix = self._prefixes[0]
        return True

    def _items(self, answer: Answer) -> Iterator[Event]:
        new = 0
        for item in answer.items:
            if self._limit_reached():
                return
            if item.element is None and answer.cut:
                continue  # the rest of the page is asked for anew
            if item.element is None:
                item = self._asked_again(item)
            is_new = self._is_new(item)
            new += is_new
            if is_new or not self._failures:  # what is asked for anew need not be told again
                yield event(item, self._context)
        self._idle = 0 if new else self._idle + 1
        self._state.pages += bool(new) and not answer.cut

    def _is_new(self, item: Item) -> bool:
        """Note a record or header; whether it is a new one."""
        if stamp := stamp_of(item):
            self._state.note(stamp)
            if not self._state.holds(stamp):
                self._strayed = True
        is_new = not self._known.seen(identifier_of(item) or item.raw.decode(errors="replace"))
        self._state.different += is_new
        self._events += is_new or not self._failures
        return is_new

    def _asked_again(self, item: Item) -> Item:
        """A broken record, asked for alone: some servers break the page and not the record."""
        identifier = identifier_of(item)
        if not identifier or self._repairs >= _REPAIRS:
            self._note_damage(item.reason)
            return item
        self._repairs += 1
        whole = whole_record(self._repository, identifier, self._state.prefix)
        if whole is None:
            self._note_damage(item.reason)
        return whole or item

    def _note_damage(self, what: str) -> None:
        if len(self._state.damage) < 5:
            self._state.damage.append(f"page {self._state.pages + 1}: {what}")

    def _unread(self, message: str) -> str:
        """Which page could not be read. What is listed anew by parts is no other page."""
        return f"page {self._state.pages + 1} of the listing could not be read: {message}"

    def _after(self, answer: Answer) -> Incomplete | None:
        """What is to be done after a page: the next one, the next span, or an end."""
        token = answer.token
        state = self._state
        if token is not None and not state.parted:
            state.declared = max(state.declared, token.complete_size)
        if self._limit_reached():
            return Incomplete(f"stopped after {self._events} records, as asked")
        if token is None or not token.value:
            state.finish()
            self._begin_span()
            return None
        body = "\n".join(identifier_of(item) for item in answer.items)
        if self._tokens.seen(token.value):
            return Incomplete(f"after {state.different} records: {LOOP.format(what='a resumptionToken')}")
        if body and self._bodies.seen(body) and self._idle >= _REPEATED_PAGES:
            return Incomplete(f"after {state.different} records: {LOOP.format(what='a page')}")
        if self._idle >= _IDLE_PAGES:
            return Incomplete(f"{self._idle} pages in a row brought no new record")
        state.token = token.value
        return None

    def _recovered(self, error: UnreadablePage | _LostToken) -> Generator[Event, None, Incomplete | None]:
        """Go on in another way: in another format, after the last datestamp, in half the time, record by record."""
        state = self._state
        self._failures += 1
        message = error.message if isinstance(error, UnreadablePage) else f"the resumptionToken was lost ({error})"
        if isinstance(error, _LostToken) and state.declared >= 0 and state.different >= state.declared:
            state.finish()  # one token too many, as some repositories give where the last page is a full one
            self._begin_span()
            return None
        if not self._answered and self._next_prefix(isinstance(error, UnreadablePage)):
            return None
        if self._failures >= (_MAX_FAILURES if self._answered else _FIRST_FAILURES):
            if not self._answered:
                raise SourceError(message)
            return Incomplete(self._unread(message))
        self._begin_span()
        if self._resumed and state.declared >= 0:
            self._note_damage("the listing was taken up in the middle and begun again: its count cannot be checked")
        if self._keeps_no_spans():
            state.unite()
            message = f"{message}; and it does not keep to from and until, so that no part of it can be asked for"
        elif state.restart() or state.divide(self._identity):
            return None
        return (yield from self._singly(message))

    def _keeps_no_spans(self) -> bool:
        """Whether the repository ignores from and until: it did so already, or it does when it is asked, once."""
        if self._strayed is None:
            self._strayed = self._repository.ignores_dates(self.request("ListIdentifiers"), self._identity)
        return self._strayed

    def _singly(self, message: str) -> Generator[Event, None, Incomplete | None]:
        """The records of a span that cannot be listed and have not come yet, each asked for by its identifier."""
        span = self._state.spans[0]
        request = self.request("ListIdentifiers")
        try:
            for item in one_by_one(self._repository, request, self._state.prefix, self._is_new):
                yield item if isinstance(item, Failed) else event(item, self._context)
                if self._limit_reached():
                    return Incomplete(f"stopped after {self._events} records, as asked")
            self._answered = True
        except SourceError as error:
            if not self._answered and len(self._state.spans) == 1:
                raise SourceError(message) from error
            where = f"{span.start or 'the beginning'} to {span.end or 'now'}"
            self._state.damage.append(f"{self._unread(message)}; {where}: {error.message}")
        self._state.finish()
        return None

    def _verdict(self) -> Complete | Incomplete:
        state = self._state
        if state.damage:
            return Incomplete("; ".join(state.damage[:5]))
        if state.different < state.declared:
            return Incomplete(
                f"the listing ended after {state.different} different records; {state.declared} were announced"
            )
        if not state.different and self._set and self._run.since is None:
            gone = self._set not in self._context.sets
            told = "is not among the sets of the repository" if gone else "holds no record"
            return Incomplete(f"the set {self._set} {told}; what was harvested from it is kept")
        return Complete()

    def _limit_reached(self) -> bool:
        return self._run.limit is not None and self._events >= self._run.limit


def _is_hollow(answer: Answer) -> bool:
    """Whether the page has records and not one of them has metadata: the format is listed, and not there."""
    living = [item for item in answer.items if item.element is not None and not is_deleted(item)]
    return bool(living) and not any(has_metadata(item) for item in living)
