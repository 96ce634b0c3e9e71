"""Conditions, orders, facets and cursors over a small index, against a plain evaluation of the same documents."""

from __future__ import annotations

import datetime as dt
import fnmatch
import re
from collections import Counter
from math import inf
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opendata.search.boolean import (
    EVERYTHING,
    All,
    AnyOf,
    Everything,
    Exists,
    Node,
    Not,
    Range,
    SearchQueryError,
    Term,
    Wildcard,
)
from opendata.search.document import SearchDocument
from opendata.search.index import SearchIndex
from opendata.search.lucene import parse
from opendata.search.open import open_index
from opendata.search.selection import ALL_VALUES, FacetWanted, Key, Order, Selection
from tests.search.conftest import document, uid

NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
DAY = 86_400_000_000
WORDS = ("copper", "zinc", "lead", "iron")
TAGS = ("Water", "Air quality", "soil")
AGENCIES = ("mining", "health", "")
SIZE = 40


def made(number: int) -> SearchDocument:
    """A document whose every field follows from its number."""
    held = [word for place, word in enumerate(WORDS) if number >> place & 1]
    agency = AGENCIES[number % 3]
    named = {
        "organization": (agency,),
        "groups": ("envi",) if number % 4 == 0 else (),
        "author": (f"Jane Miller {number % 5}",),
        "extras_guid": (f"urn:x:{number}",),
        "extras_grade": (str(number % 7),) if number % 2 else (),
        "state": ("draft",) if number % 9 == 0 else (),
    }
    return document(
        number + 1,
        f"Report {number} {' '.join(held[:1])}",
        kind="study" if number == 13 else "dataset",
        descriptions=(f"About {' and '.join(held[1:])}.",),
        keywords=TAGS[: number % 4],
        format=("CSV",) if number % 2 else ("PDF", "CSV"),
        downloads=number % 6,
        views=number * 10 % 37,
        created_at=number * DAY,
        modified_at=(SIZE - number % 8) * DAY + 1,
        named=tuple((name, found) for name, values in named.items() if (found := tuple(filter(None, values)))),
    )


DOCUMENTS = [made(number) for number in range(SIZE)]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> SearchIndex:
    """The documents in several segments, one of them written anew and one removed."""
    folder = tmp_path_factory.mktemp("selecting")
    index = open_index(folder, create=True)
    gone = document(999, "copper zinc lead iron", keywords=TAGS)
    index.update([*DOCUMENTS[:15], gone])
    index.update(DOCUMENTS[10:30])
    index.update(DOCUMENTS[30:], [gone.id])
    return index


def chosen(index: SearchIndex, node: Node, words: Node = EVERYTHING) -> set[int]:
    found = index.select(Selection(words, node, last=1_000), NOW)
    assert found.total == len(found)
    return {found.id(place).int - 1 for place in range(len(found))}


def values(one: SearchDocument, field: str) -> list[str]:
    """What a field of values holds, without letter case."""
    named = dict(one.named)
    known = {"tags": one.keywords, "res_format": one.format, "name": (one.slug,), "id": (str(one.id),)}
    defaults = {"state": ("active",), "dataset_type": ("dataset",)}
    found = known.get(field) or named.get(field) or named.get(f"extras_{field}") or defaults.get(field) or ()
    return [value.casefold() for value in found]


def words_of(one: SearchDocument, field: str) -> str:
    texts = {"title": one.titles, "notes": one.descriptions}
    every = (*one.titles, *one.descriptions, *one.keywords)
    return " ".join(re.findall(r"\w+", " ".join(texts.get(field, every)).casefold()))


NUMBERS = {"metadata_created": "created_at", "metadata_modified": "modified_at", "views": "views"}


