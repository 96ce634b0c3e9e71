"""/api/v1/organizations: agencies in their tree."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from opendata.catalog.records import OrganizationRecord
from opendata.catalog.values import OrganizationRef, Text
from opendata.errors import Moved
from opendata.services import organizations, organizations_writing
from opendata.services.organizations_writing import OrganizationChange, version
from opendata.services.rights import Right
from opendata.web.api import components, cursors, merge_patch
from opendata.web.api.contract import (
    CURSOR,
    JSON_TYPE,
    LIMIT,
    NAME,
    PATCH_TYPE,
    Answer,
    Body,
    Call,
    fields_of,
    listed,
    operation,
)
from opendata.web.api.dataset_json import name_of
from opendata.web.api.dataset_shapes import OrganizationLine
from opendata.web.api.problems import check, with_pointers
from opendata.web.api.shapes import Faults, Json, hints, json_of
from opendata.web.api.shapes import fields_of as read_fields
from opendata.web.this_site import the_site


@dataclass(frozen=True, slots=True)
class Organization:
    """An agency with the number of its public records, those of the agencies below it included."""

    id: UUID
    slug: str
    url: str
    permanent_url: str
    title: Text
    description: Text
    parent: OrganizationLine | None
    children: tuple[OrganizationLine, ...]
    homepage: str
    email: str
    dataset_count: int
    study_count: int
    demo: bool


@dataclass(frozen=True, slots=True)
class OrganizationGiven:
    """An agency to write. `parent` is the slug or id of the one above it."""

    slug: str
    title: Text
    description: Text = Text()
    parent: str = ""
    homepage: str = ""
    email: str = ""


SHOWN = components.ref(Organization)
CHOSEN = components.part(Organization)
FIELDS = fields_of(Organization)
SHOWN_ONLY = {name for name, _ in hints(Organization)} - {name for name, _ in hints(OrganizationGiven)}
GIVEN = components.given(OrganizationGiven, shown=SHOWN_ONLY)
PATCH = components.patch(OrganizationGiven)


def shown(record: OrganizationRecord) -> Json:
    """The agency as everybody sees it."""
    site = the_site()
    return json_of(
        Organization(
            id=record.id,
            slug=record.slug,
            url=f"{site.url}/organization/{record.slug}",
            permanent_url=site.permanent(record.id),
            title=record.title,
            description=record.description,
            parent=_line(record.parent),
            children=tuple(line for one in record.children if (line := _line(one))),
            homepage=record.homepage,
            email=record.email,
            dataset_count=record.dataset_count,
            study_count=record.study_count,
            demo=record.demo,
        )
    )


def _line(ref: OrganizationRef | None) -> OrganizationLine | None:
    return OrganizationLine(ref.id, ref.slug, ref.title) if ref is not None and ref.id is not None else None


@operation("GET", "/organizations", tag="organizations", parameters=(CURSOR, LIMIT, FIELDS), gives=listed(CHOSEN))
def list_organizations(call: Call) -> Answer:
    """List agencies. In the order of ids."""
    place = cursors.decode(call["cursor"], call.given)
    every = sorted(organizations.tree(call.catalogue, call.actor), key=lambda one: str(one.id))
    behind = [one for one in every if str(one.id) > place]
    found = behind[: call["limit"]]
    return cursors.page(call, [shown(one) for one in found], found[-1].id if len(behind) > len(found) else None)


def record_of(call: Call) -> OrganizationRecord:
    """The agency that the address names, by slug or id. NotFound; Moved from a former slug."""
    name = str(call["name"])
    try:
        return organizations.record(call.catalogue, name)
    except Moved as moved:
        found = organizations.record(call.catalogue, moved.slug)
        if str(found.id) != name.lower():
            raise
        return found


@operation(
    "GET", "/organizations/{name}", tag="organizations", parameters=(NAME, FIELDS), gives=CHOSEN, statuses=(308,)
)
def show_organization(call: Call) -> Answer:
    """Show an agency. By slug or id."""
    record = record_of(call)
    return Answer(shown(record), version=version(record))


def _said(data: Json) -> OrganizationGiven:
    if isinstance(data, dict):
        data = {name: value for name, value in data.items() if name not in SHOWN_ONLY}
        if "parent" in data:
            data["parent"] = name_of(data["parent"])
    faults = Faults()
    found = read_fields(OrganizationGiven, data, "", faults)
    check(faults)
    return OrganizationGiven(**(found or {}))


def _change(said: OrganizationGiven) -> OrganizationChange:
    return OrganizationChange(
        slug=said.slug,
        title=said.title,
        description=said.description,
        homepage=said.homepage,
        email=said.email,
        parent=said.parent,
    )


@operation(
    "POST",
    "/organizations",
    tag="organizations",
    body=Body({JSON_TYPE: GIVEN}, example={"slug": "water-agency", "title": {"en": "Water Agency"}}),
    gives=SHOWN,
    status=201,
    right=Right.EDIT_ORGANIZATION,
)
def create_organization(call: Call) -> Answer:
    """Create an agency. Sysadmins anywhere, administrators of an agency below it."""
    said = _said(call.data)
    with with_pointers():
        organizations_writing.create(call.catalogue, call.actor, _change(said))
    record = organizations.record(call.catalogue, said.slug)
    return Answer(shown(record), 201, version=version(record), location=f"/api/v1/organizations/{record.slug}")


@operation(
    "PUT",
    "/organizations/{name}",
    tag="organizations",
    parameters=(NAME,),
    body=Body({JSON_TYPE: GIVEN}, "As GET gave it, with the changes."),
    gives=SHOWN,
    right=Right.EDIT_ORGANIZATION,
    versioned=True,
)
def replace_organization(call: Call) -> Answer:
    """Replace what is said of an agency. Another slug leaves the former one leading here."""
    return _written(call, record_of(call), _said(call.data), call.if_match)


@operation(
    "PATCH",
    "/organizations/{name}",
    tag="organizations",
    parameters=(NAME,),
    body=Body({PATCH_TYPE: PATCH, JSON_TYPE: PATCH}, "A merge patch (RFC 7396)."),
    gives=SHOWN,
    right=Right.EDIT_ORGANIZATION,
    versioned=True,
)
def patch_organization(call: Call) -> Answer:
    """Change some of what is said of an agency."""

    def attempt(if_match: Collection[str] | None) -> Answer:
        record = record_of(call)
        said = _said(merge_patch.patched(shown(record), call.data, OrganizationGiven))
        return _written(call, record, said, {version(record)} if if_match is None else if_match)

    return merge_patch.attempted(attempt, call.if_match)


def _written(
    call: Call, record: OrganizationRecord, said: OrganizationGiven, if_match: Collection[str] | None
) -> Answer:
    with with_pointers():
        organizations_writing.update(call.catalogue, call.actor, record.slug, _change(said), if_versions=if_match)
    stands = organizations.record(call.catalogue, said.slug)
    return Answer(shown(stands), version=version(stands))


@operation(
    "DELETE",
    "/organizations/{name}",
    tag="organizations",
    parameters=(NAME,),
    status=204,
    right=Right.MANAGE_SITE,
    versioned=True,
)
def delete_organization(call: Call) -> Answer:
    """Take an agency away. Only one without records, sources and agencies below."""
    organizations_writing.delete(call.catalogue, call.actor, record_of(call).slug, if_versions=call.if_match)
    return Answer(status=204)
