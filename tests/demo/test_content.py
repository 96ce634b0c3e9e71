"""The texts of the demonstration content: in three languages, plainly fictional, with every special case."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pytest

from opendata.catalog.licenses import verdict
from opendata.catalog.records import (
    DatasetRecord,
    DeliverableKind,
    DeliverableState,
    ResourceRecord,
    StudyRecord,
    StudyStatus,
)
from opendata.catalog.values import LANGUAGES, DisclosureStatus, Text
from opendata.catalog.vocabularies import codes
from opendata.demo.load import demo_content
from opendata.demo.records import DemoContent, DemoDataset

TODAY = dt.date(2026, 6, 1)
KAZAKH_LETTERS = set("әғқңөұүһі")


@pytest.fixture(scope="module")
def content() -> DemoContent:
    return demo_content(TODAY)


@pytest.fixture(scope="module")
def datasets(content: DemoContent) -> dict[str, DemoDataset]:
    return {dataset.record.identifier: dataset for dataset in content.datasets}


def _texts(content: DemoContent) -> Iterator[tuple[str, Text]]:
    for organization in content.organizations:
        yield from ((organization.slug, text) for text in (organization.title, organization.description))
    for study in content.studies:
        yield from ((study.register_number, text) for text in _study_texts(study))
    for dataset in content.datasets:
        yield from ((dataset.record.identifier, text) for text in _dataset_texts(dataset))


def _study_texts(study: StudyRecord) -> list[Text]:
    optional = [text for text in (study.evaluation,) if text]
    named = [performer.name for performer in study.performers]
    used = [utilisation.description for utilisation in study.utilisations]
    fixed = [study.title, study.description, study.unit, study.programme, study.call, study.priority]
    return [*fixed, *named, *used, *optional]


def _dataset_texts(dataset: DemoDataset) -> list[Text]:
    record = dataset.record
    reasons = [resource.disclosure.reason for resource in record.resources if resource.disclosure.legal_ground]
    optional = [text for text in (record.table_of_contents, dataset.withdrawn_reason) if text]
    names = [resource.name for resource in record.resources]
    return [record.title, record.description, record.performer, *names, *reasons, *optional]


def _files(content: DemoContent) -> list[tuple[DatasetRecord, ResourceRecord]]:
    return [(dataset.record, resource) for dataset in content.datasets for resource in dataset.record.resources]


def test_every_text_stands_in_three_languages(content: DemoContent) -> None:
    missing = [(where, code) for where, text in _texts(content) for code in LANGUAGES if not text.inside(code)]
    assert missing == []


def test_languages_are_not_copies_of_each_other(content: DemoContent) -> None:
    same = [where for where, text in _texts(content) if text.kk == text.ru or text.en in (text.kk, text.ru)]
    assert same == []


def test_kazakh_is_written_with_its_own_letters_and_english_without_cyrillic(content: DemoContent) -> None:
    latin = [where for where, text in _texts(content) if re.search("[а-яәғқңөұүһі]", text.en.lower())]
    assert latin == []
    long_texts = [(where, text.kk) for where, text in _texts(content) if len(text.kk) > 30]
    assert [where for where, kk in long_texts if not KAZAKH_LETTERS & set(kk.lower())] == []


def test_keywords_are_given_in_every_language(content: DemoContent) -> None:
    for record in (*content.studies, *(dataset.record for dataset in content.datasets)):
        assert {keyword.language for keyword in record.keywords} == set(LANGUAGES)


def test_identifiers_are_unique_and_marked(content: DemoContent) -> None:
    identifiers = [dataset.record.identifier for dataset in content.datasets]
    identifiers += [organization.identifier for organization in content.organizations]
    assert len(set(identifiers)) == len(identifiers)
    assert all(identifier.startswith("demo:") for identifier in identifiers)
    numbers = [study.register_number for study in content.studies]
    assert len(set(numbers)) == len(numbers)
    assert all(re.fullmatch(r"BR999000\d\d", number) for number in numbers)


def test_everything_is_marked_as_demonstration(content: DemoContent) -> None:
    assert all(study.demo for study in content.studies)
    assert all(dataset.record.demo for dataset in content.datasets)
    titles = [organization.title for organization in content.organizations]
    titles += [performer.name for study in content.studies for performer in study.performers]
    assert all("емонстрац" in title.kk and "емонстрац" in title.ru and "Demonstration" in title.en for title in titles)


def test_people_carry_no_identifier_but_the_documented_sample(content: DemoContent) -> None:
    people = [person for study in content.studies for performer in study.performers for person in performer.people]
    people += [person for dataset in content.datasets for person in dataset.record.contributors]
    assert {person.orcid for person in people} == {"", "0000-0002-1825-0097"}
    assert len({person.name for person in people if person.orcid}) == 1


def test_loading_on_another_day_changes_only_days(content: DemoContent) -> None:
    later = demo_content(TODAY + dt.timedelta(days=400))
    assert later.organizations == content.organizations
    assert [d.record.identifier for d in later.datasets] == [d.record.identifier for d in content.datasets]
    assert [d.record.title for d in later.datasets] == [d.record.title for d in content.datasets]


def test_loading_twice_on_one_day_gives_equal_records(content: DemoContent) -> None:
    again = demo_content(TODAY)
    assert again.studies == content.studies
    assert [d.record for d in again.datasets] == [d.record for d in content.datasets]


def test_there_are_enough_records_of_several_agencies(content: DemoContent) -> None:
    assert len(content.studies) >= 12
    assert len(content.datasets) >= 20
    assert 6 <= len({study.organization.slug for study in content.studies if study.organization}) <= 8


def test_organizations_are_a_tree_with_parents_first(content: DemoContent) -> None:
    seen: set[str] = set()
    for organization in content.organizations:
        assert not organization.parent or organization.parent in seen
        seen.add(organization.slug)
    assert any(organization.parent for organization in content.organizations)


def test_every_dataset_belongs_to_a_study_of_the_same_agency(content: DemoContent) -> None:
    agencies = {study.register_number: study.organization for study in content.studies}
    for dataset in content.datasets:
        assert dataset.record.organization == agencies[dataset.study_register_number]
        assert dataset.record.register_number == dataset.study_register_number


def test_fulfilled_deliverables_exist_once_and_were_delivered(content: DemoContent) -> None:
    contracts = {c.contract_number: c for study in content.studies for c in study.contracts}
    fulfilled = [pair for dataset in content.datasets for pair in dataset.fulfils]
    assert len(set(fulfilled)) == len(fulfilled)
    assert all(contracts[number].deliverables[position].delivered for number, position in fulfilled)
    delivered = {
        (number, position)
        for number, contract in contracts.items()
        for position, deliverable in enumerate(contract.deliverables)
        if deliverable.delivered
    }
    assert delivered == set(fulfilled)


def test_dates_of_deliverables_are_in_order(content: DemoContent) -> None:
    for contract in (c for study in content.studies for c in study.contracts):
        assert contract.signed is not None
        assert contract.amount is not None
        assert contract.amount > 0
        for deliverable in contract.deliverables:
            assert deliverable.due is not None
            assert deliverable.due > contract.signed
            assert not deliverable.accepted or (deliverable.delivered and deliverable.delivered < deliverable.accepted)


def test_relations_point_to_records_that_point_back(datasets: dict[str, DemoDataset]) -> None:
    inverse = {
        "IsSupplementTo": "IsSupplementedBy",
        "IsNewVersionOf": "IsPreviousVersionOf",
        "Obsoletes": "IsObsoletedBy",
        "Continues": "IsContinuedBy",
        "References": "IsReferencedBy",
    }
    inverse |= {back: forth for forth, back in inverse.items()}
    found = {(i, r.kind, r.target) for i, dataset in datasets.items() for r in dataset.record.relations}
    assert found
    assert all((target, inverse[kind], identifier) in found for identifier, kind, target in found)


def test_codes_are_those_of_our_vocabularies(content: DemoContent) -> None:
    records = (*content.studies, *(dataset.record for dataset in content.datasets))
    assert {theme for record in records for theme in record.themes} <= set(codes("theme"))
    assert all(subject.label for record in records for subject in record.subjects if subject.scheme != "udc")
    assert {scheme.scheme for record in content.studies for scheme in record.subjects} >= {"grnti", "ford"}


def test_a_study_is_overdue_one_is_due_and_one_has_no_report_yet(content: DemoContent) -> None:
    states = {study.register_number: study.due_state(TODAY) for study in content.studies}
    assert set(states.values()) == set(DeliverableState)
    late = [s for s in content.studies if s.due_state(TODAY) is DeliverableState.OVERDUE]
    owed = [d for study in late for c in study.contracts for d in c.deliverables]
    assert [d.kind for d in owed if d.state(TODAY) is DeliverableState.OVERDUE] == [DeliverableKind.FINAL_REPORT]
    assert {study.status for study in content.studies} >= {StudyStatus.PLANNED, StudyStatus.IN_PROGRESS}


def test_disclosure_cases_are_all_present(content: DemoContent) -> None:
    closed = [r.disclosure for _, r in _files(content) if r.disclosure.status is not DisclosureStatus.OPEN]
    assert {d.status for d in closed} == {
        DisclosureStatus.PARTLY,
        DisclosureStatus.WITHHELD,
        DisclosureStatus.EMBARGOED,
    }
    assert all(d.legal_ground and all(d.reason.inside(code) for code in LANGUAGES) for d in closed)
    ends = sorted(d.until for d in closed if d.status is DisclosureStatus.EMBARGOED and d.until)
    assert [(end - TODAY).days for end in ends] == [-30, 90]
    assert sum(not d.is_open(TODAY) for d in closed) == 2


def test_licence_cases_are_all_present(content: DemoContent) -> None:
    verdicts = [verdict(dataset.record.license_id).open for dataset in content.datasets]
    assert verdicts.count("unstated") == 1
    assert verdicts.count("no") == 1
    assert verdicts.count("yes") >= 20
    assert any(resource.license_id not in ("", record.license_id) for record, resource in _files(content))


def test_a_withdrawn_record_names_its_reason_and_its_successor(datasets: dict[str, DemoDataset]) -> None:
    withdrawn = [dataset for dataset in datasets.values() if dataset.withdrawn_reason]
    assert len(withdrawn) == 1
    (relation,) = withdrawn[0].record.relations
    assert relation.kind == "IsObsoletedBy"
    assert relation.target in datasets


def test_a_dataset_has_two_versions_and_one_is_a_link_alone(datasets: dict[str, DemoDataset]) -> None:
    versions = [dataset.record.version for dataset in datasets.values() if dataset.record.version]
    assert sorted(versions) == ["1.0", "2.0"]
    links = [dataset for dataset in datasets.values() if not dataset.files]
    assert [resource.access_url for dataset in links for resource in dataset.record.resources] == [
        "https://forecast.example.org/rivers"
    ]


def test_no_text_holds_a_number_shaped_like_a_personal_one(content: DemoContent) -> None:
    every = [value.value for _, text in _texts(content) for value in text.values()]
    assert [value for value in every if re.search(r"\b\d{12}\b", value)] == []
