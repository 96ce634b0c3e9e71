"""Packages that were written for an answer before."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from uuid import UUID

from opendata.export.site import Site
from opendata.services.changes import Changes, Point
from opendata.services.kept_packages import Packing
from opendata.web.ckan_api.pieces import Pieces

PACKING = Packing(Site("https://data.example", "Data"))
A, B, C = UUID(int=1), UUID(int=2), UUID(int=3)
POINT = Point(1, frozenset(), dt.date(2026, 1, 1))


class Maker:
    """Makes packages, knows which it was asked for, and does not know C. Says that `changed` have changed."""

    def __init__(self) -> None:
        self.asked: list[list[UUID]] = []
        self.title = "первый"
        self.changed: frozenset[UUID] | None = None

    def __call__(self, ids: Sequence[UUID]) -> dict[UUID, object]:
        self.asked.append(list(ids))
        return {key: {"id": str(key), "title": self.title} for key in ids if key != C}

    def look(self, _point: Point | None) -> Changes:
        return Changes(POINT, self.changed)


def titles(pieces: Pieces, version: str, maker: Maker, *ids: UUID) -> list[str]:
    return [one["title"] for one in json.loads(pieces.listed(version, maker.look, ids, maker))]


def test_a_package_is_made_once_for_a_version_and_stands_in_order() -> None:
    pieces, maker = Pieces(PACKING), Maker()
    first = json.loads(pieces.listed("1", maker.look, [B, C, A], maker))
    assert [one["id"] for one in first] == [str(B), str(A)]
    assert first[0]["title"] == "первый"
    assert json.loads(pieces.listed("1", maker.look, [A, B], maker)) == first[::-1]
    assert json.loads(pieces.listed("1", maker.look, [], maker)) == []
    assert maker.asked == [[B, C, A]]


def test_only_what_has_changed_is_made_anew() -> None:
    pieces, maker = Pieces(PACKING), Maker()
    titles(pieces, "1", maker, A, B)
    maker.title, maker.changed = "второй", frozenset([A])
    assert titles(pieces, "2", maker, A, B) == ["второй", "первый"]
    maker.title = "третий"
    assert titles(pieces, "2", maker, A, B) == ["второй", "первый"]


def test_where_anything_may_have_changed_all_is_made_anew() -> None:
    pieces, maker = Pieces(PACKING), Maker()
    titles(pieces, "1", maker, A, B)
    maker.title = "второй"
    assert titles(pieces, "2", maker, A, B) == ["второй", "второй"]


def test_what_was_begun_before_a_look_is_not_kept_after_it() -> None:
    pieces, maker = Pieces(PACKING), Maker()
    maker.changed = frozenset()
    titles(pieces, "1", maker)

    def overtaken(ids: Sequence[UUID]) -> dict[UUID, object]:
        made = maker(ids)
        maker.changed = frozenset([A])
        titles(pieces, "2", maker)  # another thread, after A was changed
        return made

    assert json.loads(pieces.listed("1", maker.look, [A], overtaken))[0]["title"] == "первый"
    maker.title = "второй"
    assert titles(pieces, "2", maker, A) == ["второй"]
