"""A study as search engines read it."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from opendata.catalog.records import Contract, DatasetRef, DatasetType, Performer, StudyRecord
from opendata.catalog.values import Contributor, ContributorRole, OrganizationRef, PartialDate, Period, Text
from opendata.export.schemaorg_study import node
from opendata.export.site import Site

SITE = Site("https://data.example", "Open Data")
STUDY = StudyRecord(
    title=Text(kk="Су балансы", ru="Водный баланс", original="kk"),
    register_number="BR21881930",
    id=UUID(int=5),
    slug="balans",
    organization=OrganizationRef("su", Text(ru="Агентство", original="ru"), UUID(int=6)),
    performers=(
        Performer(
            Text(ru="Институт", original="ru"),
            "990940000006",
            people=(
                Contributor("Ахметов А.", ContributorRole.LEADER, "0000-0002-1825-0097"),
                Contributor("Иванова И."),
            ),
        ),
    ),
    contracts=(Contract("7-К", amount=Decimal("1200.50")), Contract("8-К")),
    period=Period(PartialDate(2025), PartialDate(2026, 12)),
    datasets=(DatasetRef(UUID(int=7), "otchet", Text(ru="Отчёт", original="ru"), DatasetType.REPORT),),
)


def test_a_study_is_a_project_with_its_grants_people_and_works() -> None:
    found = node(STUDY, SITE)
    assert (found["@type"], found["@id"]) == ("ResearchProject", f"https://data.example/id/{STUDY.id}")
    assert [one["@value"] for one in found["name"]] == ["Су балансы", "Водный баланс"]
    assert (found["foundingDate"], found["dissolutionDate"]) == ("2025", "2026-12")
    assert [one["identifier"]["value"] for one in found["funding"]] == ["7-К", "8-К"]
    assert found["funding"][0]["amount"] == {"@type": "MonetaryAmount", "value": "1200.50", "currency": "KZT"}
    body, leader, other = found["member"]
    assert body["identifier"]["value"] == "990940000006"
    assert (leader["roleName"], leader["member"]["@id"]) == ("leader", "https://orcid.org/0000-0002-1825-0097")
    assert other["name"] == "Иванова И."
    assert (found["subjectOf"]["@type"], found["subjectOf"]["url"]) == ("Report", "https://data.example/dataset/otchet")
    json.dumps(found)


def test_what_is_not_known_is_left_out() -> None:
    bare = replace(
        STUDY, register_number="", organization=None, performers=(), contracts=(), period=Period(), datasets=()
    )
    assert set(node(bare, SITE)) == {"@context", "@type", "@id", "url", "name"}
