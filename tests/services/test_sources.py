"""Adding and removing sources: names, addresses, options, and who may name a folder of the server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from opendata.errors import Conflict, Invalid, NotAllowed, NotFound
from opendata.services import desk, processes, sources
from opendata.services.actors import PUBLIC, SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.services.sources import NewSource
from opendata.store.datasets import Dataset
from opendata.store.harvests import HarvestSource
from tests.factories import member, organization
from tests.services.conftest import Portal, add_source, run
from tests.services.test_harvest import job

GOOD = NewSource(name="portal", type="ckan", url="https://data.example")


def test_a_source_is_added_once(catalogue: Catalogue) -> None:
    sources.add(catalogue, SYSTEM, GOOD)
    with pytest.raises(Conflict, match="portal"):
        sources.add(catalogue, SYSTEM, GOOD)
    assert [line.name for line in desk.sources(catalogue, SYSTEM)] == ["portal"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Not A Slug"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"type": "telepathy"}, "type"),
        ({"url": "ftp://data.example"}, "url"),
        ({"url": "data.example"}, "url"),
        ({"frequency": "sometimes"}, "frequency"),
        ({"options": {"made_up": "1"}}, "options.made_up"),
        ({"options": {"rows": "many"}}, "options.rows"),
    ],
)
def test_a_wrong_field_is_named(catalogue: Catalogue, change: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        sources.add(catalogue, SYSTEM, replace(GOOD, **change))  # type: ignore[arg-type]
    assert field in [problem.field for problem in caught.value.problems]


def test_an_unknown_agency_is_not_found(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound, match="nobody"):
        sources.add(catalogue, SYSTEM, replace(GOOD, organization="nobody"))


def test_the_command_line_may_name_any_folder(catalogue: Catalogue, tmp_path: Path) -> None:
    sources.add(catalogue, SYSTEM, NewSource(name="folder", type="folder", url=str(tmp_path)))
    with pytest.raises(Invalid, match="no such"):
        sources.add(catalogue, SYSTEM, NewSource(name="other", type="folder", url=str(tmp_path / "missing")))


def test_everybody_else_may_name_folders_below_those_of_the_settings(catalogue: Catalogue, tmp_path: Path) -> None:
    admin = member(organization(catalogue, "ours"), Role.ADMIN)
    inside, outside = tmp_path / "allowed" / "deep", tmp_path / "allowed-not"
    inside.mkdir(parents=True)
    outside.mkdir()
    (tmp_path / "allowed" / "way-out").symlink_to(outside)
    harvest = replace(catalogue.config.harvest, folders=(str(tmp_path / "allowed"),))
    allowing = replace(catalogue, config=replace(catalogue.config, harvest=harvest))

    def new(path: Path) -> NewSource:
        return NewSource(name=f"f{len(path.parts)}", type="folder", url=str(path), organization="ours")

    for path in (outside, tmp_path / "allowed" / ".." / "allowed-not", tmp_path / "allowed" / "way-out", tmp_path):
        with pytest.raises(Invalid, match=r"\[harvest\] folders"):
            sources.add(allowing, admin, new(path))
    with pytest.raises(Invalid, match=r"\[harvest\] folders"):
        sources.add(catalogue, admin, new(inside))
    sources.add(allowing, admin, new(inside))


def test_sources_are_managed_by_admins_of_their_agency(catalogue: Catalogue) -> None:
    ours, theirs = organization(catalogue, "ours"), organization(catalogue, "theirs")
    for actor in (PUBLIC, member(ours, Role.EDITOR), member(theirs, Role.ADMIN)):
        with pytest.raises(NotAllowed):
            sources.add(catalogue, actor, replace(GOOD, organization="ours"))
    sources.add(catalogue, member(ours, Role.ADMIN), replace(GOOD, organization="ours"))
    with pytest.raises(NotFound):
        sources.remove(catalogue, member(theirs, Role.ADMIN), "portal")
    assert desk.sources(catalogue, member(theirs, Role.ADMIN)) == ()
    assert sources.remove(catalogue, member(ours, Role.ADMIN), "portal") == 0


def test_records_of_a_removed_source_stay(catalogue: Catalogue, portal: Portal) -> None:
    portal.add(0)
    portal.add(1)
    add_source(catalogue, portal.server.url)
    run(catalogue)
    assert sources.remove(catalogue, SYSTEM, "portal") == 2
    with catalogue.sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(Dataset)) == 2
        assert session.scalars(select(HarvestSource)).all() == []


def test_a_source_is_not_removed_while_it_is_harvested(catalogue: Catalogue, portal: Portal) -> None:
    add_source(catalogue, portal.server.url)
    job(catalogue, processes.owner())
    with pytest.raises(Conflict, match="being harvested"):
        sources.remove(catalogue, SYSTEM, "portal")


def test_a_password_in_an_address_is_shown_to_nobody(catalogue: Catalogue) -> None:
    sources.add(catalogue, SYSTEM, replace(GOOD, url="https://user:hush@data.example/"))
    assert "hush" not in repr(desk.sources(catalogue, SYSTEM))
