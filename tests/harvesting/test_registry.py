"""Harvesters are found by entry point, and their options are checked before a run."""

from __future__ import annotations

import pytest

from opendata.errors import Invalid, NotFound
from opendata.harvesting.contract import Option, OptionType
from opendata.harvesting.registry import check_options, harvester, names


class Sample:
    name = "sample"
    title = "Sample"
    options = (
        Option("rows", help="Page size.", type=OptionType.INTEGER, default="100", minimum=1, maximum=1000),
        Option("deep", help="All.", type=OptionType.BOOLEAN, default="true"),
        Option("kind", help="Which.", type=OptionType.CHOICE, default="a", choices=("a", "b")),
        Option("q", help="Query."),
    )

    def harvest(self, run: object) -> object:
        raise AssertionError("not asked for")


def test_the_three_harvesters_are_found_by_name() -> None:
    assert {"ckan", "folder", "oaipmh"} <= set(names())
    assert all(harvester(name).name == name for name in names())


def test_unknown_harvester_is_answered_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="folder"):
        harvester("gopher")


def test_defaults_are_filled_in_and_values_brought_to_one_form() -> None:
    assert check_options(Sample(), {"deep": "No", "rows": " 007 "}) == {  # type: ignore[arg-type]
        "rows": "7",
        "deep": "false",
        "kind": "a",
        "q": "",
    }


def test_every_wrong_option_is_told_with_what_is_allowed() -> None:
    given = {"rows": "0", "deep": "maybe", "kind": "c", "colour": "red"}
    with pytest.raises(Invalid) as caught:
        check_options(Sample(), given)  # type: ignore[arg-type]
    told = {problem.field: problem.message + problem.hint for problem in caught.value.problems}
    assert set(told) == set(given)
    assert "1 to 1000" in told["rows"]
    assert "a, b" in told["kind"]
    assert "rows, deep, kind, q" in told["colour"]


@pytest.mark.parametrize("value", ["1.5", "-1", "ten", "١٢", "9" * 40])
def test_number_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(Invalid):
        check_options(Sample(), {"rows": value})  # type: ignore[arg-type]
