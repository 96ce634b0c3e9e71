from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opendata.search.composing import Boxes, compose, decompose
from opendata.search.parser import parse

PIECES = (
    *("вода", "well-known", "C++", "эко*", "OR", "ИЛИ", "-", "-лёд", '"чистая вода"', '-"a b"', "год:2020..2021"),
    *("тема:наука", "-open:no", "foo:bar", 'keyword:"a b"', "AP05131234", "АР05131234", "doi:10.1234/abc", "№", "|"),
    *("https://example.org/a?b=c", "12:30", '"', "договор:15", "ab*", "год:абв", "x_y", "…"),
)


@pytest.mark.parametrize(
    ("boxes", "q"),
    [
        (Boxes("вода эко*"), "вода эко*"),
        (Boxes("вода", "качество воды", "река озеро", "лёд снег"), 'вода "качество воды" река OR озеро -лёд -снег'),
        (Boxes(any='река "малое озеро"'), 'река OR "малое озеро"'),
        (Boxes(none='"тяжёлая вода"'), '-"тяжёлая вода"'),
        (Boxes("вода OR", any="река"), "вода река"),
        (Boxes('вода "незакрытая', none="лёд"), 'вода "незакрытая" -лёд'),
        (Boxes("вода -лёд год:2020"), "вода year:2020 -лёд"),
        (Boxes(phrase='a "b" c'), '"a  b  c"'),
        (Boxes("AP05131234", none="ВR21881930"), "AP05131234 -BR21881930"),
        (Boxes(), ""),
    ],
)
def test_boxes_come_to_a_query(boxes: Boxes, q: str) -> None:
    assert compose(boxes) == q


@pytest.mark.parametrize(
    ("q", "boxes"),
    [
        ('вода "качество воды" река OR озеро -лёд', Boxes("вода", "качество воды", "река озеро", "лёд")),
        ('"a b" "c d"', Boxes('"c d"', "a b")),
        ("a OR b c OR d", Boxes("c OR d", any="a b")),
        ("год:2020 эко*", Boxes("year:2020 эко*")),
        ("АР05131234", Boxes("AP05131234")),
    ],
)
def test_a_query_goes_into_boxes(q: str, boxes: Boxes) -> None:
    assert decompose(q) == boxes


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join) | st.text(max_size=80))
def test_a_query_that_went_through_the_boxes_asks_the_same(q: str) -> None:
    before, after = parse(q, exact=True), parse(compose(decompose(q)), exact=True)
    assert set(before.unwanted) == set(after.unwanted)
    assert {frozenset(getattr(node, "nodes", (node,))) for node in before.wanted} == {
        frozenset(getattr(node, "nodes", (node,))) for node in after.wanted
    }
