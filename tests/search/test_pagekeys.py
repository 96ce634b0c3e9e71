from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from opendata.search import pagekeys
from opendata.search.pagekeys import PageKeys, analysis_id, analysis_of, hash32


def pack(pages: Iterable[Iterable[str]]) -> bytes:
    """Pages of words of one key each."""
    return pagekeys.pack(([(key,) for key in page] for page in pages), "analysis 1")


def held(packed: bytes, *keys: str) -> list[int]:
    return [int(place) + 1 for place in PageKeys.unpack(packed).zones(keys).nonzero()[0]]


def parts(packed: bytes, *keys: str) -> list[list[int]]:
    zones = PageKeys.unpack(packed).zones(keys)
    return [[part for part in range(pagekeys.ZONES) if int(page) >> part & 1] for page in zones]


def test_the_parts_of_a_page_in_which_a_key_stands() -> None:
    words = [[("X:a", "S:a")] + [("X:b",)] * 30 + [("X:c", "S:a")], [("X:c",)]]
    packed = pagekeys.pack(words, "analysis 1")
    assert parts(packed, "X:a") == [[0], []]
    assert parts(packed, "S:a") == [[0, 15], []]
    assert parts(packed, "X:a", "X:c") == [[0, 15], [15]]
    assert PageKeys.unpack(packed).lengths.tolist() == [32, 1]


def test_two_keys_with_one_hash_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagekeys, "hash32", lambda _key: 7)
    packed = pack([["X:a"] + ["X:b"] * 31])
    assert parts(packed, "X:c") == [list(range(16))]


def test_pages_that_hold_any_of_the_keys() -> None:
    packed = pack([("X:вода", "R:вода"), ("X:рыба",), (), ("X:воды", "R:вода")])
    assert PageKeys.unpack(packed).pages == 4
    assert held(packed, "R:вода") == [1, 4]
    assert held(packed, "X:рыба", "X:воды") == [2, 4]
    assert held(packed, "X:нет") == []
    assert held(packed) == []


@pytest.mark.parametrize("pages", [1, 255, 256, 3000])
def test_page_numbers_of_short_and_long_files(pages: int) -> None:
    keys = [{f"X:{n}", "X:every", f"X:{n % 7}"} for n in range(pages)]
    packed = pack(keys)
    assert held(packed, "X:every") == list(range(1, pages + 1))
    assert held(packed, f"X:{pages - 1}") == [n for n, one in enumerate(keys, 1) if f"X:{pages - 1}" in one]


def test_random_files_against_sets() -> None:
    chance = random.Random(7)
    words = [f"X:{n}" for n in range(300)]
    for _ in range(20):
        pages = [set(chance.choices(words, k=chance.randrange(60))) for _ in range(chance.randrange(40))]
        packed = pack(pages)
        for word in chance.sample(words, 30):
            assert held(packed, word) == [n for n, page in enumerate(pages, 1) if word in page]


def test_a_file_without_pages_or_words() -> None:
    assert PageKeys.unpack(pack([])).pages == 0
    assert held(pack([(), ()]), "X:a") == []


def test_a_key_given_twice_counts_once() -> None:
    assert pagekeys.pack([[("X:a", "X:a")]], "analysis 1") == pack([["X:a"]])


def test_pages_beyond_the_bound_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagekeys, "MAX_PAGES", 2)
    packed = pack([("X:a",), ("X:b",), ("X:c",)])
    assert (PageKeys.unpack(packed).pages, held(packed, "X:b"), held(packed, "X:c")) == (2, [2], [])


def test_a_file_of_too_many_keys_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagekeys, "MAX_POSTINGS", 3)
    assert pack([("X:a", "X:b"), ("X:c", "X:d")]) == b""


def test_what_is_damaged_or_of_another_layout_is_refused() -> None:
    packed = pack([("X:a", "X:b")])
    for wrong in (b"", packed[:3], packed[:-1], packed + b"x", b"\x09" + packed[1:], b"\x02\x05" + packed[2:]):
        with pytest.raises(ValueError, match="Page keys"):
            PageKeys.unpack(wrong)


def test_the_hash_is_the_same_in_every_process() -> None:
    assert (hash32("X:вода"), hash32("")) == (1345519503, 0)


def test_a_lone_surrogate_is_a_key_like_any_other() -> None:
    assert held(pack([("X:\ud800",)]), "X:\ud800") == [1]


def test_the_analysis_that_gave_them_is_named() -> None:
    assert analysis_of(pack([("X:a",)])) == analysis_id("analysis 1") != analysis_id("analysis 2")
    assert len(analysis_id("")) == 16
