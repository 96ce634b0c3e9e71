"""Text, markup, keywords, addresses and names as they may be stored."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest

from opendata.catalog import normalise
from opendata.catalog.slugs import slug
from opendata.catalog.values import Keyword, Text


def test_hidden_characters_go_and_letters_are_composed() -> None:
    assert normalise.clean_text("a\x00b\u200b\u202ec\ud800\ufeff  d\r\n e") == ("abc d e", False)
    assert normalise.clean_text(unicodedata.normalize("NFD", "йё ғылым"))[0] == "йё ғылым"


def test_paragraphs_are_kept_where_lines_are() -> None:
    assert normalise.clean_text("a  b\r\n\r\n\r\n\r\nc\n d ", lines=True)[0] == "a b\n\nc\nd"


def test_cut_is_said() -> None:
    assert normalise.clean_text("x" * 30, 10) == ("x" * 10, True)
    assert normalise.clean_text("x" * 10, 10) == ("x" * 10, False)
    assert normalise.clean_text("\u200b" * 1_000_000 + "x", 10)[1]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("a < b and c > d", "a < b and c > d"),
        ("no markup & none", "no markup & none"),
        ("AT&amp;T &#8212; x", "AT&T — x"),
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("a<br/>b", "a\nb"),
        ("<b>bold</b> word", "bold word"),
        ("<a href='http://x.kz/?a=1&amp;b=2'>here</a>", "here (http://x.kz/?a=1&b=2)"),
        ("<a href='http://x.kz/'>http://x.kz/</a>", "http://x.kz/"),
        ("<a href='javascript:alert(1)'>bad</a>", "bad"),
        ("<script>alert(1)</script>text<style>p{}</style>", "text"),
        ("<img src=x onerror=alert(1)>text", "text"),
        ("<!-- hidden -->shown", "shown"),
        ("H<sub>2</sub>O", "H2O"),
    ],
)
def test_description_becomes_plain_text(markup: str, expected: str) -> None:
    assert normalise.html_to_text(markup) == expected


def test_list_items_stand_on_lines_of_their_own() -> None:
    text = normalise.clean_text(normalise.html_to_text("<p>A</p><ul><li>one</li><li>two</li></ul>"), lines=True)[0]
    assert text == "A\n\n- one\n- two"


def test_unclosed_and_nested_markup_ends() -> None:
    assert normalise.html_to_text("<div>" * 5000 + "x") == "x"
    assert normalise.html_to_text("<" * 1000)


@pytest.mark.parametrize("piece", ["<div>", "<br> ", "<ul><li>", "<a href='x'>", "<", " ", "\n", "&amp;", "<!--"])
def test_megabyte_of_one_thing_takes_no_time(piece: str) -> None:
    start = time.perf_counter()
    normalise.clean_text(normalise.html_to_text(piece * (1_000_000 // len(piece))), 100_000, lines=True)
    assert time.perf_counter() - start < 3


def test_clean_html_keeps_no_way_to_run_anything() -> None:
    dirty = '<p onclick="x()">a <a href="javascript:x()">b</a><svg onload=x()></svg><iframe src=//x></iframe></p>'
    assert normalise.clean_html(dirty) == "<p>a <a>b</a></p>"


def test_keywords_of_one_string_are_parted() -> None:
    assert [one.text for one in normalise.keywords("вода; су ;; Вода, көл")] == ["вода", "су", "Вода, көл"]
    assert [one.text for one in normalise.keywords("water, soil, Water")] == ["water", "soil"]
    assert [one.text for one in normalise.keywords("ауа\nсу")] == ["ауа", "су"]


def test_commas_inside_a_list_of_keywords_stay() -> None:
    assert [one.text for one in normalise.keywords(["Agriculture, fisheries", "soil"])] == [
        "Agriculture, fisheries",
        "soil",
    ]


def test_keywords_are_bounded_and_carry_a_language() -> None:
    assert len(normalise.keywords(f"k{n}" for n in range(500))) == normalise.MAX_KEYWORDS
    assert normalise.keywords("x" * 1_000_000) == ()
    assert normalise.keywords("су ресурстары", "kk") == (Keyword("су ресурстары", "kk"),)
    assert normalise.keywords("ғылым") == (Keyword("ғылым", "kk"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://example.org/a b?x=ё#я", "http://example.org/a%20b?x=%D1%91#%D1%8F"),
        ("HTTPS://Example.ORG/Path", "https://example.org/Path"),
        ("www.stat.gov.kz", "https://www.stat.gov.kz"),
        ("stat.gov.kz/data", "https://stat.gov.kz/data"),
        ("https://қаз.kz/", "https://xn--80ao21a.kz/"),
        (" <https://x.kz> ", "https://x.kz"),
        ("http://x.kz/%D0%B0", "http://x.kz/%D0%B0"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("ftp://x.kz/a", "ftp://x.kz/a"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("http://user:secret@x.kz/", ""),
        ("http://", ""),
        ("http://x:99999/", ""),
        ("http://exa mple.kz", ""),
        ("http://a..b/", ""),
        ("//x.kz", ""),
        ("mailto:a@b.kz", ""),
        ("C:\\file.txt", ""),
        ("http://x.kz/\x00", ""),
        ("http://x.kz/\ud800", ""),
        ("http://x.kz/" + "a" * 2000, ""),
        ("http://[x/", ""),
        ("", ""),
    ],
)
def test_address_is_safe_to_link_or_empty(text: str, expected: str) -> None:
    assert normalise.url(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Әліппе: ғылым, қоғам, таңба, өнер, ұлт, үй, һәм, іс", "alippe-gylym-qogam-tanba-oner-ult-uy-ham-is"),
        ("Щука, ёж и объём", "shchuka-yozh-i-obyom"),
        ("Über Ångström straße", "uber-angstrom-strasse"),
        ("O'zbekiston", "ozbekiston"),
        ("Water   Resources!", "water-resources"),
        ("2019", "record-2019"),
        ("日本語", "record"),
        ("", "record"),
        ("\ud800\x00", "record"),
        ("123e4567-e89b-12d3-a456-426614174000", "record-123e4567-e89b-12d3-a456-426614174000"),
    ],
)
def test_slug_is_transliterated_and_never_empty_a_number_or_an_id(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_slug_is_the_same_for_both_ways_of_composing_letters() -> None:
    assert slug(unicodedata.normalize("NFD", "Район ёлка")) == slug("Район ёлка") == "rayon-yolka"


def test_slug_is_cut_between_words() -> None:
    name = slug("Исследование " * 20)
    assert len(name) <= 80
    assert name.endswith("issledovanie")
    assert len(slug("а" * 500)) == 80
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug("x " * 400, 7))


def test_slug_of_a_text_is_made_of_its_original() -> None:
    assert slug(Text(kk="Су", ru="Вода", en="Water", original="kk")) == "su"
    assert slug(Text(kk="Су", en="Water")) == "su"
    assert slug(Text.of("Eau", "fr")) == "eau"
    assert slug(Text()) == "record"
