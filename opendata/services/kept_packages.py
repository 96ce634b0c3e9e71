"""Packages for CKAN's clients, written ahead by the worker: a page of results is mostly the work of making them.

What is in the file holds for the public, as of a number in the order of events; a reader leaves out what has changed
since (services.changes), and then makes it as ever. A dataset with a file that opens on a day is never in it, so that
nothing there depends on the day.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import opendata
from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.catalog.values import Keyword, Text
from opendata.export import ckan
from opendata.export.site import Site
from opendata.services import changes, ckan_packages
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.services.changes import Changes, Point
from opendata.services.ckan_packages import Shown
from opendata.store.kept_packages import PackageFile, State
from opendata.store.queries import walking

FILE = "packages.sqlite"
"""Its name in the home of the site."""
SECONDS = 10.0
"""How long one round of care writes."""
BATCH = 200
FIRST = UUID(int=0)

Look = Callable[[Point | None], Changes]


def dictionary(shown: Shown, site: Site) -> dict[str, Any]:
    """The dataset as CKAN's dictionary."""
    made = ckan.package(shown.record, site, shown.organization, shown.groups)
    ckan.mark_tables(made["resources"], shown.tables)
    return made


class Packing:
    """How the packages of a site are kept: as JSON, packed by what all of them have in common."""

    def __init__(self, site: Site) -> None:
        file = ResourceRecord(name=Text(ru=" "), description=Text(ru=" "), download_url="https://")
        bare = DatasetRecord(
            Text(kk=" ", ru=" ", en=" "), description=Text(kk=" ", ru=" ", en=" "), keywords=(Keyword(""),),
            license_id="CC-BY-4.0", resources=(file, file),
        )  # fmt: skip
        self._common = json.dumps(dictionary(Shown(bare, None, ()), site), ensure_ascii=False).encode()

    def packed(self, package: Mapping[str, Any]) -> bytes:
        """As it is kept."""
        packing = zlib.compressobj(level=6, zdict=self._common)
        return packing.compress(json.dumps(package, ensure_ascii=False).encode()) + packing.flush()

    def unpacked(self, body: bytes) -> bytes:
        """The JSON of a package that was kept, in UTF-8."""
        return zlib.decompressobj(zdict=self._common).decompress(body)


def open_file(catalogue: Catalogue) -> PackageFile:
    """The file of this site, there or not."""
    return PackageFile(catalogue.config.home / FILE)


class Shelf:
    """What the file has that is still so, for one reader, who calls `turn` first. Not safe for threads."""

    def __init__(self, file: PackageFile, site: Site) -> None:
        self._file = file
        self._word = word(site)
        self._changed: frozenset[UUID] | None = None

    def turn(self, look: Look, point: Point | None) -> None:
        """Look what has changed since it was written. `point` is where the reader stands."""
        state = self._file.state()
        self._changed = None
        if state is not None and point is not None and state.word == self._word:
            self._changed = look(_point(state, point.day)).datasets

    def some(self, ids: Collection[UUID]) -> Mapping[UUID, bytes]:
        """Those of these packages that it has as they are now."""
        changed = self._changed
        wanted = [] if changed is None else [key for key in ids if key not in changed]
        return self._file.bodies(wanted) if wanted else {}


def tend(catalogue: Catalogue, seconds: float = SECONDS) -> None:
    """Write what has changed and what was never written, for about as long as that."""
    file, end = open_file(catalogue), time.monotonic() + seconds
    try:
        state = _caught_up(catalogue, file)
        while state is not None and state.up_to is not None and time.monotonic() < end:
            state = _next(catalogue, file, state)
    finally:
        file.close()


def _caught_up(catalogue: Catalogue, file: PackageFile) -> State | None:
    """The state of the file once what has changed is written; begun anew where anything may have changed."""
    state, mine = file.state(), word(Site.of(catalogue.config))
    here = changes.since(catalogue, None).point
    if here is None:  # too much is on its way: later
        return None
    begun = State(mine, here.seq, FIRST, here.mark)
    if state is None or state.word != mine:
        file.begin(begun)
        return begun
    told = changes.since(catalogue, _point(state, here.day))
    if told.datasets is None or told.point is None:
        file.begin(begun)
        return begun
    if not told.datasets and told.point.seq == state.seq:
        return state
    after = State(mine, told.point.seq, state.up_to, told.point.mark)
    return after if _write(catalogue, file, sorted(told.datasets), state, after) else None


def _point(state: State, day: dt.date) -> Point:
    return Point(state.seq, frozenset(), day, state.mark)


def _next(catalogue: Catalogue, file: PackageFile, state: State) -> State | None:
    """Write the next datasets by their ids."""
    with catalogue.sessions.read() as session:
        ids = walking.public_ids_after(session, state.up_to, BATCH)
    after = state._replace(up_to=ids[-1] if len(ids) == BATCH else None)
    return after if _write(catalogue, file, ids, state, after) else None


def _write(catalogue: Catalogue, file: PackageFile, ids: Iterable[UUID], before: State, after: State) -> bool:
    asked = list(ids)
    site, day = Site.of(catalogue.config), catalogue.today()
    packed = Packing(site).packed
    shown = ckan_packages.shown_all(catalogue, PUBLIC, asked)
    bodies = {one.record.id: packed(dictionary(one, site)) for one in shown if one.record.id and not _opens(one, day)}
    return file.write(bodies, set(asked) - bodies.keys(), before, after)


def _opens(shown: Shown, day: dt.date) -> bool:
    """Whether a file of it is another one on a day to come."""
    return any(one.disclosure.until is not None and one.disclosure.until >= day for one in shown.record.resources)


def word(site: Site) -> str:
    """Names a way of writing packages: another one for another site, and for other code."""
    return hashlib.sha256(f"{site!r} {_code()}".encode()).hexdigest()


@cache
def _code() -> str:
    """All that a package is written by: so nobody has to remember to say that it is another one."""
    root = Path(opendata.__file__).parent
    places = ("export/**/*.py", "catalog/**/*", "services/ckan_*.py", "services/kept_packages.py", "store/queries/*.py")
    files = sorted(path for place in places for path in root.glob(place) if path.suffix in (".py", ".toml"))
    made = hashlib.sha256()
    for path in files:
        made.update(path.read_bytes())
    return made.hexdigest()
