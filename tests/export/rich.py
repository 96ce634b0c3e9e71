"""Records with anything in any field that the catalogue keeps, made by hypothesis."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from uuid import UUID

from hypothesis import strategies as st

from opendata.catalog import licenses, vocabularies
from opendata.catalog.records import DatasetRecord, DatasetType, ResourceRecord, ResourceRole, StudyRef
from opendata.catalog.values import (
    BoundingBox,
    ContactPoint,
    Contributor,
    ContributorRole,
    Disclosure,
    DisclosureStatus,
    Extra,
    Identifier,
    Keyword,
    OrganizationRef,
    PartialDate,
    Period,
    Relation,
    Subject,
    Text,
)
from opendata.export.entry import Entry
from tests.export.samples import AGENCY, TODAY

_WORDS = ("вода", "су", "water", "балансы", "Ертіс", "№ 7", "a & b", 'say "x"', "50 %", "ё", "𝒳", "é", "\\ /")
_OPENINGS = {"kk": "Қ", "ru": "Ы", "en": "W"}
_word = st.sampled_from(_WORDS)
line = st.lists(_word, min_size=1, max_size=4).map(lambda words: "x " + " ".join(words))
_paragraphs = st.lists(line, min_size=1, max_size=3).map("\n\n".join)


def _texts(values: st.SearchStrategy[str], *, empty: bool = True) -> st.SearchStrategy[Text]:
    """Texts in some of our languages, with the original among them."""
    codes = st.lists(st.sampled_from(("kk", "ru", "en")), unique=True, min_size=0 if empty else 1)
    return codes.flatmap(
        lambda chosen: st.tuples(*(values for _ in chosen)).map(
            lambda found: Text(
                **{code: f"{_OPENINGS[code]} {value}" for code, value in zip(chosen, found, strict=True)},
                original=chosen[0] if chosen else "",
            )
        )
    )


_text = _texts(line)
_title = _texts(line, empty=False)
_day = st.dates(dt.date(1990, 1, 1), dt.date(2040, 12, 31))
_date = st.builds(
    lambda day, precision: PartialDate(*(day.year, day.month, day.day)[:precision]), _day, st.integers(1, 3)
)
_maybe_date = st.none() | _date
_period = st.tuples(_maybe_date, _maybe_date).map(lambda ends: _ordered(*ends))


def _ordered(start: PartialDate | None, end: PartialDate | None) -> Period:
    if start and end and start.first_day() > end.first_day():
        start, end = end, start
    return Period(start, end)


_address = st.sampled_from(("https://source.example/a", "http://x.example/Қ?b=c&d=e", "https://x.example/#1"))
_license = st.sampled_from(["", *(one.id for one in licenses.offered() if one.url)])
_language = st.sampled_from(("kk", "ru", "en", "de", "crh"))
_degree = st.integers(-1790, 1790).map(lambda tenth: tenth / 10)
_box = st.builds(
    lambda west, east, south, height: BoundingBox(west, south, east, min(south + height, 90.0)),
    _degree.filter(bool), _degree.filter(bool), st.integers(-89, 80).map(float), st.integers(1, 9).map(float),
).filter(lambda box: box.west < box.east or box.east < 0 < box.west)  # fmt: skip
_contributor = st.builds(
    Contributor,
    name=st.sampled_from(("Касымова А. С.", "Институт географии", "Smith, John", "ТОО «Су»")),
    role=st.sampled_from([one for one in ContributorRole if one is not ContributorRole.PUBLISHER]),
    affiliation=st.sampled_from(("", "Институт географии")),
).map(lambda one: _body_or_person(one))


def _body_or_person(one: Contributor) -> Contributor:
    body = one.name in ("Институт географии", "ТОО «Су»")
    known = {"Касымова А. С.": "0000-0002-1825-0097"}
    return Contributor(
        one.name, one.role, known.get(one.name, ""), one.affiliation, body, bin="990340007011" if body else ""
    )


_contact = st.builds(
    ContactPoint,
    name=line,
    email=st.sampled_from(("", "a.b@example.org")),
    phone=st.sampled_from(("", "+7 (7172) 74-00-00 доб. 1", "+77172740000")),
    url=st.just("") | _address,
)
_identifier = st.sampled_from(
    (
        Identifier("doi", "10.5555/abc_(1)"),
        Identifier("handle", "123.4/5"),
        Identifier("isbn", "9783161484100"),
        Identifier("issn", "2049-3630"),
        Identifier("register_number", "AP05131234"),
        Identifier("contract_number", "123-ГК"),
        Identifier("other", "инв. 7"),
    )
)
_TARGETS = {  # one address has one title: of two, RDF could not tell whose is whose
    "https://source.example/a": Text(),
    "http://x.example/Қ?b=c&d=e": Text(ru="Другая работа", en="Other work", original="ru"),
    "https://x.example/#1": Text.of("Әдіс", "kk"),
}
_relation = st.builds(
    lambda kind, target: Relation(kind, target, title=_TARGETS[target]),
    kind=st.sampled_from(("References", "IsPartOf", "IsSupplementTo", "IsDerivedFrom", "Obsoletes", "Other", "Cites")),
    target=st.sampled_from(list(_TARGETS)),
) | st.builds(Relation, kind=st.just("IsVersionOf"), target_id=st.just(UUID(int=77)))
_extra = st.builds(Extra, key=st.sampled_from(("funding", "бюджет", "status_note")), value=line)
_keyword = st.builds(
    Keyword,
    text=_word.filter(lambda word: "x" not in word).map(lambda word: f"x {word}"),
    language=st.sampled_from(("", "kk", "ru", "en")),
)
_subject = st.sampled_from(
    (Subject("grnti", "70.27"), Subject("ford", "1.2"), Subject("udc", "556.5(574)"), Subject("other", "Z 7"))
)
_disclosure = st.builds(
    Disclosure,
    status=st.sampled_from(DisclosureStatus),
    until=st.none() | _day,
    legal_ground=st.just("") | line,
    reason=_text,
)


@st.composite
def files(draw: st.DrawFn) -> ResourceRecord:
    """A file or link."""
    stored = draw(st.booleans())
    form = draw(st.sampled_from(("CSV", "PDF", "GeoJSON", "DOCX", "Parquet", "JSON-LD")))
    return ResourceRecord(
        name=draw(_text),
        description=draw(_texts(_paragraphs)),
        role=draw(st.sampled_from(ResourceRole)),
        filename=draw(st.sampled_from(("отчёт 1.pdf", "a.csv"))),
        format=form,
        media_type=vocabularies.media_type_of(form),
        byte_size=draw(st.none() | st.integers(1, 2**50)),
        checksum=draw(st.just("ab" * 32)) if stored else "",
        stored=stored,
        download_url="" if stored else draw(st.sampled_from(("https://x.example/a.csv", "https://x.example/get?id=1"))),
        access_url=draw(st.sampled_from(("", "https://x.example/page/"))),
        language=draw(st.just("") | _language),
        license_id=draw(_license),
        issued=draw(_maybe_date),
        modified=draw(_maybe_date),
        disclosure=draw(_disclosure),
        extras=tuple(draw(st.lists(_extra, max_size=2, unique_by=lambda one: one.key))),
    )


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """A record as every format gets it."""
    kept = draw(st.lists(files(), max_size=3))
    resources = tuple(
        replace(one, id=UUID(int=100 + number), position=number, key=f"k{number}") for number, one in enumerate(kept)
    )
    number = draw(st.integers(10**6, 10**7))
    record = DatasetRecord(
        id=UUID(int=number),
        slug=f"x{number}",
        type=draw(st.sampled_from(DatasetType)),
        identifier=draw(st.sampled_from(("", "oai:source.example:1"))),
        title=draw(_title),
        description=draw(_texts(_paragraphs)),
        table_of_contents=draw(_texts(_paragraphs)),
        keywords=tuple(draw(st.lists(_keyword, max_size=4, unique_by=lambda one: one.text.casefold()))),
        themes=tuple(draw(st.lists(st.sampled_from(vocabularies.codes("theme")), max_size=3, unique=True))),
        subjects=tuple(draw(st.lists(_subject, max_size=3, unique=True))),
        organization=draw(st.sampled_from((None, OrganizationRef(AGENCY.slug, AGENCY.title, AGENCY.id)))),
        performer=draw(_text),
        contributors=tuple(draw(st.lists(_contributor, max_size=3, unique=True))),
        contacts=tuple(draw(st.lists(_contact, max_size=2, unique=True))),
        license_id=draw(_license),
        identifiers=tuple(draw(st.lists(_identifier, max_size=3, unique=True))),
        issued=draw(_maybe_date),
        modified=draw(_maybe_date),
        languages=tuple(draw(st.lists(_language, max_size=3, unique=True))),
        frequency=draw(st.sampled_from(("", *vocabularies.codes("frequency")))),
        temporal=draw(_period),
        spatial=draw(st.sampled_from(("", "Алматинская область"))),
        bbox=draw(st.none() | _box),
        landing_page=draw(st.just("") | _address),
        version=draw(st.sampled_from(("", "2.0"))),
        relations=tuple(draw(st.lists(_relation, max_size=3, unique_by=lambda one: one.target))),
        resources=resources,
        extras=tuple(draw(st.lists(_extra, max_size=2, unique_by=lambda one: one.key))),
        register_number=draw(st.sampled_from(("", "AP05131234"))),
        report_number=draw(st.sampled_from(("", "12-К"))),
        study=draw(st.sampled_from((None, StudyRef(UUID(int=5), "s", "AP05131234", Text.of("Изучение", "ru"))))),
    )
    return Entry.of(record, AGENCY if record.organization else None, TODAY)
