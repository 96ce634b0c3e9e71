"""Records as CKAN's dictionaries: every key of its default schema, then ours, so that its clients miss nothing.

What CKAN has no field for stands in `extras` (catalog.ckan_extras), which its clients keep as they are.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

from opendata.catalog import licenses, vocabularies
from opendata.catalog.ckan_extras import (
    PROFILE,
    PROFILE_KEY,
    as_written,
    dataset_extensions,
    free,
    resource_extensions,
    text_out,
    written,
)
from opendata.catalog.licenses import verdict
from opendata.catalog.records import DatasetRecord, RecordState, ResourceRecord
from opendata.catalog.values import Extra, Relation, Text
from opendata.export.site import Site

Dict = dict[str, Any]

NAMESPACE = UUID("6f2f6f0e-0a53-4d6e-9a39-2f1c5b1b9a11")
"""Of the ids that themes and tags have in CKAN's dictionaries: they are rows of ours nowhere."""
STATES = {RecordState.PUBLISHED: "active", RecordState.WITHDRAWN: "deleted"}
"""CKAN's states; all others are drafts there."""
WRITTEN_FIELDS = ("author_email", "license_id", "maintainer_email", "type", "url")
"""Fields of a package that are kept as a client wrote them where the record holds them otherwise, or not at all."""
KEPT_OF_FILES = ("cache_last_updated", "cache_url", "hash", "last_modified", "mimetype_inner", "resource_type")
"""The same of a file, beside its address."""


@dataclass(frozen=True, slots=True)
class OrganizationFacts:
    """An organisation or group as CKAN shows it. `parent` is the name of the one above, `identifier` that of registers.

    `datasets` counts those that everybody may see. `members` are user dictionaries with their `capacity`.
    """

    id: UUID
    name: str
    title: Text
    description: Text = Text()
    image_url: str = ""
    created: dt.datetime | None = None
    state: str = "active"
    is_organization: bool = True
    identifier: str = ""
    homepage: str = ""
    email: str = ""
    parent: OrganizationFacts | None = None
    extras: tuple[Extra, ...] = ()
    datasets: int = 0


@dataclass(frozen=True, slots=True)
class UserFacts:
    """An account as CKAN shows it. `email` is told to itself and to sysadmins alone."""

    id: UUID
    name: str
    fullname: str
    email: str = ""
    about: str = ""
    image_url: str = ""
    created: dt.datetime | None = None
    last_active: dt.datetime | None = None
    sysadmin: bool = False
    state: str = "active"
    datasets: int = 0


def instant(at: dt.datetime | None) -> str | None:
    """CKAN's way to write an instant: UTC without saying so, to the microsecond."""
    return None if at is None else at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def translated(text: Text) -> dict[str, str]:
    """A text by language, the original first; "und" is the one whose language nobody knows."""
    said = text_out(text)
    found: dict[str, str] = json.loads(said) if said.startswith("{") else {"und": said} if said else {}
    return found


def package(
    record: DatasetRecord,
    site: Site,
    organization: OrganizationFacts | None = None,
    groups: Sequence[OrganizationFacts] = (),
) -> Dict:
    """The dataset. `organization` is its agency, `groups` are those that it is in, its themes among them.

    Files that are closed must have been stripped by then (export.entry), unless the asker may have them.
    """
    stated = verdict(record.license_id)
    language = site.language
    made: Dict = {
        "author": author(record) or None,
        "author_email": None,
        "creator_user_id": str(record.creator_id) if record.creator_id else None,
        "id": str(record.id),
        "isopen": stated.open == "yes",
        "license_id": record.license_id or None,
        "license_title": stated.license.title.show("en").value if stated.license else record.license_text or None,
    }
    if stated.license and stated.license.url:
        made["license_url"] = stated.license.url
    contact = record.contacts[0] if record.contacts else None
    made |= {
        "maintainer": (contact.name or None) if contact else None,
        "maintainer_email": (contact.email or None) if contact else None,
        "metadata_created": instant(record.metadata_created),
        "metadata_modified": instant(record.metadata_modified),
        "name": record.slug,
        "notes": record.description.show(language).value,
        "notes_translated": translated(record.description),
        "num_resources": len(record.resources),
        "num_tags": len(record.keywords),
        "organization": brief_organization(organization, language) if organization else None,
        "owner_org": str(organization.id) if organization else None,
        "private": record.private,
        "state": STATES.get(record.state, "draft"),
        "title": record.title.show(language).value,
        "title_translated": translated(record.title),
        "type": "dataset",
        "url": record.landing_page or None,
        "version": record.version or None,
        "extras": [{"key": key, "value": value} for key, value in package_extras(record, site).items()],
        "groups": [brief_group(one, site) for one in groups],
        "resources": [resource(one, record, site) for one in record.resources],
        "tags": [tag(keyword.text) for keyword in record.keywords],
    }
    return made | {"relationships_as_object": [], "relationships_as_subject": []} | _as_written(record)


