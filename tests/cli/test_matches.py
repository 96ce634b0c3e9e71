"""match … and dataset edit, as a person types them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from opendata.bootstrap import open_catalogue
from opendata.catalog.values import OrganizationRef
from opendata.config import load_config
from opendata.services.catalogue import Catalogue
from tests.cli.conftest import Run
from tests.conftest import settings
from tests.factories import feed, found, record, ru

TITLE = "Оценка водного баланса озера Балхаш"


@pytest.fixture
def filled(home: Path) -> Iterator[Catalogue]:
    """Two records that look like one."""
    opened = open_catalogue(load_config(environ=settings(home)))
    for name in ("one", "two"):
        feed(opened, name).take(
            found("a", record(TITLE, organization=OrganizationRef(slug="su", title=ru("su")))),
            found("b", record(f"Другая запись {name}")),
        )
    yield opened
    opened.close()


def test_pairs_are_found_joined_and_split(run: Run, filled: Catalogue) -> None:
    assert run("match", "find", "--json").json == {"proposed": 1}
    (pair,) = run("match", "list", "--json").json
    assert pair["reasons"] == ["title 1.00", "organization", "type dataset"]
    joined = run("match", "join", str(pair["id"]), "--keep", pair["first"], "--json")
    assert joined.json == {"id": pair["id"], "slug": pair["first"]}
    assert [one["status"] for one in run("match", "list", "--decided", "--json").json] == ["joined"]
    assert run("match", "join", str(pair["id"])).code == 1
    assert run("match", "split", str(pair["id"]), "--json").json["slug"] == pair["second"]
    assert run("match", "reject", str(pair["id"]), "--json").json["status"] == "rejected"
    named = run("match", "propose", "drugaya-zapis-one", "drugaya-zapis-two", "--json").json
    assert run("match", "reject", str(named["id"])).code == 0


def test_two_records_are_joined_by_their_names(run: Run, filled: Catalogue) -> None:
    pair = ("drugaya-zapis-one", "drugaya-zapis-two")
    assert run("match", "join", *pair, "--keep", pair[1], "--json").json["slug"] == pair[1]
    assert run("match", "join", pair[0]).code == 2
    assert run("match", "join", *pair, "one-more").code == 2
    assert run("match", "join", pair[1], "nobody").code == 1


def test_a_record_is_edited_and_released(run: Run, filled: Catalogue) -> None:
    outcome = feed(filled, "one").one(found("c", record("Вода")))
    done = run("dataset", "edit", outcome.slug, "--set", "title.ru=Чистая вода", "--json")
    assert (done.code, done.json[0]["field"], done.json[0]["source"]) == (0, "title.ru", "Вода")
    assert run("dataset", "edit", outcome.slug, "--release", "title", "--json").json == []
    wrong = run("dataset", "edit", outcome.slug, "--set", "nonsense=1")
    assert wrong.code == 1
    assert "nonsense" in wrong.err
    assert run("dataset", "edit", outcome.slug, "--set", "title.ru").code == 2
