"""The parts that every service works with, put together once by opendata.bootstrap."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from opendata.config import Config
from opendata.files.storage import FileStore
from opendata.search.index import SearchIndex
from opendata.search.wordlists import WordLists
from opendata.services.counters import Counters
from opendata.services.limits import Gate
from opendata.services.tally import SearchTally
from opendata.store.base import Sessions
from opendata.store.pages import PageStore


@dataclass(frozen=True)
class Catalogue:
    """Store, files, page texts, index and clock of one site. Services take it first and open their own sessions."""

    config: Config
    engine: Engine
    sessions: Sessions
    files: FileStore
    page_texts: PageStore
    index: SearchIndex
    clock: Callable[[], dt.datetime]
    counters: Counters
    searches: Gate
    comparisons: Gate
    words: WordLists
    tally: SearchTally = field(default_factory=SearchTally)

    def now(self) -> dt.datetime:
        """This instant, aware UTC."""
        return self.clock()

    def today(self) -> dt.date:
        """The civil day in the site's time zone; days fixed by law or contract are read against it."""
        return self.clock().astimezone(ZoneInfo(self.config.site.timezone)).date()

    def close(self) -> None:
        """Give back connections; the object must not be used afterwards."""
        self.page_texts.close()
        self.engine.dispose()
