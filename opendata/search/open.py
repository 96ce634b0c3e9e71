"""Chooses the search engine. Nothing else names one."""

from __future__ import annotations

from pathlib import Path

from opendata.errors import ConfigError
from opendata.search.analysis import Analyser
from opendata.search.index import SearchIndex


def open_index(
    path: Path,
    engine: str = "whoosh",
    *,
    create: bool = False,
    analyser: Analyser | None = None,
    processes: int = 0,
) -> SearchIndex:
    """The index below `path`. `create` makes empty ones where there are none, which only a writer should ask for.

    `analyser` is for trying another one: its list of stems is not mined. `processes` rebuild, 0 for one a core.

    Opening never fails for a damaged or missing index; asking it does, with SearchUnavailable.
    """
    if engine != "whoosh":
        raise ConfigError(f"[search] engine = {engine!r} is unknown; allowed: whoosh.")
    # Imported here because who only builds queries and links should not pay for an engine.
    from opendata.search.whoosh_index import WhooshIndex

    index = WhooshIndex(path, analyser, processes)
    if create:
        index.create()
    return index
