"""Packages that were written for an answer before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID

from opendata.web.ckan_api.pieces import Pieces

A, B, C = UUID(int=1), UUID(int=2), UUID(int=3)


class Maker:
    """Makes packages, knows which it was asked for, and does not know C."""

    def __init__(self) -> None:
        self.asked: list[list[UUID]] = []
        self.title = "первый"

    def __call__(self, ids: Sequence[UUID]) -> dict[UUID, object]:
        self.asked.append(list(ids))
        return {key: {"id": str(key), "title": self.title} for key in ids if key != C}


def test_a_package_is_made_once_for_a_version_and_stands_in_order() -> None:
    pieces, maker = Pieces(), Maker()
    first = json.loads(pieces.listed("1", [B, C, A], maker))
    assert [one["id"] for one in first] == [str(B), str(A)]
    assert first[0]["title"] == "первый"
    assert json.loads(pieces.listed("1", [A, B], maker)) == first[::-1]
    assert json.loads(pieces.listed("1", [], maker)) == []
    assert maker.asked == [[B, C, A]]


def test_another_version_is_made_anew() -> None:
    pieces, maker = Pieces(), Maker()
    pieces.listed("1", [A], maker)
    maker.title = "второй"
    assert json.loads(pieces.listed("2", [A], maker))[0]["title"] == "второй"
    maker.title = "третий"
    assert json.loads(pieces.listed("1", [A], maker))[0]["title"] == "третий", "what went is not kept"
