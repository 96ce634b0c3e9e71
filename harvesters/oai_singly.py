"""Records by their identifiers, where a list of them cannot be read: one bad record must not hide its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from harvesters.oai_answer import Item
from harvesters.oai_items import RAW_TYPE, identifier_of, is_deleted
from harvesters.oai_repository import Repository, UnreadablePage, refuse_errors
from opendata.errors import Problem, SourceError
from opendata.harvesting.contract import Failed
from opendata.harvesting.paging import Loop

MAX_SINGLE = 5_000
"""Records of one span that are asked for one by one."""


def one_by_one(
    repository: Repository, request: Mapping[str, str], prefix: str, is_wanted: Callable[[Item], bool]
) -> Iterator[Item | Failed]:
    """Every record that ListIdentifiers names and whose header is wanted, or why it cannot be had. SourceError where
    even the list cannot be read.
    """
    loop, asked, params = Loop(), 0, dict(request)
    while True:
        answer = repository.ask(params, "header")
        if any(code == "noRecordsMatch" for code, _ in answer.errors):
            return
        refuse_errors(answer, "ListIdentifiers")
        for header in filter(is_wanted, answer.items):
            asked += 1
            if asked > MAX_SINGLE:
                raise SourceError(f"more than {MAX_SINGLE} records would have to be asked for one by one")
            yield header if is_deleted(header) else _single(repository, identifier_of(header), prefix)
        token = answer.token.value if answer.token else ""
        if not token:
            return
        if loop.seen(token):
            raise SourceError("the list of identifiers repeats itself")
        params = {"verb": "ListIdentifiers", "resumptionToken": token}


def whole_record(repository: Repository, identifier: str, prefix: str) -> Item | None:
    """The record as GetRecord gives it; None where that is no better."""
    found = _single(repository, identifier, prefix)
    return found if isinstance(found, Item) and found.element is not None else None


def _single(repository: Repository, identifier: str, prefix: str) -> Item | Failed:
    params = {"verb": "GetRecord", "identifier": identifier, "metadataPrefix": prefix}
    try:
        answer = repository.ask(params)
        refuse_errors(answer, "GetRecord")
    except UnreadablePage as error:
        return _failed(identifier, error.message)
    except SourceError as error:
        if getattr(error, "status", 400) >= 400 and getattr(error, "status", 400) not in (401, 403, 429, 503):
            return _failed(identifier, error.message)
        raise
    if not answer.items:
        return _failed(identifier, f"the repository gives no record {identifier}")
    return answer.items[0]


def _failed(identifier: str, reason: str) -> Failed:
    return Failed(identifier, (Problem("record-unreadable", reason, value=identifier[:500]),), b"", RAW_TYPE)
