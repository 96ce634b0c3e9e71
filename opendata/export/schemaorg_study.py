"""A commissioned study in schema.org JSON-LD: a ResearchProject with its contracts as grants, for its page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from opendata.catalog.records import Contract, DatasetRef, Performer, StudyRecord
from opendata.catalog.values import ContributorRole, Localized, OrganizationRef
from opendata.export.schemaorg import CONTEXT, filled, person, tagged, term, texts, type_of
from opendata.export.site import Site

MOST = 100
"""People, contracts and records that are listed: a page must not become megabytes of data."""


def node(record: StudyRecord, site: Site) -> dict[str, Any]:
    """The study; what is not known is left out. To schema.org a project is an organisation: it is founded and ends."""
    number = {"@type": "PropertyValue", "propertyID": "register_number", "value": record.register_number}
    return filled(
        {
            "@context": CONTEXT,
            "@type": "ResearchProject",
            "@id": site.permanent(record.id),
            "url": f"{site.url}/study/{record.slug}",
            "name": texts(record.title),
            "description": texts(record.description),
            "identifier": number if record.register_number else None,
            "keywords": [tagged(Localized(word.text, word.language)) for word in record.keywords],
            "knowsAbout": [term(one) for one in record.subjects],
            "foundingDate": str(record.period.start or ""),
            "dissolutionDate": str(record.period.end or ""),
            "funder": _agency(record.organization, site),
            "funding": [_grant(one, record.organization, site) for one in record.contracts[:MOST]],
            "member": list(_members(record))[:MOST],
            "subjectOf": [_work(one, site) for one in record.datasets[:MOST]],
        }
    )


def _agency(agency: OrganizationRef | None, site: Site) -> dict[str, Any]:
    if agency is None:
        return {}
    known = site.permanent(agency.id) if agency.id else ""
    return filled({"@type": "GovernmentOrganization", "@id": known, "name": texts(agency.title)})


def _grant(contract: Contract, agency: OrganizationRef | None, site: Site) -> dict[str, Any]:
    """A contract: its number, day and amount, and who pays."""
    number = {"@type": "PropertyValue", "propertyID": "contract_number", "value": contract.contract_number}
    amount = {"@type": "MonetaryAmount", "value": f"{contract.amount}", "currency": contract.currency}
    return filled(
        {
            "@type": "MonetaryGrant",
            "identifier": number,
            "amount": amount if contract.amount is not None else None,
            "funder": _agency(agency, site),
        }
    )


def _members(record: StudyRecord) -> Iterator[dict[str, Any]]:
    """The bodies that carry it out and their people; a leader is one in the words of a Role."""
    for body in record.performers:
        yield _body(body)
        for one in body.people:
            who = person(one)
            led = one.role is ContributorRole.LEADER
            yield {"@type": "Role", "roleName": "leader", "member": who} if led else who


def _body(performer: Performer) -> dict[str, Any]:
    number = {"@type": "PropertyValue", "propertyID": "BIN", "value": performer.bin} if performer.bin else None
    return filled({"@type": "Organization", "@id": performer.ror, "name": texts(performer.name), "identifier": number})


def _work(ref: DatasetRef, site: Site) -> dict[str, Any]:
    return filled(
        {
            "@type": type_of(ref.type),
            "@id": site.permanent(ref.id),
            "url": f"{site.url}/dataset/{ref.slug}",
            "name": texts(ref.title),
            "datePublished": str(ref.issued or ""),
        }
    )
