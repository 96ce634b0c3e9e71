"""OAI-PMH: what a listing proves, what becomes of bad pages and records, and where each element goes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from opendata.catalog.records import DatasetRecord, DatasetType
from opendata.catalog.values import ContributorRole, DisclosureStatus, Identifier, PartialDate, Relation
from opendata.errors import SourceError
from opendata.harvesting.contract import Complete, Event, Incomplete, Position, Raw, Since
from tests.harvesters.conftest import Harvest
from tests.harvesters.events import codes, failed, found, gone, reason
from tests.servers.local import Asked, Reply, serve
from tests.servers.oai import Repository, oai_server, record_xml
from tests.servers.oai import answer as plain_answer

DATACITE = (
    '<resource xmlns="http://datacite.org/schema/kernel-4"><identifier identifierType="DOI">10.5072/ABC</identifier>'
    '<titles><title xml:lang="ru">Отчёт</title><title xml:lang="kk" titleType="TranslatedTitle">Есеп</title></titles>'
    "</resource>"
)


def one(harvest: Harvest, extra: str, **options: str) -> DatasetRecord:
    """The record of a repository that holds a single one, with `extra` inside."""
    with oai_server(Repository(size=1, extra=((0, extra),))) as server:
        return found(harvest("oaipmh", server.url, **options))[0].record


def test_all_pages_are_read_and_deleted_records_are_told(harvest: Harvest) -> None:
    with oai_server(Repository(size=25, page=10, deleted=frozenset({3, 24}))) as server:
        events = harvest("oaipmh", server.url)
    assert len(found(events)) == 23
    assert gone(events) == ["oai:test:3", "oai:test:24"]
    assert [type(event) for event in events].count(Position) == 2
    assert isinstance(events[-1], Complete)


def test_listing_short_of_its_count_is_never_complete(harvest: Harvest) -> None:
    with oai_server(Repository(size=25, count_lie=5)) as server:
        assert "25 different records; 30 were announced" in reason(harvest("oaipmh", server.url))


def test_listing_without_a_count_ends_with_its_last_page(harvest: Harvest) -> None:
    with oai_server(Repository(size=25, declare_size=False)) as server:
        assert isinstance(harvest("oaipmh", server.url)[-1], Complete)


def test_repeated_token_ends_the_listing(harvest: Harvest) -> None:
    with oai_server(Repository(size=50, repeating_page=1)) as server:
        events = harvest("oaipmh", server.url)
        assert len(server.asked) < 10
    assert "a resumptionToken that was there before" in reason(events)


def test_page_that_comes_again_under_fresh_tokens_ends_the_listing(harvest: Harvest) -> None:
    page = "".join(record_xml(n) for n in range(3))

    def answer(asked: Asked) -> Reply:
        if asked.query["verb"] != "ListRecords":
            return plain_answer(Repository(), asked)
        token = f"<resumptionToken>{asked.query.get('resumptionToken', '') + 'x'}</resumptionToken>"
        return Reply(f"<OAI-PMH><ListRecords>{page}{token}</ListRecords></OAI-PMH>".encode())

    with serve(answer) as server:
        events = harvest("oaipmh", server.url)
        assert len(server.asked) < 10
    assert "a page that was there before" in reason(events)


def test_record_that_is_not_well_formed_fails_alone(harvest: Harvest) -> None:
    with oai_server(Repository(size=25, broken_record=14)) as server:
        events = harvest("oaipmh", server.url)
    assert [event.identifier for event in failed(events)] == ["oai:test:14"]
    assert codes(failed(events)[0]) == {"malformed-xml"}
    assert b"oai:test:14" in failed(events)[0].raw
    assert len(found(events)) == 24
    assert reason(events).startswith("page 2: malformed XML")


def test_page_that_breaks_off_is_asked_for_in_parts(harvest: Harvest) -> None:
    with oai_server(Repository(size=30, truncated_page=1, days=10)) as server:
        events = harvest("oaipmh", server.url)
    assert sorted(numbers(events)) == list(range(30))
    assert failed(events) == []
    assert isinstance(events[-1], Complete)


@pytest.mark.parametrize("days", [0, 10])
def test_repository_that_ignores_dates_is_asked_for_the_rest_record_by_record(harvest: Harvest, days: int) -> None:
    with oai_server(Repository(size=60, truncated_page=3, days=days, timeless=True)) as server:
        events = harvest("oaipmh", server.url)
        verbs = [request.query["verb"] for request in server.asked]
    assert numbers(events) == list(range(60))
    assert isinstance(events[-1], Complete)
    assert verbs.count("ListRecords") == 4
    assert verbs.count("GetRecord") < 30


def test_page_that_cannot_be_read_is_told_by_its_place_in_the_listing(harvest: Harvest) -> None:
    with oai_server(Repository(size=60, html_page=3, timeless=True)) as server:
        events = harvest("oaipmh", server.url)
    assert numbers(events) == list(range(30))
    assert reason(events).startswith("page 4 of the listing could not be read")
    assert "does not keep to from and until" in reason(events)


def test_limit_holds_for_records_that_are_asked_for_one_by_one(harvest: Harvest) -> None:
    with oai_server(Repository(size=60, truncated_page=0, declare_size=False, timeless=True)) as server:
        events = harvest("oaipmh", server.url, limit=12)
    assert numbers(events) == list(range(12))
    assert "stopped after 12 records" in reason(events)


def numbers(events: list[Event]) -> list[int]:
    return [int(event.identifier.rpartition(":")[2]) for event in found(events)]


@pytest.mark.parametrize("change", [{"html_page": 1}, {"failing_page": 1}, {"forgotten_page": 1}])
def test_trouble_after_the_first_page_is_gone_round(harvest: Harvest, change: dict[str, int]) -> None:
    with oai_server(Repository(size=30, days=10, **change)) as server:
        events = harvest("oaipmh", server.url)
    assert numbers(events) == list(range(30))
    assert isinstance(events[-1], Complete)


@pytest.mark.parametrize("change", [{"html_page": 1}, {"failing_page": 1}, {"forgotten_page": 1}])
def test_trouble_that_cannot_be_gone_round_leaves_the_listing_incomplete(
    harvest: Harvest, change: dict[str, int]
) -> None:
    with oai_server(Repository(size=30, count_lie=1, **change)) as server:
        events = harvest("oaipmh", server.url)
        assert len(server.asked) < 80
    assert len(found(events)) >= 10
    assert isinstance(events[-1], Incomplete)


@pytest.mark.parametrize("change", [{"html_page": 0}, {"failing_page": 0}, {"error": "badArgument"}])
def test_trouble_on_the_first_page_is_a_source_error(harvest: Harvest, change: dict[str, object]) -> None:
    with oai_server(Repository(size=30, **change)) as server, pytest.raises(SourceError):  # type: ignore[arg-type]
        harvest("oaipmh", server.url)


def test_error_of_the_protocol_is_told_with_code_and_text(harvest: Harvest) -> None:
    told = pytest.raises(SourceError, match="cannotDisseminateFormat: as told")
    with oai_server(Repository(error="cannotDisseminateFormat")) as server, told:
        harvest("oaipmh", server.url)


def test_repository_that_says_it_has_no_records_is_empty(harvest: Harvest) -> None:
    with oai_server(Repository(error="noRecordsMatch")) as server:
        assert [type(event) for event in harvest("oaipmh", server.url)] == [Since, Complete]


@pytest.mark.parametrize(("sets", "told"), [(("reports",), "holds no record"), (("other",), "is not among the sets")])
def test_set_without_records_is_never_complete(harvest: Harvest, sets: tuple[str, ...], told: str) -> None:
    with oai_server(Repository(error="noRecordsMatch", sets=sets)) as server:
        assert told in reason(harvest("oaipmh", server.url, set="reports"))
        since = dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
        assert isinstance(harvest("oaipmh", server.url, set="reports", since=since)[-1], Complete)


def test_format_that_is_not_offered_is_told_with_those_that_are(harvest: Harvest) -> None:
    told = pytest.raises(SourceError, match="does not offer oai_dc; it offers marc21, mets")
    with oai_server(Repository(formats=("marc21", "mets"))) as server, told:
        harvest("oaipmh", server.url, metadata_prefix="oai_dc")


@pytest.mark.parametrize("body", [b"", b"not xml", b"<rss/>", b"<html><body>hello</body></html>", b"{}"])
def test_what_is_no_oai_is_a_source_error(harvest: Harvest, body: bytes) -> None:
    with serve(lambda asked: Reply(body)) as server, pytest.raises(SourceError, match="should be OAI-PMH"):
        harvest("oaipmh", server.url)


def test_whole_request_pasted_as_address_is_understood(harvest: Harvest) -> None:
    with oai_server(Repository(size=1)) as server:
        assert len(found(harvest("oaipmh", server.url + "?verb=Identify"))) == 1


def test_set_and_since_are_asked_for(harvest: Harvest) -> None:
    with oai_server(Repository(size=1)) as server:
        events = harvest("oaipmh", server.url, set="reports", since=dt.datetime(2024, 1, 2, 5, tzinfo=dt.UTC))
        asked = [request.query for request in server.asked if request.query["verb"] == "ListRecords"]
    assert asked == [{"verb": "ListRecords", "metadataPrefix": "oai_dc", "set": "reports", "from": "2024-01-02"}]
    assert isinstance(events[-1], Complete)


def test_since_is_asked_for_by_seconds_where_they_are_kept_and_by_days_where_they_are_refused(
    harvest: Harvest,
) -> None:
    held = Repository(size=30, days=10, granularity="YYYY-MM-DDThh:mm:ssZ")
    since = dt.datetime(2020, 4, 10, 10, tzinfo=dt.UTC)
    for repository in (held, replace(held, only_days=True)):
        with oai_server(repository) as server:
            events = harvest("oaipmh", server.url, since=since)
            froms = [request.query["from"] for request in server.asked if "from" in request.query]
        assert froms[0] == "2020-04-10T10:00:00Z"
        assert froms[1:] == (["2020-04-10"] if repository.only_days else [])
        assert numbers(events) == list(range(10, 30))


def test_nothing_is_asked_for_from_before_the_oldest_record(harvest: Harvest) -> None:
    with oai_server(Repository(size=3, days=10)) as server:
        harvest("oaipmh", server.url, since=dt.datetime(1980, 1, 1, tzinfo=dt.UTC))
        assert "2020-01-01" in [request.query.get("from") for request in server.asked]


def test_next_run_starts_at_the_repositorys_own_clock(harvest: Harvest) -> None:
    with oai_server(Repository(size=1)) as server:
        first = harvest("oaipmh", server.url)[0]
    assert first == Since(dt.datetime(2024, 6, 1, tzinfo=dt.UTC))


@pytest.mark.parametrize("repository", [Repository(size=25), Repository(size=25, days=3)])
def test_listing_is_taken_up_at_its_position(repository: Repository, harvest: Harvest) -> None:
    with oai_server(repository) as server:
        events = harvest("oaipmh", server.url)
        positions = [event for event in events if isinstance(event, Position)]
        again = harvest("oaipmh", server.url, position=positions[1].token)
    assert positions[1].total == 25
    assert numbers(again) == list(range(20, 25))
    assert isinstance(again[-1], Complete)
    assert [event for event in again if isinstance(event, Since)] == [events[0]]


def test_position_whose_token_has_expired_goes_on_from_the_last_datestamp(harvest: Harvest) -> None:
    with oai_server(Repository(size=25, days=3)) as server:
        positions = [event for event in harvest("oaipmh", server.url) if isinstance(event, Position)]
    with oai_server(Repository(size=25, days=3, forgotten_page=1)) as server:
        events = harvest("oaipmh", server.url, position=positions[0].token)
        listed = [request.query for request in server.asked if request.query["verb"] == "ListRecords"]
        froms = [query["from"] for query in listed if "from" in query]
    assert numbers(events) == list(range(9, 25))
    assert froms[0] == "2020-01-28"
    assert "count cannot be checked" in reason(events)


def test_unordered_listing_whose_token_is_lost_is_divided_by_time(harvest: Harvest) -> None:
    with oai_server(Repository(size=40, days=20, shuffled=True, forgotten_page=1)) as server:
        events = harvest("oaipmh", server.url)
    assert sorted(numbers(events)) == list(range(40))
    assert isinstance(events[-1], Complete)


def test_one_bad_record_hides_no_other(harvest: Harvest) -> None:
    with oai_server(Repository(size=60, days=5, poison=frozenset({0, 33}))) as server:
        events = harvest("oaipmh", server.url)
    assert sorted(numbers(events)) == [n for n in range(60) if n not in (0, 33)]
    assert [(event.identifier, *codes(event)) for event in failed(events)] == [
        ("oai:test:0", "record-unreadable"),
        ("oai:test:33", "record-unreadable"),
    ]
    assert isinstance(events[-1], Complete)


def test_record_that_is_only_broken_in_the_list_is_asked_for_alone(harvest: Harvest) -> None:
    with oai_server(Repository(size=25, broken_record=14, gentle_alone=True)) as server:
        events = harvest("oaipmh", server.url)
    assert sorted(numbers(events)) == list(range(25))
    assert isinstance(events[-1], Complete)


@pytest.mark.parametrize("size", [20, 25])
def test_token_too_many_is_the_end(size: int, harvest: Harvest) -> None:
    with oai_server(Repository(size=size, surplus_token=True)) as server:
        assert isinstance(harvest("oaipmh", server.url)[-1], Complete)
    with oai_server(Repository(size=20, surplus_token=True, forgotten_page=2)) as server:
        assert isinstance(harvest("oaipmh", server.url)[-1], Complete)


def test_unchanged_records_are_told_by_their_bytes_and_never_mapped(harvest: Harvest) -> None:
    with oai_server(Repository(size=3)) as server:
        first, second = (harvest("oaipmh", server.url, mapped=False) for _ in range(2))
    raws = [event for event in first if isinstance(event, Raw)]
    assert [raw.raw for raw in raws] == [event.raw for event in second if isinstance(event, Raw)]
    assert [raw.validator for raw in raws] == ["2024-01-01"] * 3


@pytest.mark.parametrize(
    ("formats", "chosen"),
    [
        (("oai_dc", "marc21", "oai_datacite"), "oai_datacite"),
        (("oai_dc", "oai_openaire"), "oai_openaire"),
        (("oai_dc", "datacite3", "datacite4"), "datacite4"),
        (("oai_dc", "xoai", "mets"), "xoai"),
        (("marc21", "oai_dc"), "oai_dc"),
    ],
)
def test_richest_format_is_chosen(formats: tuple[str, ...], chosen: str, harvest: Harvest) -> None:
    with oai_server(Repository(size=1, formats=formats, resources=((0, DATACITE),))) as server:
        harvest("oaipmh", server.url)
        assert [r.query["metadataPrefix"] for r in server.asked if r.query["verb"] == "ListRecords"] == [chosen]


@pytest.mark.parametrize("fault", ["refused_formats", "hollow_formats"])
def test_format_that_is_listed_and_fails_gives_way_to_the_next(fault: str, harvest: Harvest) -> None:
    held = Repository(size=3, formats=("oai_dc", "oai_datacite"), **{fault: ("oai_datacite",)})  # type: ignore[arg-type]
    with oai_server(held) as server:
        events = harvest("oaipmh", server.url)
    assert len(found(events)) == 3
    assert isinstance(events[-1], Complete)
    with oai_server(held) as server:
        if fault == "refused_formats":
            with pytest.raises(SourceError, match="cannotDisseminateFormat"):
                harvest("oaipmh", server.url, metadata_prefix="oai_datacite")


def test_control_characters_are_taken_out_with_a_warning(harvest: Harvest) -> None:
    with oai_server(Repository(size=2, extra=((0, "<dc:subject>a\x0bb\x00c</dc:subject>"),))) as server:
        events = harvest("oaipmh", server.url)
    assert "abc" in {keyword.text for keyword in found(events)[0].record.keywords}
    assert codes(found(events)[0]) == {"xml-repaired"}
    assert isinstance(events[-1], Complete)


def test_undeclared_entities_do_not_cost_the_record(harvest: Harvest) -> None:
    with oai_server(Repository(size=2, extra=((0, "<dc:subject>caf&eacute; &amp; R&D</dc:subject>"),))) as server:
        events = harvest("oaipmh", server.url)
    assert "café & R&D" in {keyword.text for keyword in found(events)[0].record.keywords}
    assert failed(events) == []


def test_title_of_a_megabyte_passes(harvest: Harvest) -> None:
    title = "т" * 500_000
    with oai_server(Repository(size=2, extra=((0, f'<dc:title xml:lang="kk">{title}</dc:title>'),))) as server:
        assert found(harvest("oaipmh", server.url))[0].record.title.kk == title


@pytest.mark.parametrize("date", ["2019-13-45", "когда-то", "99999", "0000"])
def test_date_that_cannot_be_read_is_a_warning(harvest: Harvest, date: str) -> None:
    xml = record_xml(0).replace("2021-05-01", date)
    with serve(lambda asked: _single(asked.query["verb"], xml)) as server:
        event = found(harvest("oaipmh", server.url))[0]
    assert event.record.issued is None
    assert codes(event) == {"date-unreadable"}


def test_earliest_civil_date_wins_over_timestamps_of_the_deposit(harvest: Harvest) -> None:
    record = one(harvest, "<dc:date>2003-03-11T14:00:50Z</dc:date><dc:date>2020</dc:date>")
    assert record.issued == PartialDate(2020)


def test_record_without_title_gets_one_from_its_description(harvest: Harvest) -> None:
    xml = record_xml(0).replace("dc:title", "dc:nothing")
    with serve(
        lambda asked: _single(asked.query["verb"], xml.replace("Описание 0.", "Первое длинное предложение. Второе."))
    ) as server:
        event = found(harvest("oaipmh", server.url))[0]
    assert event.record.title.ru == "Первое длинное предложение."
    assert codes(event) == {"title-missing"}


def test_record_without_any_metadata_fails(harvest: Harvest) -> None:
    xml = "<record><header><identifier>x</identifier></header><metadata/></record>"
    with serve(lambda asked: _single(asked.query["verb"], xml)) as server:
        assert codes(failed(harvest("oaipmh", server.url))[0]) == {"metadata-missing"}


def test_texts_of_several_languages_stand_side_by_side(harvest: Harvest) -> None:
    record = one(
        harvest,
        '<dc:title xml:lang="kaz">Есеп</dc:title><dc:title xml:lang="en_US">Report</dc:title>'
        '<dc:description xml:lang="en">Abstract.</dc:description>',
    )
    assert (record.title.ru, record.title.kk, record.title.en) == ("Отчёт номер 0", "Есеп", "Report")
    assert (record.title.original, record.description.ru, record.description.en) == ("ru", "Описание 0.", "Abstract.")


def test_links_become_files_and_pages(harvest: Harvest) -> None:
    record = one(
        harvest,
        "<dc:identifier>https://repo.example/bitstream/1/2/report.pdf</dc:identifier>"
        "<dc:identifier>https://hdl.handle.net/123/456</dc:identifier>"
        "<dc:identifier>https://doi.org/10.1234/ABC</dc:identifier><dc:format>application/pdf</dc:format>",
    )
    assert record.landing_page == "https://hdl.handle.net/123/456"
    assert [resource.download_url for resource in record.resources if resource.download_url] == [
        "https://repo.example/bitstream/1/2/report.pdf"
    ]
    assert (record.resources[0].format, record.resources[0].filename) == ("PDF", "report.pdf")
    assert record.resources[1].access_url == "https://repo.example/item/0"
    assert {Identifier("doi", "10.1234/abc"), Identifier("handle", "123/456")} <= set(record.identifiers)


@pytest.mark.parametrize(
    ("rights", "status"),
    [
        ("info:eu-repo/semantics/openAccess", DisclosureStatus.OPEN),
        ("info:eu-repo/semantics/closedAccess", DisclosureStatus.WITHHELD),
        ("info:eu-repo/semantics/restrictedAccess", DisclosureStatus.WITHHELD),
        ("info:eu-repo/semantics/embargoedAccess", DisclosureStatus.EMBARGOED),
        ("http://purl.org/coar/access_right/c_16ec", DisclosureStatus.WITHHELD),
        ("Restricted access", DisclosureStatus.WITHHELD),
        ("All rights reserved, free access for students", DisclosureStatus.OPEN),
    ],
)
def test_access_level_is_the_files_disclosure(harvest: Harvest, rights: str, status: DisclosureStatus) -> None:
    record = one(harvest, f"<dc:rights>{rights}</dc:rights><dc:identifier>https://r.example/a.pdf</dc:identifier>")
    assert [resource.disclosure.status for resource in record.resources] == [status]


def test_closed_record_without_files_still_says_that_it_is_closed(harvest: Harvest) -> None:
    record = one(harvest, "<dc:rights>info:eu-repo/semantics/closedAccess</dc:rights>")
    assert record.disclosure.status is DisclosureStatus.WITHHELD


def test_embargo_ends_on_its_day_and_is_no_date_of_issue(harvest: Harvest) -> None:
    record = one(
        harvest,
        "<dc:date>info:eu-repo/date/embargoEnd/2031-02-03</dc:date>"
        "<dc:rights>info:eu-repo/semantics/embargoedAccess</dc:rights>",
    )
    assert record.disclosure.until == dt.date(2031, 2, 3)
    assert record.issued == PartialDate(2021, 5, 1)


def test_embargo_without_a_readable_end_stays_closed(harvest: Harvest) -> None:
    record = one(harvest, "<dc:rights>info:eu-repo/date/embargoEnd/some day</dc:rights>")
    assert not record.disclosure.is_open(dt.date(2999, 1, 1))


def test_elements_find_their_place(harvest: Harvest) -> None:
    record = one(
        harvest,
        "<dc:creator>Doe, Jane (https://orcid.org/0000-0002-1825-0097)</dc:creator><dc:publisher>КазНУ</dc:publisher>"
        "<dc:contributor>Smith, J.</dc:contributor><dc:subject>МРНТИ 06.35.51</dc:subject>"
        "<dc:subject>УДК 338.43</dc:subject>"
        "<dc:subject>климат; почва</dc:subject><dc:coverage>Алматы</dc:coverage>"
        "<dc:coverage>2017–2019 гг.</dc:coverage>"
        "<dc:rights>https://creativecommons.org/licenses/by/4.0/</dc:rights><dc:source>Журнал, 5</dc:source>"
        "<dc:relation>https://repo.example/other</dc:relation>"
        "<dc:coverage>northlimit=55.4; southlimit=40.5; westlimit=46.4; eastlimit=87.3</dc:coverage>",
    )
    assert record.type is DatasetType.REPORT
    people = {person.name: person for person in record.contributors}
    assert people["Doe, Jane"].orcid == "0000-0002-1825-0097"
    assert people["КазНУ"].role is ContributorRole.PUBLISHER
    assert people["Smith, J."].role is ContributorRole.CONTRIBUTOR
    assert {(subject.scheme, subject.code) for subject in record.subjects} == {("grnti", "06.35.51"), ("udc", "338.43")}
    assert {keyword.text for keyword in record.keywords} == {"вода", "климат", "почва"}
    assert (record.spatial, record.temporal.start, record.temporal.end) == (
        "Алматы",
        PartialDate(2017),
        PartialDate(2019),
    )
    assert record.bbox is not None
    assert (record.bbox.west, record.bbox.north) == (46.4, 55.4)
    assert record.license_id == "CC-BY-4.0"
    assert Relation("Other", "https://repo.example/other") in record.relations
    assert record.languages == ("ru",)
    assert ("set", "reports: Отчёты") in {(extra.key, extra.value) for extra in record.extras}


def test_organisation_is_the_publisher_only_on_request(harvest: Harvest) -> None:
    assert one(harvest, "<dc:publisher>КазНУ</dc:publisher>").organization is None
    record = one(harvest, "<dc:publisher>КазНУ</dc:publisher>", organization_from="publisher")
    assert record.organization is not None
    assert str(record.organization.title.show("ru")) == "КазНУ"


def _single(verb: str, record: str) -> Reply:
    inner = {
        "Identify": "<repositoryName>x</repositoryName>",
        "ListMetadataFormats": "<metadataFormat><metadataPrefix>oai_dc</metadataPrefix></metadataFormat>",
        "ListSets": "",
        "ListRecords": record,
    }[verb]
    body = f'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><{verb}>{inner}</{verb}></OAI-PMH>'
    return Reply(body.encode(), media_type="text/xml")
