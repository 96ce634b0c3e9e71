"""What programs ask of the site, against what CKAN 2.12 gives for the same requests: `opendata serve --processes 2`
over generated records, with its worker, 8 connections that each send the next request when they have the last answer.

CKAN's figures were measured once on such a machine (2 cores, the asker beside it, PostgreSQL, two web processes) with
a stand-in for its search engine that costs almost nothing; ours hold the search.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode
from uuid import uuid4

from benchmarks.generate import SEED, records
from benchmarks.load import Request, ask
from benchmarks.measure import Figure, children, memory
from benchmarks.sites import COMMAND, Scale, Server, config_of, environment, filled, opened, serving
from benchmarks.words import COMMON
from opendata.errors import Conflict
from opendata.export.site import Site
from opendata.services import accounts
from opendata.services.actors import SYSTEM
from opendata.services.kept_packages import FILE, word
from opendata.store.kept_packages import PackageFile

CONNECTIONS = 8
EMAIL = "benchmark@example.org"
OWNER = "agency-1"
LOADED = 2_000
AHEAD_SECONDS = 1_200
URL = "http://localhost:5000"
"""What packages that are written ahead say of their site; so those of a kept site stay good."""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of request: CKAN's rate a second and p95 in ms where they are known, and what we aim at."""

    name: str
    paths: Sequence[str]
    ckan_rate: float | None = None
    ckan_p95: float | None = None
    aim_rate: float | None = None
    aim_p95: float | None = None


def run(scale: Scale) -> list[Figure]:
    """Rates, p50 and p95 of reading and writing, the export, and the memory of all processes."""
    with tempfile.TemporaryDirectory(prefix="opendata-benchmarks-") as folder:
        home = Path(folder) / "site"
        shutil.copytree(written_ahead(scale), home)  # what is written here shall not be there the next time
        figures = _asked(scale, home, _token(home))
        return [*figures, _exporting(home, scale.stored)]


def _asked(scale: Scale, home: Path, token: str) -> list[Figure]:
    """All that is asked of the site as it is served."""
    figures: list[Figure] = []
    with serving(home, processes=2, arguments=(), SITE__URL=URL) as server:
        chance = random.Random(SEED + 2)
        names = [one.record.slug for one in records(scale.stored)]
        for row in rows(names, chance, scale.pages * 4):
            figures += measured(server, row)
        figures += _creating(server, token, scale.pages * 2)
        figures += _loading(server, token, min(LOADED, scale.stored))
        figures.append(_memory(server))
    return figures


def written_ahead(scale: Scale) -> Path:
    """The home of a site as on any day but its first: its worker has written the packages ahead. RuntimeError if it
    never does.
    """
    home = filled(scale)
    file, ours = PackageFile(home / FILE), word(Site.of(config_of(home, SITE__URL=URL)))
    with serving(home, processes=1, arguments=(), SITE__URL=URL):
        for _ in range(AHEAD_SECONDS):
            state = file.state()
            if state is not None and state.word == ours and state.up_to is None:
                file.close()
                return home
            time.sleep(1)
    raise RuntimeError(f"The packages are not written ahead after {AHEAD_SECONDS} s.")


