"""A synthetic OAI-PMH repository of any size, with the bad manners of real ones to be switched on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape

from tests.servers.local import Asked, LocalServer, Reply, serve

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
    "<responseDate>2024-06-01T00:00:00Z</responseDate><request>http://127.0.0.1/oai</request>"
)
_DC = 'xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/"'


@dataclass(frozen=True)
class Repository:
    """What the server holds and how it misbehaves. Page and record numbers start at 0; -1 is never.

    `count_lie` is added to completeListSize; `declare_size` False leaves it out. `broken_record` is not well-formed,
    `truncated_page` breaks off in the middle, `html_page` is a web page, `failing_page` answers 500,
    `repeating_page` and all after it give the same token, `forgotten_page` answers badResumptionToken. Datestamps are
    `days` apart and filtered by from and until where that is above 0; `shuffled` lists the latest first. A page of
    records with one of `poison` answers 500, as does the record itself unless `gentle_alone`. `surplus_token` gives a
    token on the last page. Of `formats` some may be refused or come without metadata; `resources` are the DataCite
    elements that records have in every format but oai_dc. `only_days` refuses times of day in from; `timeless` ignores
    from and until.
    """

    size: int = 25
    page: int = 10
    count_lie: int = 0
    declare_size: bool = True
    deleted: frozenset[int] = frozenset()
    broken_record: int = -1
    nameless_record: int = -1
    truncated_page: int = -1
    html_page: int = -1
    failing_page: int = -1
    repeating_page: int = -1
    forgotten_page: int = -1
    formats: tuple[str, ...] = ("oai_dc",)
    error: str = ""
    extra: tuple[tuple[int, str], ...] = ()
    days: int = 0
    shuffled: bool = False
    poison: frozenset[int] = frozenset()
    gentle_alone: bool = False
    surplus_token: bool = False
    refused_formats: tuple[str, ...] = ()
    hollow_formats: tuple[str, ...] = ()
    granularity: str = "YYYY-MM-DD"
    only_days: bool = False
    timeless: bool = False
    sets: tuple[str, ...] = ("reports",)
    resources: tuple[tuple[int, str], ...] = ()


@contextmanager
def oai_server(repository: Repository | Callable[[], Repository] | None = None) -> Iterator[LocalServer]:
    """A repository under `/oai` until the end of the block; a function is asked for it at every request."""
    held = repository or Repository()
    with serve(lambda asked: answer(held() if callable(held) else held, asked)) as server:
        server.url += "/oai"
        yield server


def record_xml(number: int, extra: str = "", stamp: str = "2024-01-01", metadata: str | None = None) -> str:
    """One record with the elements that most repositories send; `extra` is put inside the metadata."""
    dublin_core = (
        f"<oai_dc:dc {_DC}>"
        f'<dc:title xml:lang="ru">Отчёт номер {number}</dc:title><dc:creator>Ахметов, А.</dc:creator>'
        f"<dc:subject>вода</dc:subject><dc:description>Описание {number}.</dc:description><dc:date>2021-05-01</dc:date>"
        f"<dc:type>report</dc:type><dc:identifier>https://repo.example/item/{number}</dc:identifier>"
        f"<dc:language>ru</dc:language>{extra}</oai_dc:dc>"
    )
    return (
        f"<record><header><identifier>oai:test:{number}</identifier><datestamp>{stamp}</datestamp>"
        "<setSpec>reports</setSpec></header>"
        f"<metadata>{dublin_core if metadata is None else metadata}</metadata></record>"
    )


def answer(held: Repository, asked: Asked) -> Reply:
    """What the repository says to one request."""
    verb = asked.query.get("verb", "")
    if verb == "Identify":
        inner = f"<repositoryName>Test</repositoryName><granularity>{held.granularity}</granularity>"
        inner += f"<earliestDatestamp>{_stamp(held, 0) if held.days else '2015-01-01'}</earliestDatestamp>"
    elif verb == "ListMetadataFormats":
        inner = "".join(f"<metadataFormat><metadataPrefix>{p}</metadataPrefix></metadataFormat>" for p in held.formats)
    elif verb == "ListSets":
        inner = "".join(f"<set><setSpec>{one}</setSpec><setName>Отчёты</setName></set>" for one in held.sets)
    elif held.error:
        return _error(held.error, "as told")
    elif verb == "GetRecord":
        return _single(held, asked.query)
    else:
        return _page(held, asked.query)
    return _xml(f"{_HEAD}<{verb}>{inner}</{verb}></OAI-PMH>")


def _stamp(held: Repository, number: int) -> str:
    if not held.days:
        return "2024-01-01"
    day = dt.date(2020, 1, 1) + dt.timedelta(days=number * held.days)
    return f"{day}T10:00:00Z" if "hh" in held.granularity else f"{day}"


def _single(held: Repository, query: dict[str, str]) -> Reply:
    number = int(query["identifier"].rpartition(":")[2])
    if number in held.poison and not held.gentle_alone:
        return Reply(b"", 500)
    if number >= held.size:
        return _error("idDoesNotExist")
    whole = replace(held, broken_record=-1) if held.gentle_alone else held
    return _xml(f"{_HEAD}<GetRecord>{_record(whole, number, query['metadataPrefix'])}</GetRecord></OAI-PMH>")


def _page(held: Repository, query: dict[str, str]) -> Reply:
    at, since, until, prefix = _asked_for(query)
    if prefix in held.refused_formats:
        return _error("cannotDisseminateFormat")
    if held.only_days and len(since) > 10:
        return _error("badArgument")
    page = at // held.page
    if page == held.html_page:
        return Reply(
            "<!DOCTYPE html><html><body>Техническое обслуживание</body></html>".encode(), media_type="text/html"
        )
    if page == held.failing_page:
        return Reply(b"", 500)
    if page == held.forgotten_page:
        return _error("badResumptionToken", "expired")
    filters = held.days and not held.timeless
    chosen = [n for n in range(held.size) if not filters or since <= _stamp(held, n)[: len(since) or None]]
    chosen = [n for n in chosen if not (filters and until) or _stamp(held, n)[: len(until)] <= until]
    if held.shuffled:
        chosen.reverse()
    if not chosen or at > len(chosen):
        return _error("noRecordsMatch")
    return _listed(held, query["verb"], chosen, at, (since, until, prefix))


def _asked_for(query: dict[str, str]) -> tuple[int, str, str, str]:
    if token := query.get("resumptionToken"):
        at, since, until, prefix = (*token.split("|"), "", "", "")[:4]
        return int(at[1:]), since, until, prefix or "oai_dc"
    return 0, query.get("from", ""), query.get("until", ""), query.get("metadataPrefix", "oai_dc")


def _listed(held: Repository, verb: str, chosen: list[int], at: int, asked_for: tuple[str, str, str]) -> Reply:
    numbers = chosen[at : at + held.page]
    if verb == "ListIdentifiers":
        parts = [_header(held, n) for n in numbers]
    elif held.poison & set(numbers):
        return Reply(b"", 500)
    else:
        parts = [_record(held, n, asked_for[2]) for n in numbers]
    page = at // held.page
    body = f"{_HEAD}<{verb}>" + "".join(parts) + _token(held, at, len(chosen), asked_for) + f"</{verb}></OAI-PMH>"
    if page == held.truncated_page and verb == "ListRecords":
        body = body[: len(body) // 2]
    return _xml(body)


def _header(held: Repository, number: int) -> str:
    status = ' status="deleted"' if number in held.deleted else ""
    name, stamp = f"oai:test:{number}", _stamp(held, number)
    return f"<header{status}><identifier>{name}</identifier><datestamp>{stamp}</datestamp></header>"


def _record(held: Repository, number: int, prefix: str) -> str:
    if number in held.deleted:
        return f"<record>{_header(held, number)}</record>"
    metadata = "" if prefix in held.hollow_formats else dict(held.resources).get(number) if prefix != "oai_dc" else None
    text = record_xml(number, dict(held.extra).get(number, ""), _stamp(held, number), metadata)
    if number == held.broken_record:
        return text.replace("</dc:title>", "</dc:titel>")
    if number == held.nameless_record:
        return text.replace(f"<identifier>oai:test:{number}</identifier>", "", 1)
    return text


def _token(held: Repository, at: int, total: int, asked_for: tuple[str, str, str]) -> str:
    following, page = at + held.page, at // held.page
    rest = "|" + "|".join(asked_for) if asked_for != ("", "", "oai_dc") else ""
    size = f'completeListSize="{total + held.count_lie}" cursor="{at}"' if held.declare_size else ""
    if 0 <= held.repeating_page <= page:
        return f"<resumptionToken {size}>t{at}{rest}</resumptionToken>"
    if following >= total and not (held.surplus_token and at < total):
        return f"<resumptionToken {size}/>"
    return f"<resumptionToken {size}>t{following}{rest}</resumptionToken>"


def _error(code: str, text: str = "") -> Reply:
    return _xml(f'{_HEAD}<error code="{code}">{text}</error></OAI-PMH>')


def _xml(text: str) -> Reply:
    return Reply(text.encode(), media_type="text/xml; charset=utf-8")


def escaped(text: str) -> str:
    """`text` for use inside an element."""
    return escape(text)