def holds(node: Node, one: SearchDocument) -> bool:
    """The same, the slow way."""
    if isinstance(node, Not):
        return not holds(node.node, one)
    if isinstance(node, All):
        return all(holds(part, one) for part in node.nodes)
    if isinstance(node, AnyOf):
        return any(holds(part, one) for part in node.nodes)
    if isinstance(node, Everything):
        return True
    if node.field in NUMBERS:
        assert isinstance(node, Range)
        number = getattr(one, NUMBERS[node.field])
        read = int if node.field == "views" else micros
        above = node.first is None or number > read(node.first) or (node.with_first and number == read(node.first))
        below = node.last is None or number < read(node.last) or (node.with_last and number == read(node.last))
        return above and below
    if node.field in ("text", "title", "notes"):
        text = words_of(one, node.field)
        if isinstance(node, Wildcard):
            return any(word.startswith(node.pattern[:-1]) for word in text.split())
        assert isinstance(node, Term)
        return f" {node.text} " in f" {text} "
    held = values(one, node.field)
    if isinstance(node, Exists):
        return bool(held)
    if isinstance(node, Wildcard):
        return any(fnmatch.fnmatchcase(value, node.pattern.casefold()) for value in held)
    if isinstance(node, Range):
        first, last = node.first or "", node.last or chr(0x10FFFF)
        return any(first <= value <= last for value in held)
    if node.field in ("author", "extras_guid"):
        return any(f" {node.text.casefold()} " in f" {value.replace(':', ' ')} " for value in held)
    return node.text.casefold() in held


def micros(text: str) -> int:
    moment = dt.datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=dt.UTC)
    return round(moment.timestamp() * 1_000_000)


def shown(node: Node) -> str:
    """The node as a client writes it."""
    if isinstance(node, Not):
        return f"-{shown(node.node)}" if not isinstance(node.node, Not) else f"NOT ({shown(node.node)})"
    if isinstance(node, All):
        return "(" + " ".join(map(shown, node.nodes)) + ")"
    if isinstance(node, AnyOf):
        return "(" + " OR ".join(map(shown, node.nodes)) + ")"
    if isinstance(node, Everything):
        return "*:*"
    if isinstance(node, Range):
        ends = f"{node.first or '*'} TO {node.last or '*'}"
        return f"{node.field}:{'[' if node.with_first else '{'}{ends}{']' if node.with_last else '}'}"
    if isinstance(node, Exists):
        return f"{node.field}:*"
    if isinstance(node, Wildcard):
        return f"{node.field}:{node.pattern}"
    return f'{node.field}:"{node.text}"' if node.quoted or " " in node.text else f"{node.field}:{node.text}"


days = st.integers(-1, SIZE + 2).map(lambda day: f"{dt.date(1970, 1, 1) + dt.timedelta(days=day)}T00:00:00Z")
ends = st.none() | days
leaves: st.SearchStrategy[Node] = st.one_of(
    st.just(EVERYTHING),
    st.builds(Term, st.sampled_from(["text", "title", "notes"]), st.sampled_from(WORDS)),
    st.builds(Term, st.just("text"), st.sampled_from(["copper and", "about zinc", "lead and iron"]), st.just(True)),
    st.builds(Wildcard, st.sampled_from(["text", "title"]), st.sampled_from(["cop*", "iro*", "xyz*"])),
    st.builds(Term, st.just("tags"), st.sampled_from([*TAGS, "air", "WATER"]), st.just(True)),
    st.builds(Term, st.just("organization"), st.sampled_from(["mining", "health", "none"])),
    st.builds(Term, st.just("res_format"), st.sampled_from(["csv", "PDF"])),
    st.builds(Term, st.just("state"), st.sampled_from(["active", "draft"])),
    st.builds(Term, st.sampled_from(["grade", "extras_grade"]), st.sampled_from(["1", "6"])),
    st.builds(Term, st.just("author"), st.sampled_from(["jane miller 3", "miller"]), st.just(True)),
    st.builds(Term, st.just("unknown"), st.just("x")),
    st.builds(Wildcard, st.sampled_from(["name", "tags"]), st.sampled_from(["record-1?", "*a*", "record-*", "soil"])),
    st.builds(Exists, st.sampled_from(["groups", "organization", "grade", "tags", "unknown"])),
    st.builds(Range, st.sampled_from(["metadata_created", "metadata_modified"]), ends, ends, st.booleans(),
              st.booleans()),
    st.builds(Range, st.just("views"), st.none() | st.sampled_from(["10", "20"]), st.just("30"), st.booleans()),
    st.builds(Range, st.just("grade"), st.sampled_from(["2", None]), st.sampled_from(["5", None])),
)  # fmt: skip
trees: st.SearchStrategy[Node] = st.recursive(
    leaves,
    lambda nodes: st.one_of(
        st.builds(Not, nodes),
        st.builds(All, st.lists(nodes, min_size=2, max_size=4).map(tuple)),
        st.builds(AnyOf, st.lists(nodes, min_size=2, max_size=4).map(tuple)),
    ),
    max_leaves=8,
)


