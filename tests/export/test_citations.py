"""References: what reference programs read of us, and what people copy."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
import rispy
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from pybtex.database import parse_string

from opendata.catalog.records import DatasetRecord, DatasetType
from opendata.catalog.values import Contributor, Text
from opendata.export import bibtex, csl, ris
from opendata.export.citations import apa, citations, gost
from opendata.export.names import Name, parted
from opendata.export.reference import reference
from tests.export.samples import FULL, SITE, TODAY, entry_of

BARE = DatasetRecord(title=Text(other="Untitled?"), id=UUID(int=7), slug="bare", type=DatasetType.OTHER)
NASTY = r"50% of {all} \input{x} $a_b$ #1 & ~ ^"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Иванов И. И.", Name("Иванов", "И. И.")),
        ("Иванов И.И.", Name("Иванов", "И.И.")),
        ("И. И. Иванов", Name("Иванов", "И. И.")),
        ("Иванов Иван Иванович", Name("Иванов", "Иван Иванович")),
        ("Сериков Ерлан", Name("Сериков", "Ерлан")),
        ("Ерлан Сериков", Name("Сериков", "Ерлан")),
        ("Әлихан Бөкейхан Нұрмұхамедұлы", Name("Әлихан", "Бөкейхан Нұрмұхамедұлы")),
        ("Smith, John", Name("Smith", "John")),
        ("John Smith", Name("Smith", "John")),
        ("Абай Құнанбай", Name(literal="Абай Құнанбай")),
        ("Рабочая группа по водным ресурсам Арала", Name(literal="Рабочая группа по водным ресурсам Арала")),
        ("", Name(literal="")),
    ],
)
def test_names_are_parted_only_where_that_is_sure(written: str, name: Name) -> None:
    assert parted(written) == name


def test_initials_are_the_first_letters() -> None:
    assert parted("Касымова, Айгуль Сериковна").initials == "А. С."
    assert parted("Иванов И.П.").initials == "И. П."


def test_bibtex_is_read_by_others() -> None:
    found = parse_string(bibtex.write(entry_of(FULL), SITE).decode(), "bibtex").entries["su-balansy"]
    assert found.type == "techreport"
    assert found.fields["year"] == "2025"
    assert found.fields["month"] == "November"
    assert found.fields["doi"] == "10.5555/abc_1"
    assert [str(person) for person in found.persons["author"]] == ["Касымова, Айгуль Сериковна", "Иванов, И. П."]


def test_bibtex_holds_nothing_that_tex_would_run() -> None:
    evil = replace(FULL, title=Text(en=NASTY), contributors=(Contributor(NASTY),))
    text = bibtex.write(entry_of(evil), SITE).decode()
    assert r"\input{x}" not in text
    assert parse_string(text, "bibtex").entries["su-balansy"].fields["title"].count("{") >= 1


def test_ris_is_read_by_others() -> None:
    (found,) = rispy.loads(ris.write(entry_of(FULL), SITE).decode())
    assert found["type_of_reference"] == "RPRT"
    assert found["authors"] == ["Касымова, Айгуль Сериковна", "Иванов, И. П."]
    assert (found["year"], found["doi"], found["keywords"]) == ("2025", "10.5555/abc_1", ["су"])


def test_a_line_break_begins_no_tag_of_ris() -> None:
    bad = replace(FULL, title=Text(en="One\nER  - \r\nTY  - BOOK\u2028X"))
    assert len(rispy.loads(ris.write(entry_of(bad), SITE).decode())) == 1


@pytest.fixture(scope="module")
def style(tmp_path_factory: pytest.TempPathFactory) -> CitationStylesStyle:
    """The smallest style with authors, year, title and address."""
    path: Path = tmp_path_factory.mktemp("style") / "least.csl"
    path.write_text(STYLE, encoding="utf-8")
    return CitationStylesStyle(str(path), validate=False)


STYLE = """<?xml version="1.0" encoding="utf-8"?>
<style xmlns="http://purl.org/net/xbiblio/csl" class="in-text" version="1.0" default-locale="en-US">
<info><title>least</title><id>http://example.org/least</id><updated>2026-01-01T00:00:00+00:00</updated></info>
<citation><layout><text variable="title"/></layout></citation>
<bibliography><layout><group delimiter=". "><names variable="author"><name name-as-sort-order="all"/></names>
<date variable="issued"><date-part name="year"/></date><text variable="title"/><text variable="publisher"/>
<text variable="URL"/></group></layout></bibliography></style>"""


def test_a_citation_processor_takes_our_json(style: CitationStylesStyle) -> None:
    items = [*json.loads(csl.write(entry_of(FULL), SITE)), *json.loads(csl.write(entry_of(BARE), SITE))]
    made = CitationStylesBibliography(style, CiteProcJSON(items), formatter.plain)
    for one in items:
        made.register(Citation([CitationItem(one["id"])]))
    full, bare = (str(line) for line in made.bibliography())
    assert full == (
        "Касымова, Айгуль Сериковна, Иванов, И. П. 2025. Су балансы & ресурстары. Институт географии. "
        "https://doi.org/10.5555/abc_1"
    )
    assert bare == f"Untitled?. https://data.example/id/{BARE.id}"


def test_gost_has_all_its_areas() -> None:
    assert gost(reference(entry_of(FULL), SITE, "ru"), TODAY) == (
        "Касымова, А. С. Водный баланс & ресурсы : отчёт / А. С. Касымова, И. П. Иванов ; Институт географии ; "
        "Комитет водного хозяйства. – Текст : электронный // Open Data : [сайт]. – 2025. – № 12-К. – "
        "Рег. № 0125РК00001. – ISBN 9786010000001. – DOI 10.5555/abc_1. – "
        "URL: https://doi.org/10.5555/abc_1 (дата обращения: 01.06.2026)."
    )


def test_gost_names_three_of_five_authors_and_has_no_heading_then() -> None:
    people = tuple(Contributor(f"Иванов{letter}а А. Б.") for letter in "вгдеж")
    text = gost(reference(entry_of(replace(FULL, contributors=people)), SITE, "ru"), TODAY)
    assert text.startswith("Водный баланс & ресурсы : отчёт / А. Б. Ивановва, А. Б. Ивановга, А. Б. Ивановда [и др.] ;")


def test_apa_has_all_its_parts() -> None:
    assert apa(reference(entry_of(FULL), SITE, "en")) == (
        "Касымова, А. С., & Иванов, И. П. (2025). Water balance & resources (Report No. 12-К; Version 2). "
        "Институт географии. https://doi.org/10.5555/abc_1"
    )


def test_apa_names_the_last_of_many_authors() -> None:
    people = tuple(Contributor(f"Smith{n}, John") for n in range(25))
    text = apa(reference(entry_of(replace(FULL, contributors=people)), SITE, "en"))
    assert ", Smith18, J., … Smith24, J. (2025)." in text
    assert "Smith19" not in text


def test_missing_parts_leave_no_gaps() -> None:
    address = f"https://data.example/id/{BARE.id}"
    assert apa(reference(entry_of(BARE), SITE)) == f"Untitled? (n.d.). {address}"
    seen = "(дата обращения: 01.06.2026)."
    assert gost(reference(entry_of(BARE), SITE), TODAY) == (
        f"Untitled? – Текст : электронный // Open Data : [сайт]. – URL: {address} {seen}"
    )


def test_gost_is_in_one_language_where_that_of_the_title_is_unknown() -> None:
    report = replace(BARE, title=Text(other="561-IV"), type=DatasetType.REPORT)
    assert gost(reference(entry_of(report), SITE), TODAY).startswith("561-IV : отчёт. – Текст : электронный")
    assert gost(reference(entry_of(report), SITE, "en"), TODAY).startswith("561-IV : отчёт. – Текст : электронный")


def test_a_body_stands_for_missing_authors() -> None:
    nobody = replace(FULL, contributors=(), performer=Text(), issued=None, type=DatasetType.DATASET)
    assert apa(reference(entry_of(nobody), SITE, "en")).startswith(
        "Water Committee. (n.d.). Water balance & resources (Version 2) [Data set]. https://"
    )


def test_a_body_that_is_author_and_performer_is_named_once() -> None:
    body = "Центр дорожных исследований имени строителей"
    made = replace(BARE, contributors=(Contributor(body),), performer=Text(ru=body), title=Text(ru="Дороги"))
    assert gost(reference(entry_of(made), SITE, "ru"), TODAY).count(body) == 1


def test_every_language_of_the_title_has_its_citations() -> None:
    found = citations(entry_of(FULL), SITE, "ru")
    assert [(one.style, one.language) for one in found] == [
        (style, language) for language in ("ru", "kk", "en") for style in ("GOST", "APA")
    ]
    assert "(қаралған күні: 01.06.2026)" in found[2].text


def test_the_day_of_access_is_the_day_of_the_answer() -> None:
    assert "(date of access: 31.12.2026)" in gost(reference(entry_of(FULL), SITE, "en"), dt.date(2026, 12, 31))
    assert StringIO(bibtex.write(entry_of(FULL), SITE).decode()).readline() == "@techreport{su-balansy,\n"
