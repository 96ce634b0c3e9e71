"""The page about the API names what there is, and no more."""

from __future__ import annotations

import re
from pathlib import Path

from opendata.catalog.ckan_extras import dataset_extensions, resource_extensions
from opendata.web.ckan_api import registry

PAGE = (Path(__file__).parents[3] / "docs/ckan-api.md").read_text("utf-8")


def named(heading: str) -> set[str]:
    """What stands in backticks below a heading."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"`([a-z_]+)`", section))


def test_every_action_is_named() -> None:
    assert named("Actions") == set(registry.names())


def test_every_extra_is_named() -> None:
    assert {*dataset_extensions(), *resource_extensions()} <= named("What CKAN has no field for")


def test_every_action_says_what_it_gives_and_takes() -> None:
    for name in registry.names():
        found = registry.find(name)
        assert found is not None
        assert found.help.partition("\n\n")[0].endswith("."), name
