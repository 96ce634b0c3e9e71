"""What clients send of a dataset, as the record that it means: read beside what they were shown of it before.

A field that comes back as it was shown is left as it is, so that nothing is lost of what CKAN's dictionary cannot say
(names in three languages, an ORCID, the far end of a relation). What the record cannot hold as it was written is kept
beside it as written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from opendata.catalog import licenses
from opendata.catalog.ckan_extras import (
    AS_WRITTEN,
    as_written,
    text_of,
)
from opendata.catalog.normalise import url as clean_url
from opendata.catalog.records import DatasetRecord, RecordState
from opendata.catalog.values import (
    ContactPoint,
    Contributor,
    ContributorRole,
    Extra,
    Keyword,
    OrganizationRef,
    Text,
)
from opendata.export import ckan
from opendata.web.ckan_api.errors import ValidationError
from opendata.web.ckan_api.package_extras import with_extras
from opendata.web.ckan_api.package_fields import PackageFields
from opendata.web.ckan_api.params import Params
from opendata.web.ckan_api.resource_input import resources_given

Json = Any

STATES = {"active": RecordState.PUBLISHED, "draft": RecordState.DRAFT, "deleted": RecordState.WITHDRAWN}
MOST_TAG = 100
MOST_VERSION = 100
_BLANK = DatasetRecord(title=Text())


class PackageInput(PackageFields):
    """Makes of what one call gives the record that is meant."""

    def record(self, before: DatasetRecord | None) -> DatasetRecord:
        """The record that is meant, over `before`. ValidationError names everything that is wrong."""
        shown = ckan.package(before, self.site) if before else {}
        made = before or replace(_BLANK, state=RecordState.PUBLISHED)
        made = with_extras(self, made, shown)
        made = self._texts(made, before, shown)
        made = self._people(made, before, shown)
        made = self._plain(made, before, shown)
        made = self._tags(made, before)
        made = self._owner(made)
        made = self._status(made)
        if self.is_given("resources"):
            files = resources_given(self.data.objects("resources"), before, self.site, self.errors)
            made = replace(made, resources=files)
        if self.errors:
            raise ValidationError(self.errors)
        return made

    def _texts(self, made: DatasetRecord, before: DatasetRecord | None, shown: Mapping[str, Json]) -> DatasetRecord:
        slug = self.text("name")
        title = self._localized("title", before.title if before else Text(), shown)
        if title is not None and not title:
            omitted = before is not None and "title" not in self.data
            title = before.title if before and omitted else Text(other=slug or (before.slug if before else ""))
        if before is None and not title:
            self.wrong("name", "Missing value")
        notes = self._localized("notes", before.description if before else Text(), shown)
        return replace(
            made,
            title=made.title if title is None else title,
            description=made.description if notes is None else notes,
            slug=slug or (before.slug if before else ""),
        )

    def _localized(self, name: str, before: Text, shown: Mapping[str, Json]) -> Text | None:
        """The text that is meant; None where nothing is said of it."""
        other = f"{name}_translated"
        if not self.is_meant(name, other):
            return None
        said = self.data.json(other)
        if isinstance(said, dict) and said != shown.get(other, {}):
            if all(isinstance(one, str) for one in said.values()):
                return text_of({str(key): one for key, one in said.items() if one})
            self.wrong(other, "Must be texts by language")
        plain = self.text(name) if name in self.data else ""
        if name not in self.data and isinstance(said, dict):
            return before
        if plain == shown.get(name):
            return before
        if not plain or not before:
            return Text(other=plain)
        language = before.show(self.site.language).language
        if language not in ("kk", "ru", "en"):
            return replace(before, other=plain)
        return replace(before, **{language: plain})

    def _people(self, made: DatasetRecord, before: DatasetRecord | None, shown: Mapping[str, Json]) -> DatasetRecord:
        if self.is_meant("author"):
            author = self.text("author")
            if author not in (shown.get("author") or "", ckan.author(made)):
                had = {one.name: one for one in (before or made).contributors if one.role is ContributorRole.CREATOR}
                names = [name.strip() for name in author.split(";") if name.strip()]
                others = tuple(one for one in made.contributors if one.role is not ContributorRole.CREATOR)
                made = replace(made, contributors=(*(had.get(name) or Contributor(name) for name in names), *others))
        if self.is_meant("maintainer", "maintainer_email"):
            made = self._maintained(made, before, shown)
        email = self.email("author_email")
        return self._kept(made, "author_email", email) if self.is_meant("author_email") else made

    def _maintained(
        self, made: DatasetRecord, before: DatasetRecord | None, shown: Mapping[str, Json]
    ) -> DatasetRecord:
        contact = made.contacts[0] if made.contacts else ContactPoint()
        name = self.text("maintainer") if self.whole or "maintainer" in self.data else contact.name
        given = self.whole or "maintainer_email" in self.data
        email = self.email("maintainer_email") if given else contact.email
        if (name, email) == (contact.name, contact.email):
            return made
        if before and (name, email) == (shown.get("maintainer") or "", shown.get("maintainer_email") or ""):
            return made
        if not (name or email):
            return replace(made, contacts=())
        return replace(made, contacts=(replace(contact, name=name, email=email), *made.contacts[1:]))

    def _kept(self, made: DatasetRecord, name: str, value: str) -> DatasetRecord:
        """The record with what was written in a field that it has not, or has otherwise; "" for nothing to keep."""
        key = AS_WRITTEN + name
        if value == as_written(made.extras).get(name, ""):
            return made
        rest = tuple(one for one in made.extras if one.key != key)
        return replace(made, extras=(*rest, Extra(key, value)) if value else rest)

    def _plain(self, made: DatasetRecord, before: DatasetRecord | None, shown: Mapping[str, Json]) -> DatasetRecord:
        if self.is_meant("version"):
            version = self.text("version")
            if len(version) > MOST_VERSION:
                self.wrong("version", f"Version must be a maximum of {MOST_VERSION} characters long")
            made = replace(made, version=version)
        if self.is_meant("url") and (self.text("url") or None) != shown.get("url"):
            given = self.text("url")
            found = clean_url(given)
            made = self._kept(replace(made, landing_page=found), "url", "" if found else given)
        if self.is_meant("type"):
            kind = self.text("type")
            made = self._kept(made, "type", "" if kind in ("", "dataset") else kind)
        if self.is_meant("license_id") and (self.text("license_id") or None) != shown.get("license_id"):
            made = self._licensed(made, self.text("license_id"))
        elif before and not made.license_text:
            made = replace(made, license_text=before.license_text)
        return made

    def _licensed(self, made: DatasetRecord, given: str) -> DatasetRecord:
        known = licenses.get(given) or licenses.match(given) if given else None
        license_id = "" if known is None or known.id == licenses.NOT_SPECIFIED else known.id
        words = given if given and known is None else ""
        made = replace(made, license_id=license_id, license_text=made.license_text if license_id and words else words)
        return self._kept(made, "license_id", given if given != license_id else "")

    def _tags(self, made: DatasetRecord, before: DatasetRecord | None) -> DatasetRecord:
        if not self.is_meant("tags", "tag_string"):
            return made
        words = self._tag_names()
        by_text = {one.text: one for one in ((*before.keywords,) if before else ())}
        by_text |= {one.text: one for one in made.keywords}
        return replace(made, keywords=tuple(by_text.get(word) or Keyword(word) for word in dict.fromkeys(words)))

    def _tag_names(self) -> list[str]:
        if "tags" not in self.data and self.is_given("tag_string"):
            return [word.strip() for word in self.text("tag_string").split(",") if word.strip()]
        listed = self.data.json("tags") or []
        if not isinstance(listed, list):
            self.wrong("tags", "Only lists of dicts can be placed against subschema")
            return []
        names, told = [], []
        for one in listed:
            name = one.get("name") or one.get("display_name") if isinstance(one, dict) else one
            if isinstance(one, dict) and one.get("state") == "deleted":
                continue
            if not isinstance(name, str) or not name.strip():
                told.append({"name": ["Missing value"]})
            elif len(name) > MOST_TAG:
                told.append({"name": [f'Tag "{name[:MOST_TAG]}…" length is more than maximum {MOST_TAG}']})
            else:
                told.append({})
                names.append(name.strip())
        if any(told):
            self.errors["tags"] = told
        return names

    def _owner(self, made: DatasetRecord) -> DatasetRecord:
        given = self.text("owner_org")
        if self.owned and not given:
            self.wrong("owner_org", "An organization must be provided")
        if "owner_org" not in self.data:
            return made
        if not given:
            return replace(made, organization=None)
        known = made.organization
        if known and given in (str(known.id), known.slug):
            return made
        try:
            return replace(made, organization=OrganizationRef(id=UUID(given)))
        except ValueError:
            return replace(made, organization=OrganizationRef(slug=given))

    def _status(self, made: DatasetRecord) -> DatasetRecord:
        if self.is_given("private"):
            try:
                made = replace(made, private=self.data.boolean("private"))
            except ValidationError as error:
                self.errors |= error.details
        if made.private and made.organization is None:
            self.wrong("private", "Datasets with no organization can't be private.")
        state = self.text("state")
        if state and state not in STATES and not state.startswith("draft"):
            self.wrong("state", f"Value must be one of {', '.join(STATES)}")
        elif state and state != ckan.STATES.get(made.state, "draft"):
            made = replace(made, state=STATES.get(state, RecordState.DRAFT))
        return made


def groups_given(data: Params) -> Sequence[tuple[str, ...]] | None:
    """What each group that the dataset is to be in is called, its id first; None where nothing is said of them."""
    if data.get("groups") is None:
        return None
    return [tuple(str(one[key]) for key in ("id", "name") if one.get(key)) for one in data.objects("groups")]
