"""A synthetic OAI-PMH repository of any size, with the bad manners of real ones to be switched on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from xml.sax.saxutils import escape

from tests.servers.local import Asked, LocalServer, Reply, serve

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
    "<responseDate>2024-01-01T00:00:00Z</responseDate><request>http://127.0.0.1/oai</request>"
)
_DC = 'xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/"'


@dataclass(frozen=True)
class Repository:
    """What the server holds and how it misbehaves. Page and record numbers start at 0; -1 is never.

    `count_lie` is added to completeListSize; `declare_size` False leaves it out. `broken_record` is not well-formed,
    `truncated_page` breaks off in the middle, `html_page` is a web page, `failing_page` answers 500,
    `repeating_page` and all after it give the same token, `forgotten_page` answers badResumptionToken.
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


@contextmanager
def oai_server(repository: Repository | Callable[[], Repository] | None = None) -> Iterator[LocalServer]:
    """A repository under `/oai` until the end of the block; a function is asked for it at every request."""
    held = repository or Repository()
    with serve(lambda asked: answer(held() if callable(held) else held, asked)) as server:
        server.url += "/oai"
        yield server


def record_xml(number: int, extra: str = "") -> str:
    """One record with the elements that most repositories send; `extra` is put inside the metadata."""
    return (
        f"<record><header><identifier>oai:test:{number}</identifier><datestamp>2024-01-01</datestamp>"
        f"<setSpec>reports</setSpec></header><metadata><oai_dc:dc {_DC}>"
        f'<dc:title xml:lang="ru">Отчёт номер {number}</dc:title><dc:creator>Ахметов, А.</dc:creator>'
        f"<dc:subject>вода</dc:subject><dc:description>Описание {number}.</dc:description><dc:date>2021-05-01</dc:date>"
        f"<dc:type>report</dc:type><dc:identifier>https://repo.example/item/{number}</dc:identifier>"
        f"<dc:language>ru</dc:language>{extra}</oai_dc:dc></metadata></record>"
    )


def answer(held: Repository, asked: Asked) -> Reply:
    """What the repository says to one request."""
    verb = asked.query.get("verb", "")
    if verb == "Identify":
        inner = "<repositoryName>Test</repositoryName><granularity>YYYY-MM-DD</granularity>"
    elif verb == "ListMetadataFormats":
        inner = "".join(f"<metadataFormat><metadataPrefix>{p}</metadataPrefix></metadataFormat>" for p in held.formats)
    elif verb == "ListSets":
        inner = "<set><setSpec>reports</setSpec><setName>Отчёты</setName></set>"
    elif held.error:
        return _xml(f'{_HEAD}<error code="{held.error}">as told</error></OAI-PMH>')
    else:
        return _page(held, asked.query)
    return _xml(f"{_HEAD}<{verb}>{inner}</{verb}></OAI-PMH>")


def _page(held: Repository, query: dict[str, str]) -> Reply:
    start = int(query.get("resumptionToken", "t0")[1:])
    page = start // held.page
    if page == held.html_page:
        return Reply(
            "<!DOCTYPE html><html><body>Техническое обслуживание</body></html>".encode(), media_type="text/html"
        )
    if page == held.failing_page:
        return Reply(b"", 500)
    if page == held.forgotten_page:
        return _xml(f'{_HEAD}<error code="badResumptionToken">expired</error></OAI-PMH>')
    numbers = range(start, min(start + held.page, held.size))
    body = _HEAD + "<ListRecords>" + "".join(_record(held, n) for n in numbers) + _token(held, start, page)
    body += "</ListRecords></OAI-PMH>"
    if page == held.truncated_page:
        body = body[: len(body) // 2]
    return _xml(body)


def _record(held: Repository, number: int) -> str:
    if number in held.deleted:
        return (
            f'<record><header status="deleted"><identifier>oai:test:{number}</identifier>'
            "<datestamp>2024-01-01</datestamp></header></record>"
        )
    text = record_xml(number, dict(held.extra).get(number, ""))
    if number == held.broken_record:
        return text.replace("</dc:title>", "</dc:titel>")
    if number == held.nameless_record:
        return text.replace(f"<identifier>oai:test:{number}</identifier>", "", 1)
    return text


def _token(held: Repository, start: int, page: int) -> str:
    following = start + held.page
    size = f'completeListSize="{held.size + held.count_lie}" cursor="{start}"' if held.declare_size else ""
    if 0 <= held.repeating_page <= page:
        return f"<resumptionToken {size}>t{start}</resumptionToken>"
    if following >= held.size:
        return f"<resumptionToken {size}/>"
    return f"<resumptionToken {size}>t{following}</resumptionToken>"


def _xml(text: str) -> Reply:
    return Reply(text.encode(), media_type="text/xml; charset=utf-8")


def escaped(text: str) -> str:
    """`text` for use inside an element."""
    return escape(text)
