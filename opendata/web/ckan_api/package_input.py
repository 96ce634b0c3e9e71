"""What clients send of a dataset, as the record that it means: read beside what they were shown of it before.

A field that comes back as it was shown is left as it is, so that nothing is lost of what CKAN's dictionary cannot say
(names in three languages, an ORCID, the far end of a relation). What CKAN has no field for is read from the extras by
catalog.ckan_extras; what the record cannot hold as it was written is kept beside it as written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from opendata.catalog import licenses
from opendata.catalog.ckan_extras import (
    AS_WRITTEN,
    ONLY_TOLD,
    PROFILE_KEY,
    as_written,
    dataset_extensions,
    read,
    text_in,
    text_of,
)
from opendata.catalog.cleaner import is_email
from opendata.catalog.normalise import url as clean_url
from opendata.catalog.records import DatasetRecord, RecordState
from opendata.catalog.values import (
    ContactPoint,
    Contributor,
    ContributorRole,
    Extra,
    Keyword,
    OrganizationRef,
    Relation,
    Text,
)
from opendata.export import ckan
from opendata.export.site import Site
from opendata.web.ckan_api.errors import ValidationError
from opendata.web.ckan_api.params import Params
from opendata.web.ckan_api.resource_input import resources_given

Json = Any

STATES = {"active": RecordState.PUBLISHED, "draft": RecordState.DRAFT, "deleted": RecordState.WITHDRAWN}
ANSWERED = frozenset((
    "creator_user_id", "id", "isopen", "license_title", "license_url", "metadata_created", "metadata_modified",
    "num_resources", "num_tags", "organization", "relationships_as_object", "relationships_as_subject",
    "tracking_summary", "plugin_data", "revision_id", "revision_timestamp", "use_default_schema", "save", "pkg_name",
    "individual_resources", "log_message", "_ckan_phase", "clear_upload", "upload", "callback", "errors",
))  # fmt: skip
"""What an answer holds beside what can be written; a client that sends it back is not told off."""
FIELDS = frozenset((
    "author", "author_email", "extras", "groups", "license_id", "maintainer", "maintainer_email", "name", "notes",
    "notes_translated", "owner_org", "private", "resources", "state", "tag_string", "tags", "title",
    "title_translated", "type", "url", "version",
))  # fmt: skip
"""The fields of CKAN's schema that are written."""
MOST_TAG = 100
MOST_VERSION = 100
MOST_EXTRAS = 200
NOT_WRITTEN = ("demo", "read_from_file")
"""Extras that tell what only the catalogue says."""
_BLANK = DatasetRecord(title=Text())
_COVERED = (
    "table_of_contents", "subjects", "performer", "license_text", "identifiers", "issued", "modified", "languages",
    "frequency", "temporal", "spatial", "bbox", "report_number",
)  # fmt: skip
"""Fields that stand in the extras alone, and go with them."""


