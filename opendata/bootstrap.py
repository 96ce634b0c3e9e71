"""Puts a site together from its settings: the one place where engine, file store, page texts and index are built."""

from __future__ import annotations

import datetime as dt
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from opendata.config import Config
from opendata.errors import ConfigError, NotFound, Unavailable
from opendata.files.open import open_store
from opendata.keys import site_key
from opendata.search.open import open_index
from opendata.search.wordlists import WordLists
from opendata.services.catalogue import Catalogue
from opendata.services.counters import Counters
from opendata.services.groups import add_themes
from opendata.services.hidden import Hidden
from opendata.services.limits import Gate
from opendata.store import revision
from opendata.store.base import check, make_engine, make_sessions
from opendata.store.pages import ALL_TABLES, open_pages

logger = logging.getLogger(__name__)

WORDS_FOLDER = "words"
"""The lists that help to search lie beside the areas of the index: all of it can be made anew."""
COMPARISONS_AT_ONCE = 2
"""Texts compared with the catalogue at once in one process: each keeps a core busy for a second or two."""
PAGES_FILE = "pages.sqlite"
"""Page texts stand in the PostgreSQL database, or in this SQLite file of their own beside the store."""


def utc_now() -> dt.datetime:
    """This instant, aware UTC."""
    return dt.datetime.now(dt.UTC)


def prepare_home(config: Config) -> None:
    """Make what the first start needs: the folders, the site's key, the tables of this version, an empty index.

    Safe to call at every start, and by several processes at once.
    """
    _make_home(config.home)
    site_key(config.home)
    engine = _engine(config)
    try:
        check(engine)
        if revision.current(engine) != revision.HEAD:
            from opendata.store import schema  # Alembic is slow to import, and a start that finds all well needs none

            schema.upgrade(engine)
            _add_themes(engine)
        open_pages(engine, config.home / PAGES_FILE).close()
        # An index that was lost is no empty one: until it is rebuilt a search finds nothing out, instead of nothing.
        is_empty = revision.has_no_records(engine)
    finally:
        engine.dispose()
    open_index(config.below_home(config.search.folder), config.search.engine, create=is_empty)


def _make_home(home: Path) -> None:
    """A new one is for its owner alone: who can read the store has every address and every draft."""
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        home.mkdir(mode=0o700, exist_ok=True)
        owner = home.stat().st_uid
    except OSError as error:
        raise ConfigError(f"{home}: the data folder cannot be made: {error.strerror}. Set OPENDATA_HOME.") from None
    if os.geteuid() == 0 != owner:
        logger.warning(
            "%s belongs to another user than root, who runs this: what is made now may be closed to the site. "
            "Run it as that user: sudo -u USER",
            home,
        )


def _add_themes(engine: Engine) -> None:
    """The groups that every catalogue has from its first start; another process may be adding them now."""
    with suppress(IntegrityError), make_sessions(engine).write.begin() as session:
        add_themes(session, utc_now())


def check_database(config: Config) -> None:
    """Raise Unavailable, with what to do, unless the database is at this version's tables."""
    engine = _engine(config)
    file = engine.url.database
    if engine.dialect.name == "sqlite" and file and not Path(file).exists():  # asking would make an empty one
        raise Unavailable(f"{file}: there is no store. Set OPENDATA_HOME, or run: opendata db upgrade", part="store")
    try:
        check(engine)
        revision.check(engine)
    finally:
        engine.dispose()


def copy_database(config: Config, file: Path, progress: Callable[[str], object]) -> int:
    """Copy the SQLite store in `file`, and the page texts beside it, into the empty database of the settings; how many
    rows. NotFound where there is no such file; otherwise as `moving.copy`.
    """
    from opendata.store import moving, schema
    from opendata.store.models import METADATA

    if not file.is_file():
        raise NotFound(f"{file}: there is no such file. Name the catalogue.sqlite of the site that is to be moved.")
    source, target = make_engine(f"sqlite:///{file}"), _engine(config)
    if target.dialect.name == "sqlite":
        raise ConfigError("[database] url: names no other database. Set it to that of PostgreSQL, then copy.")
    try:
        revision.check(source)
        check(target)
        schema.upgrade(target)
        copied = moving.copy(source, target, METADATA.sorted_tables, progress)
    finally:
        source.dispose()
        target.dispose()
    return copied + _copy_texts(config, file.with_name(PAGES_FILE), progress)


def _copy_texts(config: Config, file: Path, progress: Callable[[str], object]) -> int:
    from opendata.store import moving

    if not file.is_file():
        return 0  # the worker reads the files again
    source, target = make_engine(f"sqlite:///{file}"), _engine(config)
    try:
        open_pages(target, file).create()
        return moving.copy(source, target, ALL_TABLES, progress)
    finally:
        source.dispose()
        target.dispose()


def open_catalogue(config: Config, clock: Callable[[], dt.datetime] = utc_now) -> Catalogue:
    """The catalogue of `config`. Its home must have been prepared; nothing is written here."""
    engine = _engine(config)
    settings = config.search
    catalogue = Catalogue(
        config=config if config.site.url else replace(config, site=replace(config.site, url="http://127.0.0.1:5000")),
        engine=engine,
        sessions=make_sessions(engine),
        files=open_store(config),
        page_texts=open_pages(engine, config.home / PAGES_FILE),
        index=open_index(config.below_home(settings.folder), settings.engine, processes=settings.build_processes),
        clock=clock,
        counters=Counters(),
        searches=Gate(settings.concurrent, settings.wait_seconds),
        comparisons=Gate(COMPARISONS_AT_ONCE, settings.wait_seconds),
        words=WordLists(config.below_home(settings.folder) / WORDS_FOLDER),
    )
    catalogue.index.hide(Hidden(catalogue.sessions, catalogue.today))
    return catalogue


def _engine(config: Config) -> Engine:
    """The engine of the site's store."""
    return make_engine(config.database_url, busy_seconds=config.database.busy_timeout_seconds)
