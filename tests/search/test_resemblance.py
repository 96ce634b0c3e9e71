"""How much of one text stands in another, and where; what everybody's texts share counts nothing."""

from __future__ import annotations

import numpy as np

from opendata.search.resemblance import SHINGLE, Given, formulas, runs_of
from opendata.search.wordstream import Piece, Words

LENGTH = 200


def words(*numbers: int) -> Words:
    return Words(np.array(numbers, dtype=np.uint64), [Piece(0, 0, 0)], [0])


def text(seed: int, length: int = LENGTH) -> list[int]:
    return [int(one) for one in np.random.default_rng(seed).integers(1, 1 << 60, length)]


def test_the_whole_of_a_copy_stands_in_the_original_and_a_part_of_the_original_in_it() -> None:
    original = text(1)
    given = Given(words(*original[50:100]))
    compared = given.compare(words(*original))
    nothing = np.zeros(len(given.values), dtype=np.bool_)
    assert given.share(compared.held) == 1.0
    assert compared.share(nothing, given) == 50 / LENGTH
    assert given.words_in(compared.held) == 50


def test_the_same_words_in_another_order_are_not_the_same() -> None:
    original = text(2)
    given = Given(words(*reversed(original)))
    assert given.share(given.compare(words(*original)).held) == 0.0


def test_texts_shorter_than_a_run_have_nothing_in_common() -> None:
    given = Given(words(*text(3, SHINGLE - 1)))
    assert given.share(given.compare(words(*text(3))).held) == 0.0
    assert Given(words()).share(Given(words()).compare(words(*text(3))).held) == 0.0
    whole = Given(words(*text(3)))
    assert whole.compare(words()).share(np.zeros(len(whole.values), dtype=np.bool_), whole) == 0.0


def test_what_a_text_repeats_counts_once() -> None:
    head, body = text(4, 10), text(5, 100)
    given = Given(words(*(head * 40), *body))
    assert given.share(given.compare(words(*head)).held) < 0.15


def test_runs_that_unrelated_records_share_are_formulas() -> None:
    form = text(6, 30)
    given = Given(words(*form, *text(7)))
    others = [given.compare(words(*form, *text(seed))) for seed in (8, 9, 10, 18)]
    formula = formulas(given, others)
    assert given.share(others[0].held & ~formula) == 0.0
    assert not formulas(given, others[:3]).any()


def test_records_of_one_study_do_not_make_its_abstract_a_formula() -> None:
    abstract = text(6, 30)
    given = Given(words(*abstract, *text(7)))
    others = [given.compare(words(*abstract, *text(seed))) for seed in (8, 9, 10, 18)]
    assert not formulas(given, others, ["one", "one", None, "two"]).any()


def test_versions_of_one_report_do_not_make_its_text_a_formula() -> None:
    report = text(11)
    given = Given(words(*report))
    versions = [given.compare(words(*report[start:], *text(12 + start, 20))) for start in (0, 10, 20, 30)]
    assert not formulas(given, versions).any()


def test_weights_say_what_a_word_is_worth() -> None:
    shared, own = text(13, 50), text(14, 50)
    given = Given(words(*shared, *own), np.array([0.1] * 50 + [0.9] * 50))
    assert round(given.share(given.compare(words(*shared)).held), 6) == 0.1


def test_stretches_are_told_longest_first_across_a_few_changed_words() -> None:
    original = text(15)
    changed = [*original[:20], 7, 7, *original[22:60], *text(16, 40), *original[150:170]]
    given = Given(words(*changed))
    compared = given.compare(words(*original))
    runs = runs_of(given, compared, np.zeros(len(given.values), dtype=np.bool_))
    assert [(run.given, run.other, run.length) for run in runs] == [(0, 0, 60), (100, 150, 20)]


def test_no_stretch_is_told_of_formulas() -> None:
    given = Given(words(*text(17)))
    assert runs_of(given, given.compare(words(*text(17))), np.ones(len(given.values), dtype=np.bool_)) == []
