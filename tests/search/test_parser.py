from __future__ import annotations

import random
import time

import pytest

from opendata.search.notes import MAX_NOTES, NoteCode
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
        ("ЛИЦЕНЗИЯ:cc-by-4.0", Tree((Is("license_id", "CC-BY-4.0"),))),
        ("жыл:2019..2021", Tree((Is("year", "2019..2021"),))),
        ("-тіл:kk", Tree((), (Is("language", "kk"),))),
        ("ашық:жоқ", Tree((Is("open", "no"),))),
        ('keyword:"clean water"', Tree((Is("keyword", "clean water"),))),
        ("год:прошлый", Tree((Word("год:прошлый"),))),
        ("год: 2020 вода", Tree((Is("year", "2020"), Word("вода")))),
        ("Тема: вода", Tree((Word("Тема:"), Word("вода")))),
        ("тип:отчёт тілі:қазақ", Tree((Is("type", "report"), Is("language", "kk")))),
        ("формат:pdf", Tree((Is("format", "PDF"),))),
        ("тема:чепуха", Tree((Word("тема:чепуха"),))),
        ("ИРН:BR21881930", Tree((Either((Word("BR21881930"), Word("ВR21881930"))),))),
        ("№ АР05131234", Tree((Either((Word("AP05131234"), Word("АР05131234"))),))),
        ("договор:1-2025", Tree((Word("1-2025"),))),
        ("doi:10.1234/Abc", Tree((Word("10.1234/abc"),))),
        ("https://doi.org/10.1234/abc", Tree((Word("10.1234/abc"),))),
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


@pytest.mark.parametrize(
    ("typed", "tree"),
    [
        ("pfrjy", Tree((Word("pfrjy", "закон"),))),
        ("djlf b ktc", Tree((Word("djlf", "вода"), Word("b", "и"), Word("ktc", "лес")))),
        ('"jpthj gjlpzgbz"', Tree((Either((Phrase("jpthj gjlpzgbz"), Phrase("озеро подзяпия"))),))),
        ("rkbvfn*", Tree((Either((Prefix("rkbvfn"), Prefix("климат"))),))),
        ("'rj rkbv*", Tree((Word("'rj", "эко"), Either((Prefix("rkbv"), Prefix("клим")))))),
        ("-pty", Tree((Word("-pty", "өзен"),))),
        ("djlf -pty", Tree((Word("djlf", "вода"),), (Word("pty", "зен"),))),
        ("water -risk", Tree((Word("water"),), (Word("risk"),))),
        ("вода -w20x", Tree((Word("вода"),), (Word("w20x"),))),
        ("цфеук йгфдшен", Tree((Word("цфеук", "water"), Word("йгфдшен", "quality")))),
    ],
)
def test_the_other_keyboard_layout_is_a_second_reading_unless_exact(typed: str, tree: Tree) -> None:
    assert parse(typed) == tree
    exact = [leaf for leaf in parse(typed, exact=True).leaves() if isinstance(leaf, Word)]
    assert not any(word.meant for word in exact)
    assert not parse(typed, exact=True).notes


@pytest.mark.parametrize(
    ("typed", "code", "piece"),
    [
        ("вода год:абв", NoteCode.UNKNOWN_VALUE, "год:абв"),
        ("foo:bar", NoteCode.UNKNOWN_PREFIX, "foo:bar"),
        ('author:"a b"', NoteCode.UNKNOWN_PREFIX, 'author:"a b"'),
        ('год:"" вода', NoteCode.NO_VALUE, 'год:""'),
        ("вода «чистая", NoteCode.OPEN_QUOTE, "«чистая"),
        ("вода эк*", NoteCode.SHORT_BEGINNING, "эк*"),
        ("вода OR", NoteCode.LONE_OR, "OR"),
        ("ИЛИ вода", NoteCode.LONE_OR, "ИЛИ"),
        ("вода -()", NoteCode.LONE_MINUS, "-()"),
        ("вода -", NoteCode.LONE_MINUS, "-"),
        ("ghbdtn", NoteCode.LAYOUT, "ghbdtn"),
        ("?! ()", NoteCode.NO_WORDS, "?! ()"),
        ("a " * MAX_TERMS + "b c", NoteCode.TOO_MANY, "b"),
        ("( " * 1_000 + "b", NoteCode.NO_WORDS, ("( " * 30)[:59] + "…"),
    ],
)
def test_what_was_not_taken_as_typed_is_said(typed: str, code: NoteCode, piece: str) -> None:
    assert [(note.code, note.piece) for note in parse(typed).notes] == [(code, piece)]


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "https://example.org",
            "doi:10.1234/abc",
            "12:30",
            "std::vector",
            "Fe:Ni",
            "a:b",
            "ISSN:1234-5679",
            "ГОСТ:2019",
        ),
        *("вода - источник жизни", "well-known", "C++", 'a "b c" d', "hdl:123/4", "№ 5", "Тема: вода", "", "   "),
    ],
)
def test_ordinary_text_gets_no_note(typed: str) -> None:
    assert parse(typed).notes == ()


def test_notes_are_bounded() -> None:
    notes = parse(" ".join(f"foo{'x' * n}:bar" for n in range(60)) + ' "' + "z" * 5_000).notes
    assert sum(note.code is NoteCode.UNKNOWN_PREFIX for note in notes) == MAX_NOTES
    assert max(len(note.piece) for note in notes) == 60


def test_nothing_typed_raises() -> None:
    rng = random.Random(7)
    for _ in range(3_000):
        parse("".join(rng.choices(ALPHABET, k=rng.randrange(60))))


@pytest.mark.parametrize("piece", ['"', "-", "(", "a:", 'a"', "a:b:", "*", "| ", "а\u0306", "x", "\u00ad"])
def test_long_input_is_read_in_no_time(piece: str) -> None:
    started = time.monotonic()
    parse(piece * 10_000)
    assert time.monotonic() - started < 0.5
