"""Listings that go round in circles."""

from __future__ import annotations

from opendata.harvesting.paging import Loop


def test_a_repeated_token_is_told() -> None:
    loop = Loop()
    assert [loop.seen(token) for token in ("a", "b", "c", "a")] == [False, False, False, True]


def test_bodies_and_broken_text_are_taken_too() -> None:
    loop = Loop()
    assert not loop.seen(b"\xff")
    assert not loop.seen("\ud800")
    assert loop.seen(b"\xff")


def test_memory_is_bounded() -> None:
    loop = Loop(most=10)
    for number in range(100):
        assert not loop.seen(str(number))
    assert len(loop._seen) == 10
    assert loop.seen("99")