@dataclass
class PackageInput:
    """Reads one call. `whole`: what is not given is none, but for what CKAN keeps; else it stays as it is."""

    data: Params
    site: Site
    whole: bool
    errors: dict[str, Any] = field(default_factory=dict)

    def record(self, before: DatasetRecord | None) -> DatasetRecord:
        """The record that is meant, over `before`. ValidationError names everything that is wrong."""
        shown = ckan.package(before, self.site) if before else {}
        made = before or replace(_BLANK, state=RecordState.PUBLISHED)
        made = self._extras(made, shown)
        made = self._texts(made, before, shown)
        made = self._people(made, before, shown)
        made = self._plain(made, before, shown)
        made = self._tags(made, before)
        made = self._owner(made)
        made = self._status(made)
        if self._is_given("resources"):
            files = resources_given(self.data.objects("resources"), before, self.site, self.errors)
            made = replace(made, resources=files)
        if self.errors:
            raise ValidationError(self.errors)
        return made

    def _is_given(self, name: str) -> bool:
        return name in self.data and self.data[name] is not None

    def _is_meant(self, *names: str) -> bool:
        """Whether one of the fields is to be written: it is given, or all of them go."""
        return self.whole or any(name in self.data for name in names)

    def wrong(self, name: str, message: str) -> None:
        """Note what is wrong with a field."""
        self.errors.setdefault(name, []).append(message)

    def _text(self, name: str) -> str:
        try:
            return self.data.text(name) if name != "notes" else self._long(name)
        except ValidationError as error:
            self.errors |= error.details
            return ""

    def _long(self, name: str) -> str:
        value = self.data.get(name)
        if value is not None and not isinstance(value, str):
            self.wrong(name, "Must be a string")
        return value.strip() if isinstance(value, str) else ""

    def _texts(self, made: DatasetRecord, before: DatasetRecord | None, shown: Mapping[str, Json]) -> DatasetRecord:
        slug = self._text("name")
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
        if not self._is_meant(name, other):
            return None
        said = self.data.json(other)
        if isinstance(said, dict) and said != shown.get(other, {}):
            if all(isinstance(one, str) for one in said.values()):
                return text_of({str(key): one for key, one in said.items() if one})
            self.wrong(other, "Must be texts by language")
        plain = self._text(name) if name in self.data else ""
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
        if self._is_meant("author"):
            author = self._text("author")
            if author not in (shown.get("author") or "", ckan.author(made)):
                had = {one.name: one for one in (before or made).contributors if one.role is ContributorRole.CREATOR}
                names = [name.strip() for name in author.split(";") if name.strip()]
                others = tuple(one for one in made.contributors if one.role is not ContributorRole.CREATOR)
                made = replace(made, contributors=(*(had.get(name) or Contributor(name) for name in names), *others))
        if self._is_meant("maintainer", "maintainer_email"):
            made = self._maintained(made, before, shown)
        email = self._email("author_email")
        return self._kept(made, "author_email", email) if self._is_meant("author_email") else made

    def _maintained(
        self, made: DatasetRecord, before: DatasetRecord | None, shown: Mapping[str, Json]
    ) -> DatasetRecord:
        contact = made.contacts[0] if made.contacts else ContactPoint()
        name = self._text("maintainer") if self.whole or "maintainer" in self.data else contact.name
        given = self.whole or "maintainer_email" in self.data
        email = self._email("maintainer_email") if given else contact.email
        if (name, email) == (contact.name, contact.email):
            return made
        if before and (name, email) == (shown.get("maintainer") or "", shown.get("maintainer_email") or ""):
            return made
        if not (name or email):
            return replace(made, contacts=())
        return replace(made, contacts=(replace(contact, name=name, email=email), *made.contacts[1:]))

    def _email(self, name: str) -> str:
        value = self._text(name)
        if value and not is_email(value):
            self.wrong(name, f"Email {value[:100]} is not a valid format")
        return value

    def _kept(self, made: DatasetRecord, name: str, value: str) -> DatasetRecord:
        """The record with what was written in a field that it has not, or has otherwise; "" for nothing to keep."""
        key = AS_WRITTEN + name
        if value == as_written(made.extras).get(name, ""):
            return made
        rest = tuple(one for one in made.extras if one.key != key)
        return replace(made, extras=(*rest, Extra(key, value)) if value else rest)

    def _plain(self, made: DatasetRecord, before: DatasetRecord | None, shown: Mapping[str, Json]) -> DatasetRecord:
        if self._is_meant("version"):
            version = self._text("version")
            if len(version) > MOST_VERSION:
                self.wrong("version", f"Version must be a maximum of {MOST_VERSION} characters long")
            made = replace(made, version=version)
        if self._is_meant("url") and (self._text("url") or None) != shown.get("url"):
            given = self._text("url")
            found = clean_url(given)
            made = self._kept(replace(made, landing_page=found), "url", "" if found else given)
        if self._is_meant("type"):
            kind = self._text("type")
            made = self._kept(made, "type", "" if kind in ("", "dataset") else kind)
        if self._is_meant("license_id") and (self._text("license_id") or None) != shown.get("license_id"):
            made = self._licensed(made, self._text("license_id"))
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
        if not self._is_meant("tags", "tag_string"):
            return made
        words = self._tag_names()
        by_text = {one.text: one for one in ((*before.keywords,) if before else ())}
        by_text |= {one.text: one for one in made.keywords}
        return replace(made, keywords=tuple(by_text.get(word) or Keyword(word) for word in dict.fromkeys(words)))

    def _tag_names(self) -> list[str]:
        if "tags" not in self.data and self._is_given("tag_string"):
            return [word.strip() for word in self._text("tag_string").split(",") if word.strip()]
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
        if "owner_org" not in self.data:
            return made
        given = self._text("owner_org")
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
        if self._is_given("private"):
            try:
                made = replace(made, private=self.data.boolean("private"))
            except ValidationError as error:
                self.errors |= error.details
        if made.private and made.organization is None:
            self.wrong("private", "Datasets with no organization can't be private.")
        state = self._text("state")
        if state and state not in STATES and not state.startswith("draft"):
            self.wrong("state", f"Value must be one of {', '.join(STATES)}")
        elif state and state != ckan.STATES.get(made.state, "draft"):
            made = replace(made, state=STATES.get(state, RecordState.DRAFT))
        return made

    def _extras(self, made: DatasetRecord, shown: Mapping[str, Json]) -> DatasetRecord:
        """What stands in the extras, and in fields of other schemas, which go there as well."""
        beside = {key: _as_text(value) for key, value in self.data.items() if key not in FIELDS | ANSWERED}
        beside = {key: value for key, value in beside.items() if value and not key.startswith("__")}
        had = {one["key"]: one["value"] for one in shown.get("extras", ())}
        said = beside | self._listed_extras() if self._is_meant("extras") else had | beside
        if said == had and shown:
            return made
        return self._with_extras(made, said, had)

    def _with_extras(self, made: DatasetRecord, said: Mapping[str, str], had: Mapping[str, str]) -> DatasetRecord:
        table = dataset_extensions()
        base, unread = made, dict[str, str]()
        if any(said.get(key, "") != had.get(key, "") for key in table):
            blank = {name: getattr(_BLANK, name) for name in _COVERED}
            fresh = {key: said[key] for key in table if key in said and key not in NOT_WRITTEN}
            base, unread = read(replace(made, **blank), fresh, table)
        if said.get("relations", "") != had.get("relations", ""):
            base = replace(base, relations=_relations(said.get("relations", ""), made.relations, self.site))
        told = ONLY_TOLD if PROFILE_KEY in said else frozenset((PROFILE_KEY,))
        if "bbox" not in said:  # then it is no other spelling of that
            told -= {"spatial"}
        hidden = (*table, *told)
        free = {key: value for key, value in said.items() if key not in hidden and not key.startswith(AS_WRITTEN)}
        kept = {
            key: value
            for key, value in as_written(made.extras).items()
            if key in ckan.WRITTEN_FIELDS or said.get(key) == value
        }
        kept |= {key: said[key] for key in unread}
        marked = {AS_WRITTEN + key: value for key, value in kept.items()}
        return replace(base, extras=tuple(Extra(key, value) for key, value in (free | marked).items()))

    def _listed_extras(self) -> dict[str, str]:
        found: dict[str, str] = {}
        told: list[dict[str, list[str]]] = []
        for one in self.data.objects("extras"):
            key, wrong = one.get("key"), {}
            if not isinstance(key, str) or not key.strip():
                wrong = {"key": ["Missing value"]}
            elif key in FIELDS or key in ANSWERED:
                wrong = {"key": ["There is a schema field with the same name"]}
            elif "value" not in one:
                wrong = {"value": ["Missing value"]}
            elif key in found:
                self.errors["extras_validation"] = [f'Duplicate key "{key[:100]}"']
            elif one["value"] is not None and not one.get("deleted"):
                found[key] = _as_text(one["value"])
            told.append(wrong)
        if any(told):
            self.errors["extras"] = told
        return found


def _as_text(value: Json) -> str:
    """The value of an extra: JSON where it is no text."""
    if value in (None, "", [], {}):
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _relations(said: str, before: tuple[Relation, ...], site: Site) -> tuple[Relation, ...]:
    """The relations that our own export told of, those of `before` as they are; none where it is something else."""
    known = {(one.kind, site.permanent(one.target_id) if one.target_id else one.target): one for one in before}
    try:
        listed = json.loads(said) if said else []
        told = [(str(one["kind"]), str(one.get("target", "")), str(one.get("title", ""))) for one in listed]
    except (ValueError, TypeError, KeyError, AttributeError):
        return ()
    return tuple(
        known.get((kind, target)) or Relation(kind, target, title=_text_of(title)) for kind, target, title in told
    )


def _text_of(said: str) -> Text:
    try:
        return text_in(said)
    except ValueError:
        return Text(other=said)


def groups_given(data: Params) -> Sequence[tuple[str, ...]] | None:
    """What each group that the dataset is to be in is called, its id first; None where nothing is said of them."""
    if data.get("groups") is None:
        return None
    return [tuple(str(one[key]) for key in ("id", "name") if one.get(key)) for one in data.objects("groups")]