def author(record: DatasetRecord) -> str:
    """Its creators as CKAN's one text."""
    return "; ".join(one.name for one in record.contributors if one.role == "creator")


def _as_written(record: DatasetRecord) -> Dict:
    """What a client of CKAN's wrote, as it wrote it, as long as the record says the same."""
    found = as_written(record.extras)
    if (license_id := found.get("license_id")) is not None:
        known = licenses.match(license_id)
        same = known.id == record.license_id if known else license_id in (record.license_text, licenses.NOT_SPECIFIED)
        if not same and not (license_id == licenses.NOT_SPECIFIED and not record.license_id):
            del found["license_id"]
    if record.landing_page:
        found.pop("url", None)
    return {key: value for key, value in found.items() if key in WRITTEN_FIELDS}


def package_extras(record: DatasetRecord, site: Site) -> dict[str, str]:
    """What CKAN has no field for, and the free extras of the record that do not stand in the way of those."""
    own = free(record.extras)
    found = {PROFILE_KEY: PROFILE, **written(record, dataset_extensions())}
    if record.study:
        found |= {"study_url": site.study(record.study), "study_title": text_out(record.study.title)}
        if record.study.contract_numbers:
            found["contract_number"] = ", ".join(record.study.contract_numbers)
        if record.study.register_number:
            found.setdefault("register_number", record.study.register_number)
    if record.relations:
        listed = [_relation(one, site) for one in record.relations]
        found["relations"] = json.dumps(listed, ensure_ascii=False)
    if record.bbox:
        found["spatial"] = json.dumps(_polygon(record))
    if record.source:
        found |= {"harvest_source_title": record.source.title, "harvest_source_url": record.source.url}
    kept = {key: value for key, value in as_written(record.extras).items() if key not in WRITTEN_FIELDS}
    return {**{key: value for key, value in own.items() if key not in found}, **found, **kept}


def _relation(relation: Relation, site: Site) -> Dict:
    target = site.permanent(relation.target_id) if relation.target_id else relation.target
    return {"kind": relation.kind, "target": target, "title": text_out(relation.title)}


def _polygon(record: DatasetRecord) -> Dict:
    """The box as GeoJSON, which CKAN's spatial search reads."""
    box = record.bbox
    assert box is not None  # the caller has looked
    corners = ((box.west, box.south), (box.east, box.south), (box.east, box.north), (box.west, box.north))
    return {"type": "Polygon", "coordinates": [[[*corner] for corner in (*corners, corners[0])]]}


def resource(one: ResourceRecord, record: DatasetRecord, site: Site) -> Dict:
    """A file or link of `record`. Its extras stand beside its fields, as CKAN has them."""
    made: Dict = {
        "cache_last_updated": None,
        "cache_url": None,
        "created": instant(one.created),
        "datastore_active": False,
        "description": one.description.show(site.language).value,
        "format": one.format,
        "hash": one.checksum,
        "id": str(one.id),
        "last_modified": instant(one.link.fetched or one.created) if one.stored else None,
        "metadata_modified": instant(one.metadata_modified),
        "mimetype": one.media_type or None,
        "mimetype_inner": None,
        "name": one.name.show(site.language).value or one.filename,
        "package_id": str(record.id),
        "position": one.position,
        "resource_type": None,
        "size": one.byte_size,
        "state": "active",
        "url": site.download(record, one),
        "url_type": "upload" if one.stored else None,
    }
    if one.name:
        made["name_translated"] = translated(one.name)
    if one.description:
        made["description_translated"] = translated(one.description)
    made |= written(one, resource_extensions())
    made |= {key: value for key, value in free(one.extras).items() if key not in made}
    allowed = (*KEPT_OF_FILES, *resource_extensions(), *(() if made["url"] else ("url",)))
    return made | {key: value for key, value in as_written(one.extras).items() if key in allowed}


def mark_tables(resources: Iterable[Dict], tables: Collection[str]) -> None:
    """Say of those files that their tables can be asked: `tables` are the checksums of such."""
    for one in resources:
        one["datastore_active"] = one["url_type"] == "upload" and one["hash"] in tables


