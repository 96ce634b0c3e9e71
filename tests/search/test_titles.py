"""Keys of titles, packed."""

from __future__ import annotations

from opendata.search.titles import BLOCK, Packing, Titles


def _packed(keys: list[str]) -> Titles:
    packing = Packing()
    for key in keys:
        packing.add(key)
    return packing.titles()


def test_keys_come_back_in_their_order_however_many_there_are() -> None:
    for count in (0, 1, BLOCK, 2 * BLOCK + 1):
        keys = [f"{number % 7}\ue003\0\n{'' if number % 5 else chr(0x1F600)}" for number in range(count)]
        assert list(_packed(keys)) == keys


def test_blocks_of_several_runs_stand_one_after_the_other_and_are_read_again_and_again() -> None:
    one, other = _packed(["a", ""]), _packed(["b"] * (BLOCK + 1))
    both = Titles(one.blocks + other.blocks)
    assert list(both) == list(both) == ["a", "", *["b"] * (BLOCK + 1)]


def test_lone_surrogates_do_no_harm() -> None:
    assert list(_packed(["\ud800"])) == ["\ud800"]