@given(trees)
@settings(max_examples=250, deadline=None)
def test_conditions_hold_of_what_they_say(many: SearchIndex, tree: Node) -> None:
    wanted = {place for place, one in enumerate(DOCUMENTS) if one.kind == "dataset" and holds(tree, one)}
    assert chosen(many, tree) == wanted
    assert chosen(many, parse(shown(tree))) == wanted, shown(tree)
    assert chosen(many, EVERYTHING, tree) == wanted, "scoring changes nothing about what is found"


def test_words_are_found_by_their_forms_and_common_ones_do_not_count(many: SearchIndex) -> None:
    assert chosen(many, EVERYTHING, parse("reports")) == chosen(many, EVERYTHING)
    assert chosen(many, EVERYTHING, parse("the copper of a report")) == chosen(many, parse("copper"))
    assert chosen(many, EVERYTHING, parse("and")) == chosen(many, parse("notes:(zinc OR lead OR iron)")) - {
        place for place, one in enumerate(DOCUMENTS) if " and " not in words_of(one, "notes")
    }


KEYS = {
    "name": lambda one: one.slug,
    "metadata_created": lambda one: one.created_at,
    "metadata_modified": lambda one: one.modified_at,
    "views_recent": lambda one: one.views,
    "organization": lambda one: dict(one.named).get("organization", ("~",))[0],
}


@pytest.mark.parametrize("first", sorted(KEYS))
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("last", [3, 1_000])
def test_order_is_by_several_keys_then_by_id(many: SearchIndex, first: str, descending: bool, last: int) -> None:
    order = (Order(first, descending), Order("views", not descending))
    found = many.select(Selection(order=order, last=last), NOW)
    wanted = sorted((one for one in DOCUMENTS if one.kind == "dataset"), key=lambda one: one.id)
    wanted.sort(key=lambda one: one.views, reverse=not descending)
    wanted.sort(key=KEYS[first], reverse=descending)
    if first == "organization":  # what has no value comes last either way
        wanted.sort(key=lambda one: KEYS[first](one) == "~")
    assert [found.id(place) for place in range(len(found))] == [one.id for one in wanted[:last]]


@pytest.mark.parametrize(
    "order",
    [
        (Order("score", True), Order("metadata_modified", True)),
        (Order("organization"), Order("views", True)),
        (Order("name", True),),
        (Order("title_string"),),
    ],
)
def test_a_list_that_goes_on_skips_and_repeats_nothing(many: SearchIndex, order: tuple[Order, ...]) -> None:
    words = parse("copper OR zinc OR lead OR iron OR report")
    whole = many.select(Selection(words, order=order, last=1_000), NOW)
    seen: list[UUID] = []
    after: Key | None = None
    while True:
        part = many.select(Selection(words, order=order, last=7, after=after), NOW)
        assert part.total == whole.total
        if not len(part):
            break
        seen += [part.id(place) for place in range(len(part))]
        after = part.key(len(part) - 1)
    assert seen == [whole.id(place) for place in range(len(whole))]


def test_a_list_goes_on_behind_a_value_that_is_gone(tmp_path: Path) -> None:
    index = open_index(tmp_path, create=True)
    index.update([document(number, "x", named=(("organization", (f"o{number}",)),)) for number in range(1, 6)])
    order = (Order("organization"),)
    second = index.select(Selection(order=order, last=2), NOW).key(1)
    index.update([document(2, "x", named=(("organization", ("o9",)),))])
    after = index.select(Selection(order=order, last=9, after=second), NOW)
    assert [after.id(place).int for place in range(len(after))] == [3, 4, 5, 2]


def test_facets_count_what_was_found(many: SearchIndex) -> None:
    asked = {"tags": FacetWanted(), "organization": FacetWanted(1), "res_format": FacetWanted(ALL_VALUES, 18),
             "grade": FacetWanted(2, 0), "unknown": FacetWanted(), "state": FacetWanted()}  # fmt: skip
    found = many.select(Selection(parse("copper"), facets=asked, last=0), NOW)
    assert len(found) == 0
    held = [one for one in DOCUMENTS if one.kind == "dataset" and holds(Term("text", "copper"), one)]
    counts = {name: Counter(value for one in held for value in values(one, name)) for name in asked}
    for name in ("tags", "state"):
        assert {one.value.casefold(): one.count for one in found.facets[name]} == counts[name]
    ((best, many_of),) = counts["organization"].most_common(1)
    assert [(one.value, one.count) for one in found.facets["organization"]] == [(best, many_of)]
    assert {one.value for one in found.facets["res_format"]} == {
        value.upper() for value, count in counts["res_format"].items() if count >= 18
    }
    assert len(found.facets["grade"]) == 2
    assert found.facets["unknown"] == ()


