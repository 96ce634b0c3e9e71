"""Answers captured from real services, given back over real HTTP.

A capture rarely holds every verb that a harvest asks for. Identify and ListMetadataFormats are then stood in for, by
the plainest answer that the protocol allows; records are never made up.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tests.servers.local import Asked, LocalServer, Reply, serve

_HEAD = (
    '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2024-01-01T00:00:00Z</responseDate>'
    "<request>http://127.0.0.1/oai</request>"
)
Answers = Callable[[Mapping[str, str]], Reply | None]


@contextmanager
def replay_oai(answers: Answers, prefix: str = "oai_dc") -> Iterator[LocalServer]:
    """An OAI interface that answers as `answers` says, and stands in for what that does not know."""

    with serve(lambda asked: oai_answer(answers, asked.query, prefix)) as server:
        server.url += "/oai"
        yield server


def oai_answer(answers: Answers, query: Mapping[str, str], prefix: str) -> Reply:
    """What `answers` knows, else what stands in for it; `prefix` is the format that is then offered."""
    return answers(query) or _stand_in(query, prefix)


def by_file(folder: Path, files: Mapping[str, str]) -> Answers:
    """Answers by verb (`files`: verb to file name); a resumptionToken that is a file's name gives that file."""

    def answers(query: Mapping[str, str]) -> Reply | None:
        token = query.get("resumptionToken", "")
        name = token if token and (folder / token).is_file() else "" if token else files.get(query.get("verb", ""), "")
        return plain_xml((folder / name).read_bytes()) if name else None

    return answers


def by_mapping(folder: Path) -> Answers:
    """Answers of a folder with a mapping.txt: lines of query and file name in turn; dates in the query are ignored."""
    lines = [line for line in (folder / "mapping.txt").read_text().splitlines() if line.strip()]
    known = {_key(dict(parse_qsl(query))): name for query, name in zip(lines[::2], lines[1::2], strict=True)}

    def answers(query: Mapping[str, str]) -> Reply | None:
        name = known.get(_key(query))
        return plain_xml((folder / name).read_bytes()) if name else None

    return answers


def by_recording(path: Path) -> Answers:
    """Answers of a JSON recording (path, status, response), each given in turn where one request has several."""
    recorded: dict[tuple[tuple[str, str], ...], list[dict[str, object]]] = {}
    for entry in json.loads(path.read_text()):
        query = dict(parse_qsl(urlsplit(entry["path"]).query))
        recorded.setdefault(_key(query), []).append(entry)

    def answers(query: Mapping[str, str]) -> Reply | None:
        entries = recorded.get(_key(query))
        if not entries:
            return None
        entry = entries.pop(0) if len(entries) > 1 else entries[0]
        raw = entry["rawHeaders"]
        asked_wait = isinstance(raw, list) and "Retry-After" in raw
        body = str(entry["response"]).encode()
        status = int(str(entry["status"]))
        return Reply(body, status, "text/xml", headers={"Retry-After": "0"} if asked_wait else {})

    return answers


def by_cassette(text: str, chosen: Callable[[Mapping[str, str]], bool]) -> Answers:
    """Answers of a YAML cassette: the ListRecords interactions whose first request `chosen` accepts, then by token."""
    pages = [(query, body) for query, body in _interactions(text) if query.get("verb") == "ListRecords"]

    def answers(query: Mapping[str, str]) -> Reply | None:
        token = query.get("resumptionToken")
        for asked, body in pages:
            if token is not None and asked.get("resumptionToken") == token:
                return plain_xml(body)
            if (
                token is None
                and query.get("verb") == "ListRecords"
                and chosen(asked)
                and "resumptionToken" not in asked
            ):
                return plain_xml(body)
        return None

    return answers


@contextmanager
def replay_ckan(pages: list[Path], shows: Sequence[Path] = ()) -> Iterator[LocalServer]:
    """A CKAN whose package_search gives `pages` one after another as `start` grows, then empty ones; `shows` by id."""
    packages = {found["id"]: found for path in shows if (found := json.loads(path.read_text())["result"])}
    captured = [json.loads(page.read_text()) for page in pages]
    starts, position = [], 0
    for page in captured:
        starts.append(position)
        position += len(page.get("result", page)["results"])
    count = captured[0].get("result", captured[0])["count"]

    def answer(asked: Asked) -> Reply:
        if asked.path.endswith("/api/3/action/package_show") and asked.query.get("id") in packages:
            shown = {"success": True, "result": packages[asked.query["id"]]}
            return Reply(json.dumps(shown).encode(), media_type="application/json")
        if not asked.path.endswith("/api/3/action/package_search"):
            return Reply(b'{"success": false, "error": {"message": "Not found"}}', 404, "application/json")
        start = int(asked.query.get("start", "0"))
        empty = {"count": count, "results": []}
        chosen = captured[starts.index(start)] if start in starts else empty
        wrapped = {"success": True, "result": chosen.get("result", chosen)}
        return Reply(json.dumps(wrapped).encode(), media_type="application/json")

    with serve(answer) as server:
        yield server


def _interactions(text: str) -> Iterator[tuple[dict[str, str], bytes]]:
    """Query and body of each interaction. Reads only the two shapes that the cassettes have, without a YAML parser."""
    for block in text.split("\n- request:")[1:]:
        lines = block.splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith("    uri:"))
        uri = lines[at].partition("uri:")[2].strip()
        if uri in (">-", "|-", ">"):
            uri = lines[at + 1].strip()
        body_at = next((i for i, line in enumerate(lines) if line.startswith("      content:")), None)
        body = "" if body_at is None else _block_scalar(lines, body_at)
        yield dict(parse_qsl(urlsplit(uri.strip("'\"")).query)), body.encode()


def _block_scalar(lines: list[str], at: int) -> str:
    first = lines[at].partition("content:")[2].strip()
    if first and first[0] not in "|>":
        return ""
    kept = []
    for line in lines[at + 1 :]:
        if line and not line.startswith("        "):
            break
        kept.append(line[8:])
    return "\n".join(kept)


def _key(query: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((k, v) for k, v in query.items() if k not in ("from", "until", "set")))


def _stand_in(query: Mapping[str, str], prefix: str) -> Reply:
    verb = query.get("verb", "")
    if verb == "Identify":
        inner = "<Identify><repositoryName>Capture</repositoryName><granularity>YYYY-MM-DD</granularity></Identify>"
    elif verb == "ListMetadataFormats":
        inner = f"<{verb}><metadataFormat><metadataPrefix>{prefix}</metadataPrefix></metadataFormat></{verb}>"
    elif verb == "ListSets":
        inner = '<error code="noSetHierarchy"/>'
    else:
        inner = '<error code="badResumptionToken">not in the capture</error>'
    return plain_xml(f"{_HEAD}{inner}</OAI-PMH>".encode())


def plain_xml(body: bytes) -> Reply:
    """An answer that is XML."""
    return Reply(body, media_type="text/xml")
