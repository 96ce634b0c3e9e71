"""The query language of Solr as CKAN's clients write it: every form, and what is refused."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opendata.search import datemath
from opendata.search.boolean import (
    EVERYTHING,
    All,
    AnyOf,
    Exists,
    Node,
    Not,
    Range,
    SearchQueryError,
    Term,
    Wildcard,
)
from opendata.search.lucene import MAX_DEPTH, MAX_LEAVES, MAX_WILDCARDS, parse

A, B, C, D = (Term("text", letter) for letter in "abcd")


def term(field: str, text: str) -> Term:
    return Term(field, text)


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("", EVERYTHING),
        ("  ", EVERYTHING),
        ("*:*", EVERYTHING),
        ("*", EVERYTHING),
        ('""', EVERYTHING),
        ("a", A),
        ("a b", All((A, B))),
        ("a AND b", All((A, B))),
        ("a && b", All((A, B))),
        ("a OR b", AnyOf((A, B))),
        ("a || b", AnyOf((A, B))),
        ("+a +b", All((A, B))),
        ("-a", Not(A)),
        ("NOT a", Not(A)),
        ("!a", Not(A)),
        ("--a", A),
        ("+a -b c", All((A, Not(B), C))),
        ("a AND b OR c", AnyOf((All((A, B)), C))),
        ("a OR b c", All((AnyOf((A, B)), C))),
        ("a b OR c d", All((A, AnyOf((B, C)), D))),
        ("(a OR b) AND (c OR d)", All((AnyOf((A, B)), AnyOf((C, D))))),
        ("a OR (b AND NOT (c d))", AnyOf((A, All((B, Not(All((C, D)))))))),
        ("and or not", All((Term("text", "and"), Term("text", "or"), Term("text", "not")))),
        ('"a b"', Term("text", "a b", quoted=True)),
        ('"a \\" b"', Term("text", 'a " b', quoted=True)),
        ('title:"a b"~3', Term("title", "a b", quoted=True)),
        ("a~0.8 b^2", All((A, B))),
        ("(a b)^4 c", All((A, B, C))),
        ("tags:a", term("tags", "a")),
        ("tags:(a OR b)", AnyOf((term("tags", "a"), term("tags", "b")))),
        ("tags:(a b)", All((term("tags", "a"), term("tags", "b")))),
        ("tags:(a notes:b)", All((term("tags", "a"), term("notes", "b")))),
        ("-tags:(a)", Not(term("tags", "a"))),
        ("tags:*", Exists("tags")),
        ("-tags:*", Not(Exists("tags"))),
        ("tags:[* TO *]", Range("tags", None, None)),
        ("name:wa?er*", Wildcard("name", "wa?er*")),
        ("name:wa\\*er", term("name", "wa*er")),
        ("name:foo-bar+baz!", term("name", "foo-bar+baz!")),
        ("foo-bar -baz", All((Term("text", "foo-bar"), Not(Term("text", "baz"))))),
        ("extras_my\\ key:v", term("extras_my key", "v")),
        ("extras_a\\:b:v", term("extras_a:b", "v")),
        ("url:http://x.kz/a?b=1", Wildcard("url", "http://x.kz/a?b=1")),
        ("https://x.kz/a", Term("text", "https://x.kz/a")),
        ("guid:urn:x:1", term("guid", "urn:x:1")),
        ("Report: a", All((Term("text", "Report:"), A))),
        ("views:>=5", Range("views", "5", None, True)),
        ("views:<5", Range("views", None, "5", True, False)),
        ("year:{2010 TO 2020]", Range("year", "2010", "2020", False, True)),
        ('year:["2010" TO 2020}', Range("year", "2010", "2020", True, False)),
        ("metadata_modified:[2015-10-23T14:51:13.282361Z TO *]",
         Range("metadata_modified", "2015-10-23T14:51:13.282361Z", None)),
        ("metadata_created:[NOW-7DAYS/DAY TO NOW]", Range("metadata_created", "NOW-7DAYS/DAY", "NOW")),
        ("organization:a OR organization:b metadata_modified:[2015-10-23T00:00:00Z TO *]",
         All((AnyOf((term("organization", "a"), term("organization", "b"))),
              Range("metadata_modified", "2015-10-23T00:00:00Z", None)))),
        ("-organization:x -organization:y", All((Not(term("organization", "x")), Not(term("organization", "y"))))),
        ("+capacity:public organization:a +state:(active)",
         All((term("capacity", "public"), term("organization", "a"), term("state", "active")))),
    ],
)  # fmt: skip
def test_every_form_is_read(query: str, tree: Node) -> None:
    assert parse(query) == tree


@pytest.mark.parametrize(
    "query",
    [
        "(a", "a)", "()", "a:()", '"a', "a OR", "OR a", "a AND OR b", "AND", "-", "a -", "field:", "[a TO b", "[a b]",
        "a:[1 TO", "{!term f=name}x", "{!join from=a to=b}c", "_query_:x", "_val_:x", ">5", "*:x", "a:(b",
        "~", "^2", "a ]", "\\",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told(query: str) -> None:
    with pytest.raises(SearchQueryError) as caught:
        parse(query, "fq")
    assert caught.value.parameter == "fq"
    assert caught.value.message


@pytest.mark.parametrize(
    "query",
    [
        "(" * (MAX_DEPTH + 2) + "a" + ")" * (MAX_DEPTH + 2),
        " ".join(["a"] * (MAX_LEAVES + 1)),
        " ".join(["name:a*"] * (MAX_WILDCARDS + 1)),
        "a" * 60_000,
        "(" * 9_000,
    ],
)
def test_a_query_is_bounded(query: str) -> None:
    with pytest.raises(SearchQueryError):
        parse(query)


@given(st.text(alphabet='ab:"()[]{}+-!&|*?~^\\ \t<>=/ANDORTO', max_size=60))
def test_any_text_gives_a_tree_or_is_refused(query: str) -> None:
    with suppress(SearchQueryError):
        parse(query)


NOW = dt.datetime(2026, 3, 31, 12, 30, 15, 123456, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("NOW", "2026-03-31T12:30:15.123456"),
        ("NOW/DAY", "2026-03-31T00:00:00"),
        ("NOW-1DAY", "2026-03-30T12:30:15.123456"),
        ("NOW-1MONTH/MONTH", "2026-02-01T00:00:00"),
        ("NOW-1MONTH", "2026-02-28T12:30:15.123456"),
        ("NOW/YEAR+6MONTHS-1DAY", "2026-06-30T00:00:00"),
        ("NOW/HOUR-90MINUTES", "2026-03-31T10:30:00"),
        ("NOW/MILLISECOND", "2026-03-31T12:30:15.123000"),
        ("2015-10-23T14:51:13.282361Z", "2015-10-23T14:51:13.282361"),
        ("2015-10-23T14:51:13.282361123Z", "2015-10-23T14:51:13.282361"),
        ("2015-10-23T14:51:13", "2015-10-23T14:51:13"),
        ("2015-10-23", "2015-10-23T00:00:00"),
        ("2015", "2015-01-01T00:00:00"),
        ("2016-02-29T00:00:00Z+1YEAR", "2017-02-28T00:00:00"),
    ],
)
def test_instants_are_read(text: str, instant: str) -> None:
    wanted = dt.datetime.fromisoformat(instant).replace(tzinfo=dt.UTC)
    assert datemath.microseconds(text, NOW) == round(wanted.timestamp() * 1_000_000)


@pytest.mark.parametrize(
    "text",
    ["", "x", "NOWHERE", "NOW-1FORTNIGHT", "NOW-", "2015-13-01", "2015-02-30", "2015-1-1", "NOW+999999YEARS",
     "NOW" + "-1DAY" * 11, "0000-01-01"],
)  # fmt: skip
def test_what_is_no_instant_is_told(text: str) -> None:
    with pytest.raises(SearchQueryError):
        datemath.microseconds(text, NOW)
