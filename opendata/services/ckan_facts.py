"""Rows of organisations, groups and accounts as the facts that CKAN's dictionaries are made of."""

from __future__ import annotations

from opendata.export.ckan import OrganizationFacts, UserFacts
from opendata.store.accounts import User
from opendata.store.organizations import Group, Organization
from opendata.store.plain import Plain
from opendata.store.states import UserState


def organization_facts(
    row: Organization | Plain, parent: Organization | Plain | None = None, datasets: int = 0
) -> OrganizationFacts:
    """An agency. `parent` is the one above."""
    return OrganizationFacts(
        id=row.id,
        name=row.slug,
        title=row.title,
        description=row.description,
        image_url=row.image_url,
        created=row.created,
        state=row.state,
        identifier=row.identifier,
        homepage=row.homepage,
        email=row.email,
        parent=organization_facts(parent) if parent is not None else None,
        extras=row.extras or (),
        datasets=datasets,
    )


def group_facts(row: Group | Plain, datasets: int = 0) -> OrganizationFacts:
    """A group."""
    return OrganizationFacts(
        id=row.id,
        name=row.slug,
        title=row.title,
        description=row.description,
        image_url=row.image_url,
        created=row.created,
        state=row.state,
        is_organization=False,
        extras=row.extras or (),
        datasets=datasets,
    )


def user_facts(row: User, datasets: int = 0) -> UserFacts:
    """An account."""
    return UserFacts(
        id=row.id,
        name=row.username,
        fullname=row.name,
        email=row.email,
        about=row.about,
        image_url=row.image_url,
        created=row.created,
        last_active=row.last_login,
        sysadmin=row.sysadmin,
        state="active" if row.state == UserState.ACTIVE else "deleted",
        datasets=datasets,
    )
