"""Columns of several runs of documents."""

from __future__ import annotations

import numpy as np

from opendata.search.columns import COLUMNS, Columns, Facts, Vocabularies, joined, read_columns, views

_HALF = bytes(range(8))


def _run(vocabularies: Vocabularies, *rows: dict[str, tuple[str, ...]]) -> Columns:
    made = (
        Facts(_HALF + number.to_bytes(8), "dataset", f"title {number}", 1, 2, number, values, _HALF)
        for number, values in enumerate(rows)
    )
    return read_columns(made, vocabularies)


def _same(one: Columns, other: Columns) -> bool:
    arrays = ("ids", "issued", "modified", "downloads", "fingerprints")
    return (
        (one.kinds, one.titles) == (other.kinds, other.titles)
        and all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays)
        and all(np.array_equal(one.pairs[name].ordinals, other.pairs[name].ordinals) for name in COLUMNS)
        and all(one.pairs[name].single == other.pairs[name].single for name in COLUMNS)
        and all(np.array_equal(one.pairs[name].docs, other.pairs[name].docs) for name in COLUMNS)
        and all(np.array_equal(one.pairs[name].starts, other.pairs[name].starts) for name in COLUMNS)
    )


def test_views_are_what_was_joined_and_share_its_arrays() -> None:
    vocabularies = Vocabularies()
    parts = [
        _run(vocabularies, {"type": ("a",), "keyword": ("x", "y")}, {"type": ("b",)}),
        _run(vocabularies),
        _run(vocabularies, {"type": ("a",), "keyword": ("y",)}),
    ]
    whole = joined(parts)
    found = list(views(whole, parts))
    assert all(_same(one, other) for one, other in zip(found, parts, strict=True))
    assert found[0].pairs["keyword"].sizes is not None
    assert found[2].pairs["keyword"].single
    for name in COLUMNS:
        assert all(one.pairs[name].ordinals.base is whole.pairs[name].ordinals for one in found)
    assert found[2].ids.base is whole.ids
    assert _same(joined(found), whole)
    assert _same(joined(found[2:]), parts[2])


def test_nothing_has_no_views() -> None:
    assert list(views(joined([]), [])) == []