def rows(names: Sequence[str], chance: random.Random, count: int) -> Iterator[Row]:
    """What is asked, over all records by chance."""
    picked = [chance.choice(names) for _ in range(count)]
    api = "/api/3/action"
    yield Row("package_show", [f"{api}/package_show?id={name}" for name in picked], 328, 29, aim_rate=1000)
    yield Row("organization_list", [f"{api}/organization_list"] * count, 723)
    facets = quote(json.dumps(["organization", "tags", "license_id"]))
    words = [chance.choice(COMMON[chance.choice(("kk", "ru", "en"))][:60]) for _ in range(count // 2)]
    searched = [f"{api}/package_search?{urlencode({'q': word, 'rows': 20})}&facet.field={facets}" for word in words]
    yield Row("package_search, 20 rows, 3 facets", searched, 284, 32, aim_p95=25)
    yield Row("dataset page", [f"/ru/dataset/{name}" for name in picked[: count // 2]], 35, 258, aim_rate=350)
    yield Row("home page", ["/ru/"] * count, 71, 122, aim_rate=700)
    yield Row("OAI ListRecords, 100 records", ["/oai?verb=ListRecords&metadataPrefix=oai_dc"] * (count // 20))


def measured(server: Server, row: Row) -> list[Figure]:
    """The row to 8 connections and, for the time that nobody else takes, to one."""
    ask(server.url, row.paths[:40], connections=2)
    alone = ask(server.url, row.paths[: max(20, len(row.paths) // 10)])
    answers = ask(server.url, row.paths, connections=CONNECTIONS)
    ckan = "CKAN" if row.ckan_rate else ""
    return [
        Figure(row.name, answers.per_second, "/s", row.ckan_rate, ckan, aim=row.aim_rate, more_is_better=True),
        Figure(f"{row.name}: p50", answers.p50, "ms"),
        Figure(f"{row.name}: p95", answers.p95, "ms", row.ckan_p95, "CKAN" if row.ckan_p95 else "", aim=row.aim_p95),
        Figure(f"{row.name}: p50 alone", alone.p50, "ms"),
    ]


def _token(home: Path) -> str:
    """An API token of a sysadmin, whose account is made where it is missing."""
    with opened(home) as catalogue:
        with suppress(Conflict):
            accounts.add_user(catalogue, SYSTEM, accounts.NewUser("Benchmark", EMAIL, None, True))
        return accounts.create_token(catalogue, EMAIL, "benchmark", None)


def _creating(server: Server, token: str, count: int) -> list[Figure]:
    figures = []
    for clients, ckan, aim in ((1, 28.6, None), (3, 62.6, 120.0)):
        asked = [
            Request("/api/3/action/package_create", "POST", json.dumps(package).encode(), _headers(token))
            for package in packages(count)
        ]
        answers = ask(server.url, asked, connections=clients)
        what = f"package_create, {clients} clients" if clients > 1 else "package_create, 1 client"
        figures += [
            Figure(what, answers.per_second, "/s", ckan, "CKAN", aim=aim, more_is_better=True),
            Figure(f"{what}: p95", answers.p95, "ms"),
        ]
    return figures


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": token, "Content-Type": "application/json"}


def packages(count: int) -> Iterator[dict[str, object]]:
    """New packages as a CKAN client writes them: names that nobody has, tags, extras, two links."""
    for number, one in enumerate(records(count, seed=SEED + 3)):
        record = one.record
        yield {
            "name": f"load-{uuid4().hex[:12]}-{number}",
            "title": record.title.show("ru").value,
            "notes": record.description.show("ru").value,
            "owner_org": OWNER,
            "license_id": "cc-by",
            "tags": [{"name": keyword.text[:80]} for keyword in record.keywords[:5]],
            "extras": [{"key": "frequency", "value": "annual"}, {"key": "issued", "value": str(record.issued)}],
            "resources": [
                {"url": f"https://repository.example/{number}/{part}.csv", "format": "CSV", "name": f"Part {part}"}
                for part in (1, 2)
            ],
        }


def _loading(server: Server, token: str, count: int) -> list[Figure]:
    """ckanapi's own `load datasets -p 3`, as an agency would run it."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as lines:
        for package in packages(count):
            lines.write(json.dumps(package) + "\n")
        lines.flush()
        scripts = Path(sys.executable).parent  # ckanapi starts itself again by its name
        path = f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}"
        command = [str(scripts / "ckanapi"), "load", "datasets", "-r", server.url, "-a", token]
        begun = time.monotonic()
        done = subprocess.run(
            [*command, "-p", "3", "-I", lines.name, "-q"],
            env={**os.environ, "PATH": path},
            capture_output=True,
            check=False,
        )
        seconds = time.monotonic() - begun
    if done.returncode:
        raise RuntimeError(f"ckanapi load: {done.stderr.decode()[-500:]}")
    rate = count / seconds
    return [Figure(f"ckanapi load -p 3, {count} datasets", rate, "/s", 44, "CKAN", aim=120, more_is_better=True)]


def _memory(server: Server) -> Figure:
    total = sum(memory(pid)["Pss"] for pid in (server.pid, *children(server.pid)))
    return Figure("memory of all processes: Pss", total, "MiB", 532, "CKAN without its engine", aim=532 / 3)


def _exporting(home: Path, count: int) -> Figure:
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        command = [*COMMAND, "export", "jsonl", "--output", f"{folder}/all.jsonl"]
        subprocess.run(command, env=environment(home), check=True, capture_output=True)
        return Figure("export of all records as jsonl", count / (time.monotonic() - begun), "/s")