@pytest.mark.parametrize(
    "query",
    ["text:*opper", "cop?er", "ab*", "title:[a TO b]", "metadata_modified:yesterday", "metadata_created:2*",
     "views:many", "id:[a TO b]", " ".join(["copper"] * 65), " ".join(["author:x"] * 17)],
)  # fmt: skip
def test_what_cannot_be_looked_for_is_told(many: SearchIndex, query: str) -> None:
    with pytest.raises(SearchQueryError):
        chosen(many, parse(query))


@pytest.mark.parametrize("field", ["text", "tags", "notes"])
def test_what_has_several_values_is_no_order(many: SearchIndex, field: str) -> None:
    with pytest.raises(SearchQueryError):
        many.select(Selection(order=(Order(field),)), NOW)


def test_long_lists_of_values_are_one_look(many: SearchIndex) -> None:
    ids = " OR ".join(str(one.id) for one in DOCUMENTS[:20])
    assert len(chosen(many, parse(f"id:({ids} OR nonsense)"))) == 19
    assert chosen(many, parse(f"id:{DOCUMENTS[2].id}")) == {2}
    assert chosen(many, parse("id:nonsense OR id:other")) == chosen(many, parse("id:x")) == set()
    assert chosen(many, parse("name:(" + " OR ".join(f"record-{n}" for n in range(900)) + ")")) == chosen(
        many, EVERYTHING
    )


def test_a_catastrophic_pattern_ends_soon(tmp_path: Path) -> None:
    index = open_index(tmp_path, create=True)
    index.update([document(1, "x", named=(("extras_long", ("a" * 256,)),))])
    found = index.select(Selection(where=parse("extras_long:" + "*a" * 60 + "*b")), NOW)
    assert found.total == 0


def test_instants_are_exact_to_the_microsecond(many: SearchIndex) -> None:
    one = DOCUMENTS[3]
    moment = dt.datetime.fromtimestamp(one.modified_at // 1_000_000, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")
    assert 3 in chosen(many, parse(f"metadata_modified:[{moment}.000001Z TO {moment}.000001Z]"))
    assert 3 not in chosen(many, parse(f"metadata_modified:{{{moment}.000001Z TO *]"))
    assert 3 not in chosen(many, parse(f"metadata_modified:[* TO {moment}.000000Z]"))


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    index = open_index(tmp_path, create=True)
    asked = Selection(parse("copper"), parse("organization:x views:[1 TO *]"), (Order("name"), Order("state")),
                      facets={"state": FacetWanted(), "tags": FacetWanted()})  # fmt: skip
    for area in ("public", "desk"):
        found = index.select(asked, NOW, area=area)
        assert (found.total, len(found), found.facets) == (0, 0, {"state": (), "tags": ()})


def test_what_is_committed_later_is_found_beside_what_was(tmp_path: Path) -> None:
    index = open_index(tmp_path, create=True)
    for number in range(1, 8):
        index.update([document(number, "copper", named=(("organization", (f"o{number % 2}",)),), modified_at=number)])
        found = index.select(Selection(where=parse("organization:o1"), order=(Order("metadata_modified", True),)), NOW)
        wanted = [odd for odd in range(number, 0, -1) if odd % 2]
        assert [found.id(place).int for place in range(len(found))] == wanted


def test_what_is_hidden_is_left_out_of_a_selection_that_was_made_before(tmp_path: Path) -> None:
    index = open_index(tmp_path, create=True)
    index.update([document(1, "copper"), document(2, "copper")])
    asked = Selection(parse("copper"), last=10)
    assert len(index.select(asked, NOW)) == 2
    index.hide(lambda: {uid(2): inf})
    found = index.select(asked, NOW)
    assert [found.id(place) for place in range(len(found))] == [uid(1)]
