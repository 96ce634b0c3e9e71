"""What this catalogue's own data.json says beyond DCAT-US 1.1 (docs/formats.md lists it), read back without loss."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from harvesters.ckan_values import Fields
from harvesters.terms import sha256_in
from opendata.catalog import identifiers
from opendata.catalog.people import contributor
from opendata.catalog.records import ResourceRole
from opendata.catalog.subjects import subject
from opendata.catalog.values import (
    LANGUAGES,
    Contributor,
    ContributorRole,
    Disclosure,
    DisclosureStatus,
    Extra,
    Identifier,
    Relation,
    Subject,
    Text,
)

_TEXTS = ("title", "description", "tableOfContents", "performer", "accessReason")
_LISTS = ("keyword",)
OURS = frozenset([
    "frequency", "temporalCoverage", "geographicName", "subject", "qualifiedRelation", "otherIdentifier", "study",
    "additionalProperty", "sourceIdentifier", "registerNumber", "reportNumber", "otherContactPoint", "licenseText",
    "accessStatus", "available", "legalGround", "fileName", "checksum", "role", "tableOfContents", "performer",
    "accessReason", "type", *(f"{name}_{code}" for name in (*_TEXTS, *_LISTS) for code in LANGUAGES),
])  # fmt: skip
"""Names that are read here, and so are no free fields."""


def told(fields: Fields, name: str) -> Text:
    """A text: as it stands where its language is told beside it, else with the markup that others write."""
    if any(fields.text(f"{name}_{code}") for code in LANGUAGES):
        return fields.localized(name)
    return fields.localized(name, markup=name != "title" and name != "name")


def stated_access(fields: Fields) -> Disclosure | None:
    """A disclosure by its own name, with day, law and reason; None where it is not told so."""
    status = fields.text("accessStatus")
    if status not in tuple(DisclosureStatus):
        return None
    reason = fields.localized("accessReason") if fields.text("accessReason") else Text()
    return Disclosure(DisclosureStatus(status), _day(fields.text("available")), fields.text("legalGround"), reason)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def agent(fields: Fields, role: ContributorRole) -> Contributor:
    """A person or body with what it did."""
    hint, stated = fields.text("identifier", "@id"), fields.text("hadRole")
    role = ContributorRole(stated) if stated in tuple(ContributorRole) else role
    made = contributor(fields.text("name", "fn"), role, hint=hint)
    return Contributor(
        name=made.name,
        role=made.role,
        orcid=made.orcid,
        affiliation=fields.text("affiliation") or made.affiliation,
        is_organization=(made.is_organization or fields.text("@type") == "org:Organization") and not made.orcid,
        ror=identifiers.ror_address(hint),
        bin=identifiers.bin_number(fields.text("bin")) or identifiers.bin_number(hint),
    )


def coded(fields: Fields) -> Iterator[Subject]:
    """Codes of classifications."""
    for one in fields.dicts("subject"):
        part = Fields(one)
        scheme, code = part.text("scheme"), part.text("code")
        if scheme and code:
            known = subject(scheme, code)
            yield known if known.label else Subject(known.scheme, known.code, part.localized("prefLabel"))


def other_identifiers(fields: Fields) -> Iterator[Identifier]:
    """Identifiers with their kinds."""
    for one in fields.dicts("otherIdentifier"):
        part = Fields(one)
        if part.text("scheme") and part.text("value"):
            yield Identifier(part.text("scheme")[:50], part.text("value"))


def told_relations(fields: Fields) -> tuple[Relation, ...]:
    """Relations with their roles, and the study that the record belongs to."""
    found = []
    for one in fields.dicts("qualifiedRelation"):
        part = Fields(one)
        title = part.localized("title") if part.text("title") else Text()
        if part.text("hadRole") and (part.text("relation") or title):
            found.append(Relation(part.text("hadRole")[:50], part.text("relation"), title=title))
    for one in fields.dicts("study"):
        part = Fields(one)
        if part.text("@id"):
            found.append(Relation("IsPartOf", part.text("@id"), title=part.localized("title")))
    return tuple(dict.fromkeys(found))


def pairs(fields: Fields) -> tuple[Extra, ...]:
    """Free fields."""
    found = (Fields(one) for one in fields.dicts("additionalProperty"))
    return tuple(Extra(one.text("name")[:100], one.text("value")) for one in found if one.text("name"))


def role_of(fields: Fields) -> ResourceRole:
    """What a file is within the research."""
    stated = fields.text("role")
    return ResourceRole(stated) if stated in tuple(ResourceRole) else ResourceRole.OTHER


def sha256_of(fields: Fields) -> str:
    """The SHA-256 of a file, "" for none."""
    found = next(iter(fields.dicts("checksum")), {})
    return sha256_in(str(found.get("checksumValue", "")))
