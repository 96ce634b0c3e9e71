"""The REST APIs of DataCite and of Invenio, of any size, with the bad manners of real ones to be switched on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.servers.local import Asked, LocalServer, Reply, serve


@dataclass(frozen=True)
class Held:
    """What the service holds and how it misbehaves.

    `count_lie` is added to the count; `stuck` gives the same page under fresh cursors, `repeating` the same cursor.
    `failing_from` answers 500 from that record on; `largest` refuses longer pages; `most` is the end of one search;
    `bare_files` leaves the files out of the list; `unsorted` gives the latest first.
    """

    size: int = 25
    count_lie: int = 0
    stuck: bool = False
    repeating: bool = False
    forgotten: str = ""
    failing_from: int = -1
    largest: int = 1000
    most: int = 10_000
    bare_files: bool = False
    unsorted: bool = False
    replaced: tuple[tuple[int, Any], ...] = ()


def doi(number: int, **changes: Any) -> dict[str, Any]:
    """An entry of DataCite's list."""
    attributes = {
        "doi": f"10.5072/x{number:05}",
        "state": "findable",
        "titles": [{"title": f"Отчёт {number}", "lang": "ru"}],
        "creators": [{"name": "Doe, Jane", "nameType": "Personal", "affiliation": [{"name": "KazNU"}]}],
        "publisher": {"name": "Институт"},
        "publicationYear": 2021,
        "types": {"resourceTypeGeneral": "Report"},
        "contentUrl": [f"https://repo.example/{number}.pdf"],
        "updated": "2024-02-03T04:05:06Z",
        "viewCount": number,
    }
    return {"id": f"10.5072/x{number:05}", "type": "dois", "attributes": attributes | changes}


def rdm(number: int, **changes: Any) -> dict[str, Any]:
    """A record as InvenioRDM lists it."""
    files = {"report.pdf": {"key": "report.pdf", "size": 9, "checksum": "md5:abc", "mimetype": "application/pdf"}}
    return {
        "id": f"r{number:05}",
        "created": f"2024-01-01T00:00:{number // 1000:02}.{number % 1000:03}000+00:00",
        "updated": "2024-02-03T04:05:06+00:00",
        "pids": {"doi": {"identifier": f"10.5072/r{number}"}},
        "links": {"self_html": f"https://repo.example/records/r{number}"},
        "access": {"record": "public", "files": "public", "embargo": {"active": False}},
        "files": {"enabled": True, "count": 1, "entries": files},
        "metadata": {
            "title": f"Отчёт {number}",
            "publication_date": "2021-05",
            "resource_type": {"id": "publication-report"},
            "creators": [{"person_or_org": {"name": "Doe, Jane", "type": "personal"}}],
        },
        **changes,
    }


@contextmanager
def datacite_server(held: Held | None = None) -> Iterator[LocalServer]:
    """DataCite's list of DOIs until the end of the block."""
    kept = held or Held()
    with serve(lambda asked: _dois(kept, asked)) as server:
        yield server


@contextmanager
def invenio_server(held: Held | None = None) -> Iterator[LocalServer]:
    """An Invenio until the end of the block."""
    kept = held or Held()
    with serve(lambda asked: _records(kept, asked)) as server:
        yield server


def _dois(held: Held, asked: Asked) -> Reply:
    if asked.path != "/dois":
        return _json({"errors": [{"status": "404"}]}, 404)
    cursor, rows = asked.query["page[cursor]"], int(asked.query["page[size]"])
    if cursor == held.forgotten:
        return _json({"errors": [{"status": "400"}]}, 400)
    start = 0 if cursor == "1" or held.stuck else int(cursor.rpartition("c")[2])
    if 0 <= held.failing_from <= start:
        return Reply(status=500)
    replaced = dict(held.replaced)
    data = [replaced.get(n, doi(n)) for n in range(start, min(start + rows, held.size))]
    fresh = f"{cursor}x" if held.stuck else "c0" if held.repeating else f"c{start + rows}"
    links = {"next": f"http://elsewhere.example/dois?page%5Bcursor%5D={fresh}"} if start + rows <= held.size else {}
    return _json({"data": data, "meta": {"total": held.size + held.count_lie}, "links": links})


def _records(held: Held, asked: Asked) -> Reply:
    if found := re.fullmatch(r"/api/records/(\w+)/files", asked.path):
        return _json(
            {"entries": [{"key": "report.pdf", "size": 9, "links": {"content": f"https://f.kz/{found[1]}.pdf"}}]}
        )
    if asked.path not in ("/api/records", "/api/communities/water/records"):
        return _json({"status": 404}, 404)
    rows, number = int(asked.query["size"]), int(asked.query["page"])
    if rows > held.largest or rows * number > held.most:
        return _json({"status": 400, "message": "too many"}, 400)
    start = (number - 1) * rows
    if 0 <= held.failing_from <= start:
        return Reply(status=500)
    replaced = dict(held.replaced)
    every = [replaced.get(n, rdm(n)) for n in range(held.size)]
    if found := re.search(r'created:\["([^"]+)" TO \*\]', asked.query.get("q", "")):
        every = [one for one in every if one["created"] >= found[1]]
    if held.unsorted:
        every.reverse()
    if held.bare_files:
        every = [one | {"files": {"enabled": True, "count": 1}} for one in every]
    return _json({"hits": {"hits": every[start : start + rows], "total": len(every) + held.count_lie}})


def _json(body: Any, status: int = 200) -> Reply:
    return Reply(json.dumps(body).encode(), status, "application/json")
