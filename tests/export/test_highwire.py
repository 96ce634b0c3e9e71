"""Citation tags: what they say, in the language of the page, and of closed files nothing."""

from __future__ import annotations

from dataclasses import replace

from opendata.catalog.records import DatasetType
from opendata.catalog.values import Disclosure, DisclosureStatus, PartialDate, Text
from opendata.export.highwire import day, study_tags, tags
from tests.export.samples import FULL, REPORT, SITE, TABLE, entry_of
from tests.export.test_schemaorg_study import STUDY

CLOSED = Disclosure(DisclosureStatus.WITHHELD, legal_ground="Закон", reason=Text(ru="Личные данные", original="ru"))


def all_of(found: tuple[tuple[str, str], ...], name: str) -> list[str]:
    return [content for each, content in found if each == f"citation_{name}"]


def test_a_report_is_cited_in_the_language_of_its_page() -> None:
    found = tags(entry_of(FULL), SITE, "en")
    assert all_of(found, "title") == ["Water balance & resources"]
    assert all_of(found, "language") == ["en"]
    assert all_of(tags(entry_of(FULL), SITE, "ru"), "title") == ["Водный баланс & ресурсы"]
    assert all_of(found, "author")
    assert all("," in one for one in all_of(found, "author")[:1])
    assert all_of(found, "abstract_html_url") == ["https://data.example/dataset/su-balansy"]
    assert all_of(found, "technical_report_institution")
    assert all(content for _, content in found)


def test_only_open_pdfs_of_ours_are_named() -> None:
    found = tags(entry_of(FULL), SITE, "en")
    assert all_of(found, "pdf_url") == [SITE.download(FULL, REPORT)]
    for closed in (replace(REPORT, disclosure=CLOSED), replace(REPORT, stored=False), TABLE):
        assert not all_of(tags(entry_of(replace(FULL, resources=(closed,))), SITE, "en"), "pdf_url")


def test_a_thesis_names_its_school_and_nothing_unknown_is_named() -> None:
    thesis = tags(entry_of(replace(FULL, type=DatasetType.THESIS)), SITE, "en")
    assert all_of(thesis, "dissertation_institution")
    bare = replace(FULL, contributors=(), issued=None, identifiers=(), organization=None, performer=Text(), keywords=())
    names = {name for name, _ in tags(entry_of(bare), SITE, "en")}
    assert not names & {"citation_author", "citation_publication_date", "citation_doi", "citation_keywords"}


def test_a_study_is_dated_by_its_end() -> None:
    found = study_tags(STUDY, SITE, "ru")
    assert all_of(found, "publication_date") == [day(STUDY.period.end or STUDY.period.start)]
    assert all_of(found, "technical_report_number") == [STUDY.register_number]
    assert all_of(found, "abstract_html_url") == [f"https://data.example/study/{STUDY.slug}"]
    assert not all_of(found, "pdf_url")


def test_dates_have_the_precision_that_is_known() -> None:
    assert [day(one) for one in (PartialDate(2024), PartialDate(2024, 5), PartialDate(2024, 5, 7), None)] == [
        "2024", "2024/05", "2024/05/07", "",
    ]  # fmt: skip
