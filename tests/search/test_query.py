from __future__ import annotations

import subprocess
import sys

import pytest
from werkzeug.datastructures import MultiDict

from opendata.errors import Invalid
from opendata.search.arguments import MAX_ALSO
from opendata.search.filters import FILTERS, years
from opendata.search.query import MAX_OFFSET, MAX_QUERY_CHARACTERS, MAX_VALUES, SearchQuery


def test_url_arguments_and_back() -> None:
    pairs = [("q", "су"), ("theme", "a"), ("theme", "b"), ("year", "2019..2021"), ("sort", "title"), ("page", "3")]
    query = SearchQuery.from_args(pairs)
    assert query == SearchQuery("су", {"theme": ("a", "b"), "year": ("2019..2021",)}, "title", 3)
    assert sorted(query.to_pairs()) == sorted(pairs)
    assert SearchQuery.from_args(MultiDict(pairs)) == query
    assert (
        SearchQuery.from_args({"q": "су", "theme": ["a", "b"], "year": "2019..2021", "sort": "title", "page": "3"})
        == query
    )


def test_unknown_parameters_and_empty_ones_are_ignored() -> None:
    assert SearchQuery.from_args([("utm_source", "x"), ("q", ""), ("theme", " "), ("page", "")]) == SearchQuery()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sort", "size"),
        ("page", "0"),
        ("page", "-1"),
        ("page", "x"),
        ("page", "²"),
        ("page", "9" * 30),
        ("page", str(MAX_OFFSET)),
        ("year", "2019-13"),
        ("year", ".."),
        ("year", "2021..2019"),
        ("year", "20191"),
        ("open", "maybe"),
        ("kind", "x\x00"),
        ("theme", "x" * 1_000),
        ("exact", "maybe"),
    ],
)
def test_a_wrong_value_names_its_parameter_and_what_is_allowed(name: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        SearchQuery.from_args([(name, value)])
    assert refused.value.message.startswith(f"{name}=")
    assert [problem.field for problem in refused.value.problems] == [name]
    assert refused.value.problems[0].hint
    assert len(refused.value.message) < 400


def test_words_as_typed_stay_in_the_address() -> None:
    query = SearchQuery.from_args([("q", "ghbdtn"), ("exact", "1"), ("page", "2")])
    assert query.exact
    assert ("exact", "1") in query.to_pairs()
    assert not SearchQuery.from_args([("q", "ghbdtn"), ("exact", "0")]).exact


def test_too_many_values_are_refused() -> None:
    with pytest.raises(Invalid, match="at most 50"):
        SearchQuery.from_args([("theme", str(n)) for n in range(MAX_VALUES + 1)])
    assert len(SearchQuery.from_args([("theme", "same")] * 500).filters["theme"]) == 1


def test_a_long_query_is_cut_and_says_so() -> None:
    query = SearchQuery.from_args([("q", "я" * (MAX_QUERY_CHARACTERS + 1))])
    assert (len(query.q), query.cut) == (MAX_QUERY_CHARACTERS, True)
    assert not SearchQuery.from_args([("q", "я" * MAX_QUERY_CHARACTERS)]).cut


def test_control_characters_and_surrogates_do_not_pass() -> None:
    query = SearchQuery.from_args([("q", "a\x00b\ud800c"), ("theme", "x\udfff")])
    assert (query.q, query.filters) == ("a b c", {"theme": ("x",)})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2019", (2019, 2019)),
        ("2019..2021", (2019, 2021)),
        ("2019..", (2019, 9999)),
        ("..2019", (1, 2019)),
        ("0", None),
    ],
)
def test_years(value: str, expected: tuple[int, int] | None) -> None:
    assert years(value) == expected


def test_every_filter_reads_a_field_of_the_document() -> None:
    from opendata.search.document import SearchDocument

    assert {one.field for one in FILTERS.values()} <= set(SearchDocument.__dataclass_fields__)


def test_reading_queries_does_not_import_an_engine() -> None:
    code = (
        "import sys, opendata.search.query, opendata.search.parser, opendata.search.open, opendata.search.passages;"
        "print([m for m in ('whoosh', 'numpy', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_other_wordings_are_kept_in_the_address_and_taken_off_one_by_one() -> None:
    query = SearchQuery.from_args(
        [("q", "вода"), ("also", " water\t"), ("also", "су"), ("also", "water"), ("also", " ")]
    )
    assert query.also == ("water", "су")
    assert SearchQuery.from_args(query.to_pairs()) == query
    assert query.without_also("water").to_pairs() == [("q", "вода"), ("also", "су")]
    assert query.with_also("су") == query
    assert query.with_also("aqua").also == ("water", "су", "aqua")


def test_more_other_wordings_than_are_allowed_are_left_out() -> None:
    query = SearchQuery.from_args([("also", str(number)) for number in range(9)] + [("also", "x" * 5000)])
    assert len(query.also) == MAX_ALSO
    assert len(SearchQuery.from_args([("also", "x" * 5000)]).also[0]) < 1000
