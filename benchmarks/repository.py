"""A synthetic OAI-PMH repository with generated records: `python -m benchmarks.repository COUNT` prints its address.

Its pages are made before it answers, so that serving them costs next to nothing beside harvesting them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmarks.generate import oai_dc, records
from tests.servers.local import Asked, Reply, serve

PAGE = 100
"""Records of one answer, as most repositories give."""
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
    "<responseDate>2024-01-01T00:00:00Z</responseDate><request>http://127.0.0.1/oai</request>"
)
_ABOUT = {
    "Identify": "<repositoryName>Generated</repositoryName><granularity>YYYY-MM-DD</granularity>",
    "ListMetadataFormats": "<metadataFormat><metadataPrefix>oai_dc</metadataPrefix></metadataFormat>",
    "ListSets": "<set><setSpec>all</setSpec><setName>All</setName></set>",
}


def pages(count: int) -> list[bytes]:
    """The answers to ListRecords, one after the other."""
    found = [oai_dc(generated.record) for generated in records(count)]
    return [_page(found, start) for start in range(0, count, PAGE)]


def _page(found: Sequence[str], start: int) -> bytes:
    following = start + PAGE if start + PAGE < len(found) else ""
    token = f'<resumptionToken completeListSize="{len(found)}" cursor="{start}">{following}</resumptionToken>'
    inner = "".join(found[start : start + PAGE])
    return f"{_HEAD}<ListRecords>{inner}{token}</ListRecords></OAI-PMH>".encode()


def main(count: int) -> None:
    """Serve until the standard input ends."""
    made = pages(count)

    def answer(asked: Asked) -> Reply:
        verb = asked.query.get("verb", "")
        about = f"{_HEAD}<{verb}>{_ABOUT.get(verb, '')}</{verb}></OAI-PMH>".encode()
        start = int(asked.query.get("resumptionToken", "0"))
        return Reply(made[start // PAGE] if verb == "ListRecords" else about, media_type="text/xml; charset=utf-8")

    with serve(answer) as server:
        print(f"{server.url}/oai", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]))
