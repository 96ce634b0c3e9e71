from __future__ import annotations

import random
import time

import pytest

from opendata.search.parser import MAX_TERMS, Either, Is, Phrase, Prefix, Tree, Word, parse

ALPHABET = "abя ұ\"«»“”()[]{}-−*:|\\/.,'’\x00\t\n\u00ad\u200b\ud800\U0001f600 OR ИЛИ год:язык:open: 0123"


@pytest.mark.parametrize(
    ("typed", "tree"),
    [
        ("река вода", Tree((Word("река"), Word("вода")))),
        ('"река вода"', Tree((Phrase("река вода"),))),
        ("«река вода»", Tree((Phrase("река вода"),))),
        ("a OR b c", Tree((Either((Word("a"), Word("b"))), Word("c")))),
        ("a ИЛИ b НЕМЕСЕ c", Tree((Either((Word("a"), Word("b"), Word("c"))),))),
        ("a or b", Tree((Word("a"), Word("or"), Word("b")))),
        ("OR a OR", Tree((Word("a"),))),
        ("a -b", Tree((Word("a"),), (Word("b"),))),
        ('a -"b c"', Tree((Word("a"),), (Phrase("b c"),))),
        ("well-known", Tree((Word("well-known"),))),
        ("a - b", Tree((Word("a"), Word("b")))),
        ("эко*", Tree((Prefix("эко"),))),
        ("эк*", Tree((Word("эк"),))),
        ("agency:water", Tree((Is("organization", "water"),))),
        ("ЛИЦЕНЗИЯ:cc-by-4.0", Tree((Is("license_id", "cc-by-4.0"),))),
        ("жыл:2019..2021", Tree((Is("year", "2019..2021"),))),
        ("-тіл:kk", Tree((), (Is("language", "kk"),))),
        ("ашық:жоқ", Tree((Is("open", "no"),))),
        ('keyword:"clean water"', Tree((Is("keyword", "clean water"),))),
        ("год:прошлый", Tree((Word("год:прошлый"),))),
        ("https://example.org", Tree((Word("https://example.org"),))),
        ('unbalanced "quote here', Tree((Word("unbalanced"), Phrase("quote here")))),
        ("", Tree()),
        ('"" ** -- ()', Tree()),
    ],
)
def test_reads_what_people_type(typed: str, tree: Tree) -> None:
    assert parse(typed) == tree


def test_terms_beyond_the_bound_are_left_out_and_said() -> None:
    tree = parse(" ".join(f"w{n}" for n in range(MAX_TERMS + 1)))
    assert len(tree.wanted) == MAX_TERMS
    assert tree.cut
    assert not parse("w " * MAX_TERMS).cut


def test_nothing_typed_raises() -> None:
    rng = random.Random(7)
    for _ in range(3_000):
        parse("".join(rng.choices(ALPHABET, k=rng.randrange(60))))


@pytest.mark.parametrize("piece", ['"', "-", "(", "a:", 'a"', "a:b:", "*", "| ", "а\u0306", "x", "\u00ad"])
def test_long_input_is_read_in_no_time(piece: str) -> None:
    started = time.monotonic()
    parse(piece * 10_000)
    assert time.monotonic() - started < 0.5
