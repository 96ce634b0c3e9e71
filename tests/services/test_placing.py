"""Organisations of a source: each is made once, also where a child tells of it before it is seen itself."""

from __future__ import annotations

from sqlalchemy import select

from opendata.catalog.values import OrganizationRef, Text
from opendata.services.catalogue import Catalogue
from opendata.store.organizations import Organization
from tests.factories import Feed, found, record, ru


def test_parent_that_only_a_child_named_gets_its_name_when_it_is_seen(catalogue: Catalogue, one: Feed) -> None:
    child = OrganizationRef(slug="bureau", identifier="id-1", title=ru("Бюро"), parent="ministry")
    parent = OrganizationRef(slug="ministry", identifier="id-2", title=ru("Министерство"), homepage="https://m.kz")
    one.take(found("a", record("A", organization=child)), found("b", record("B", organization=parent)))
    one.take(found("c", record("C", organization=parent)))
    with catalogue.sessions.read() as session:
        rows = {row.slug: row for row in session.scalars(select(Organization))}
    assert set(rows) == {"bureau", "ministry"}
    assert (rows["ministry"].title.ru, rows["ministry"].homepage) == ("Министерство", "https://m.kz")
    assert rows["bureau"].parent_id == rows["ministry"].id


def test_parent_that_a_child_called_by_name_gets_its_other_names_when_it_is_seen(
    catalogue: Catalogue, one: Feed
) -> None:
    title = Text(kk="Су министрлігі", ru="Министерство воды", original="kk")
    child = OrganizationRef(identifier="https://a.example/1", title=ru("Бюро"), parent="Су министрлігі")
    parent = OrganizationRef(identifier="https://a.example/2", title=title)
    one.take(found("a", record("A", organization=child)), found("b", record("B", organization=parent)))
    with catalogue.sessions.read() as session:
        rows = {str(row.title.show("ru")): row for row in session.scalars(select(Organization))}
    assert set(rows) == {"Бюро", "Министерство воды"}
    assert rows["Министерство воды"].title == title
    assert rows["Бюро"].parent_id == rows["Министерство воды"].id
