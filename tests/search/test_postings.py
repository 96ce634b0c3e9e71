"""Postings come back from their bytes as they were."""

from __future__ import annotations

import random

import numpy as np
import pytest

from opendata.search.postings import IN_TEXT, Postings, pack, unpack_docs, unpack_places


def made(docs: list[int], weights: list[float], counts: list[int], places: list[int]) -> Postings:
    return Postings(
        np.array(docs, np.int64),
        np.array(weights, np.float32),
        np.array(counts, np.uint8),
        np.array(places, np.uint32),
    )


def assert_comes_back(given: Postings) -> int:
    packed = pack(given)
    docs, weights = unpack_docs(packed, int(given.docs[0]), len(given))
    counts, places = unpack_places(packed, len(given))
    assert docs.tolist() == given.docs.tolist()
    assert weights.tolist() == pytest.approx(given.weights.tolist(), rel=0.001)
    assert counts.tolist() == given.counts.tolist()
    assert places.tolist() == given.places.tolist()
    return len(packed)


def test_a_key_of_report_text_alone_takes_three_bytes_a_document() -> None:
    size = assert_comes_back(made(list(range(0, 5_000, 5)), [0.25] * 1_000, [IN_TEXT] * 1_000, []))
    assert size <= 3 * 1_000


@pytest.mark.parametrize("gap", [1, 255, 256, 65_535, 65_536, 70_000_000])
def test_gaps_between_documents_may_have_any_size(gap: int) -> None:
    assert_comes_back(made([7, 7 + gap, 8 + gap], [1, 2, 3], [1, 0x80, 2], [5, 1, 9]))


def test_positions_may_be_large_and_many() -> None:
    assert_comes_back(made([3], [9.5], [127], list(range(100_000, 100_127))))
    assert_comes_back(made([0], [0.01], [127 | IN_TEXT], list(range(127))))


def test_a_weight_beyond_all_measure_stays_a_number() -> None:
    packed = pack(made([1], [1e30], [1], [1]))
    assert np.isfinite(unpack_docs(packed, 1, 1)[1]).all()


def test_any_postings_come_back() -> None:
    rng = random.Random(4)
    for _ in range(200):
        docs = sorted(rng.sample(range(10 ** rng.randrange(2, 7)), rng.randrange(1, 60)))
        counts = [rng.randrange(4) | rng.choice((0, IN_TEXT)) for _ in docs]
        places = [rng.randrange(rng.choice((100, 100_000))) for count in counts for _ in range(count & ~IN_TEXT)]
        if not places:
            counts = [IN_TEXT for _ in docs]
        assert_comes_back(made(docs, [rng.random() * 20 for _ in docs], counts, places))
