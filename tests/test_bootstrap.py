"""Putting a site together: what the first start makes, and what a later one leaves alone."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from opendata.bootstrap import check_database, open_catalogue, prepare_home
from opendata.config import Config, load_config
from opendata.errors import CatalogueError, ConfigError, Unavailable
from opendata.keys import site_key
from opendata.search.query import SearchQuery
from opendata.services.catalogue import Catalogue
from tests.conftest import Clock, settings


def test_the_first_start_makes_what_is_needed(config: Config) -> None:
    prepare_home(config)
    names = {path.name for path in config.home.iterdir()}
    assert names >= {"secret.key", "catalogue.sqlite", "pages.sqlite", "index"}
    opened = open_catalogue(config)
    assert opened.index.search(SearchQuery()).total == 0
    opened.close()
    check_database(config)


def test_the_sites_key_is_for_its_owner_alone_and_stays(config: Config) -> None:
    prepare_home(config)
    path = config.home / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = site_key(config.home)
    prepare_home(config)
    assert site_key(config.home) == key
    assert len(key) == 32


def test_a_damaged_key_stops_the_start(config: Config) -> None:
    prepare_home(config)
    (config.home / "secret.key").write_text("short")
    with pytest.raises(ConfigError, match=r"secret\.key"):
        prepare_home(config)


def test_several_first_starts_at_once_agree(config: Config) -> None:
    errors: list[BaseException] = []

    def start() -> None:
        try:
            prepare_home(config)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    check_database(config)


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match="OPENDATA_HOME"):
        prepare_home(load_config(environ=settings(tmp_path / "file" / "home")))


def test_a_database_without_tables_or_from_a_later_version_is_told(config: Config, prepared: Path) -> None:
    config.home.mkdir(parents=True)
    with pytest.raises(CatalogueError):
        check_database(config)
    prepare_home(config)
    with sqlite3.connect(config.home / "catalogue.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for start in (check_database, prepare_home):
        with pytest.raises(Unavailable, match="later version of the program"):
            start(config)


def test_a_database_that_does_not_answer_is_unavailable(config: Config) -> None:
    url = "postgresql+psycopg://nobody:hush@127.0.0.1:9/none?connect_timeout=2"
    away = replace(config, database=replace(config.database, url=url))
    with pytest.raises(Unavailable) as caught:
        prepare_home(away)
    assert caught.value.part == "store"
    assert "hush" not in caught.value.message
    with pytest.raises(Unavailable):
        check_database(away)


def test_a_check_of_a_home_that_is_not_there_makes_nothing(config: Config) -> None:
    with pytest.raises(Unavailable, match=r"catalogue\.sqlite: there is no store"):
        check_database(config)
    assert not config.home.exists()


def test_a_new_home_is_for_its_owner_alone_and_one_that_is_there_stays_as_it_is(config: Config) -> None:
    prepare_home(config)
    assert stat.S_IMODE(config.home.stat().st_mode) == 0o700
    config.home.chmod(0o750)
    prepare_home(config)
    assert stat.S_IMODE(config.home.stat().st_mode) == 0o750


def test_a_key_that_cannot_be_made_names_the_folder(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.touch()
    with pytest.raises(ConfigError, match="must belong to the user that runs the site"):
        site_key(home)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_root_in_the_home_of_another_user_is_warned(config: Config, caplog: pytest.LogCaptureFixture) -> None:
    config.home.mkdir()
    os.chown(config.home, 65534, -1)
    prepare_home(config)
    assert "belongs to another user than root" in caplog.text


def test_damaged_page_texts_are_named_and_made_again(config: Config) -> None:
    prepare_home(config)
    (config.home / "pages.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(Unavailable, match=r"pages\.sqlite: .*remove it and start"):
        prepare_home(config)
    (config.home / "pages.sqlite").unlink()
    prepare_home(config)


def test_the_patience_of_writers_is_that_of_the_settings(config: Config) -> None:
    prepare_home(config)
    patient = replace(config, database=replace(config.database, busy_timeout_seconds=7))
    opened = open_catalogue(patient)
    with opened.engine.connect() as connection:
        assert connection.execute(text("PRAGMA busy_timeout")).scalar() == 7000
    opened.close()


def test_the_address_of_the_site_is_never_empty(config: Config) -> None:
    prepare_home(config)
    opened = open_catalogue(config)
    assert opened.config.site.url == "http://127.0.0.1:5000"
    opened.close()
    assert config.with_url("http://here:1").site.url == "http://here:1"
    named = replace(config, site=replace(config.site, url="https://data.example"))
    assert named.with_url("http://here:1").site.url == "https://data.example"


def test_today_is_read_in_the_sites_time_zone(catalogue: Catalogue, clock: Clock) -> None:
    clock.now = clock.now.replace(hour=19, minute=30)
    assert str(catalogue.today()) == "2026-06-02"