@lru_cache(maxsize=4096)
def _tag_id(text: str) -> str:
    return str(uuid5(NAMESPACE, f"tag:{text}"))


def tag(text: str) -> Dict:
    """A keyword as CKAN's tag."""
    return {"display_name": text, "id": _tag_id(text), "name": text, "state": "active", "vocabulary_id": None}


@lru_cache(maxsize=64)
def theme_group(code: str) -> OrganizationFacts:
    """A theme as a group, for a site that keeps no row for it."""
    title = vocabularies.text_of("theme", code)
    return OrganizationFacts(uuid5(NAMESPACE, f"theme:{code}"), code, title, is_organization=False)


def picture(url: str, site: Site) -> str:
    """Where a picture is shown; ours are kept without the name of the site."""
    return f"{site.url}{url}" if url.startswith("/") else url


def brief_group(one: OrganizationFacts, site: Site) -> Dict:
    """A group as its datasets show it."""
    title = one.title.show(site.language).value or one.name
    return {
        "description": one.description.show(site.language).value,
        "display_name": title,
        "id": str(one.id),
        "image_display_url": picture(one.image_url, site),
        "name": one.name,
        "title": title,
    }


def brief_organization(one: OrganizationFacts, language: str) -> Dict:
    """An agency as its datasets show it."""
    made = {
        "id": str(one.id),
        "name": one.name,
        "title": one.title.show(language).value or one.name,
        "type": "organization",
        "description": one.description.show(language).value,
        "image_url": one.image_url,
        "created": instant(one.created),
        "is_organization": True,
        "approval_status": "approved",
        "state": one.state,
    }
    return made | _more(one)


def _more(one: OrganizationFacts) -> Dict:
    """What we know beyond CKAN's fields."""
    made: Dict = {"title_translated": translated(one.title)}
    if one.description:
        made["description_translated"] = translated(one.description)
    return made | {
        name: value
        for name, value in (
            ("identifier", one.identifier),
            ("homepage", one.homepage),
            ("email", one.email),
            ("parent", one.parent.name if one.parent else ""),
        )
        if value
    }


def organization(
    one: OrganizationFacts,
    site: Site,
    *,
    members: Sequence[Dict] | None = None,
    extras: bool = True,
    groups: bool = True,
) -> Dict:
    """An agency or group on its own. `members` None leaves `users` out; the group of an agency is the one above it."""
    language = site.language
    title = one.title.show(language).value or one.name
    made: Dict = {
        "approval_status": "approved",
        "created": instant(one.created),
        "description": one.description.show(language).value,
        "display_name": title,
        "id": str(one.id),
        "image_display_url": picture(one.image_url, site),
        "image_url": one.image_url,
        "is_organization": one.is_organization,
        "name": one.name,
        "num_followers": 0,
        "package_count": one.datasets,
        "state": one.state,
        "title": title,
        "type": "organization" if one.is_organization else "group",
    }
    if extras:
        made["extras"] = [{"key": extra.key, "value": extra.value} for extra in one.extras]
    if groups:
        made["groups"] = [{"name": one.parent.name, "capacity": "public"}] if one.parent else []
    if members is not None:
        made["users"] = list(members)
    return made | _more(one)


group = organization


def user(one: UserFacts, site: Site, *, private: bool = False, capacity: str = "") -> Dict:
    """An account. `private`: as it is shown to itself and to sysadmins, with its e-mail."""
    made: Dict = {
        "id": str(one.id),
        "name": one.name,
        "fullname": one.fullname,
        "display_name": one.fullname or one.name,
        "created": instant(one.created),
        "about": one.about or None,
        "last_active": instant(one.last_active) if private else None,
        "activity_streams_email_notifications": False,
        "sysadmin": one.sysadmin,
        "state": one.state,
        "image_url": one.image_url or None,
        "image_display_url": picture(one.image_url, site) or None,
        "email_hash": "",
        "number_created_packages": one.datasets,
    }
    if private:
        made |= {"email": one.email, "apikey": None}
    if capacity:
        made["capacity"] = capacity
    return made


def activity(event: Mapping[str, Any]) -> Dict:
    """An entry of a list of what happened: {id, at, user_id, object_id, kind, data}."""
    return {
        "id": str(event["id"]),
        "timestamp": instant(event["at"]),
        "user_id": str(event["user_id"]) if event.get("user_id") else None,
        "object_id": str(event["object_id"]),
        "activity_type": event["kind"],
        "data": event.get("data") or {},
    }
