"""What was read lately is kept within its bytes."""

from __future__ import annotations

from opendata.search.lru import OVERHEAD, Lru


def test_the_value_not_asked_for_the_longest_goes_first() -> None:
    made: list[str] = []

    def make(name: str) -> str:
        made.append(name)
        return name * 10

    lru: Lru[str] = Lru(3 * (OVERHEAD + 10), len)
    for name in ("a", "b", "c", "a", "d", "a", "b"):
        assert lru.get(("group", name), lambda name=name: make(name)) == name * 10
    assert made == ["a", "b", "c", "d", "b"]
    assert lru.bytes_held == 3 * (OVERHEAD + 10)


def test_a_value_larger_than_all_room_is_given_and_not_kept() -> None:
    lru: Lru[str] = Lru(OVERHEAD + 5, len)
    assert lru.get(("g", 1), lambda: "x" * 6) == "x" * 6
    assert lru.bytes_held == 0


def test_a_group_is_dropped_whole() -> None:
    lru: Lru[str] = Lru(10_000, len)
    for group in ("old", "new"):
        lru.get((group, 1), lambda: "value")
    lru.keep_only(["new"])
    assert lru.bytes_held == OVERHEAD + 5
    assert lru.get(("old", 1), lambda: "again") == "again"
    assert lru.get(("new", 1), lambda: "again") == "value"
