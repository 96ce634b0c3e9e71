"""What clients send of a file or link, as the record that it means, beside what they were shown of it before."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from mimetypes import guess_type
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from opendata.catalog.ckan_extras import AS_WRITTEN, read, resource_extensions, text_of
from opendata.catalog.normalise import url as clean_url
from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.catalog.values import Extra, Text
from opendata.export import ckan
from opendata.export.site import Site
from opendata.web.ckan_api.errors import ValidationError

Json = Any
Given = Mapping[str, Json]

FIELDS = frozenset(("description", "description_translated", "format", "hash", "mimetype", "name", "name_translated",
                    "size", "url"))  # fmt: skip
ANSWERED = frozenset((
    "id", "package_id", "created", "metadata_modified", "position", "state", "url_type", "datastore_active",
    "tracking_summary", "revision_id", "revision_timestamp", "has_views", "on_same_domain", "upload", "clear_upload",
    "_ckan_phase", "save", "extras", "package_name", "datastore_contains_all_records_of_source_file",
))  # fmt: skip
"""What an answer holds beside what can be written."""
KEPT = ("cache_last_updated", "cache_url", "last_modified", "mimetype_inner", "resource_type")
"""Fields of CKAN's that are ours nowhere and are kept as they were written."""
FORGOTTEN = ("language", "license_id", "license_text", "issued", "modified", "access_url")
"""Fields that go where they are not given; how open a file is, and what it is, never changes by being left out."""
MOST_RESOURCES = 1_000
MOST_TEXT = 100_000


def resources_given(
    listed: Sequence[Given], before: DatasetRecord | None, site: Site, errors: dict[str, Json]
) -> tuple[ResourceRecord, ...]:
    """The files of a dataset in their order. What is wrong goes into `errors`, by the place in the list."""
    if len(listed) > MOST_RESOURCES:
        errors["resources"] = [f"A dataset has {MOST_RESOURCES} resources at most"]
        return ()
    had = {str(one.id): one for one in before.resources} if before else {}
    named = {str(one.get("id")) for one in listed}
    by_url = {one.download_url: one for key, one in had.items() if key not in named and one.download_url}
    files: list[ResourceRecord] = []
    told: list[dict[str, Json]] = []
    for one in listed:
        if one.get("state") == "deleted":
            continue
        known = had.get(str(one.get("id") or "")) or (by_url.pop(_address(one), None) if not one.get("id") else None)
        try:
            files.append(resource_given(one, known, before, site))
            told.append({})
        except ValidationError as error:
            told.append(error.details)
    if any(told):
        errors["resources"] = told
    return tuple(files)


def _address(one: Given) -> str:
    url = one.get("url")
    return clean_url(url) if isinstance(url, str) else ""


def resource_given(
    given: Given, had: ResourceRecord | None, dataset: DatasetRecord | None, site: Site, *, whole: bool = True
) -> ResourceRecord:
    """The file that is meant, over `had`. `whole`: what is not given is none. ValidationError."""
    return _Reading(given, had, dataset, site, whole).record()


class _Reading:
    def __init__(
        self, given: Given, had: ResourceRecord | None, dataset: DatasetRecord | None, site: Site, whole: bool
    ) -> None:
        self.given, self.had, self.site, self.whole = _flat(given), had, site, whole
        self.shown = ckan.resource(had, dataset, site) if had and dataset else {}
        self.errors: dict[str, list[str]] = {}
        self.kept: dict[str, str] = {}

    def record(self) -> ResourceRecord:
        made = self.had or ResourceRecord(id=self._id())
        made = self._told(made)
        made = replace(
            made,
            name=self._localized("name", made.name),
            description=self._localized("description", made.description),
        )
        made = self._technical(self._linked(made))
        made = self._extras(made)
        if self.errors:
            raise ValidationError(self.errors)
        return made

    def _id(self) -> UUID | None:
        given = self._text("id")
        if not given:
            return None
        try:
            return UUID(given)
        except ValueError:
            self.errors["id"] = ["Invalid id provided"]
            return None

    def _is_meant(self, name: str) -> bool:
        return name in self.given or (self.whole and name != "url")

    def _text(self, name: str) -> str:
        value = self.given.get(name)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.errors[name] = ["Must be a string"]
            return ""
        if len(str(value)) > MOST_TEXT:
            self.errors[name] = [f"Must be at most {MOST_TEXT} characters"]
            return ""
        return str(value).strip()

    def _is_shown(self, name: str) -> bool:
        """Whether the field comes back as it was shown."""
        return bool(self.shown) and (self.given.get(name) or "") == (self.shown.get(name) or "")

    def _is_changed(self, name: str) -> bool:
        return self._is_meant(name) and not self._is_shown(name)

    def _localized(self, name: str, before: Text) -> Text:
        other = f"{name}_translated"
        said = self.given.get(other)
        if isinstance(said, dict) and said != self.shown.get(other, {}):
            if all(isinstance(one, str) for one in said.values()):
                return text_of({str(key): one for key, one in said.items() if one})
            self.errors[other] = ["Must be texts by language"]
        if not self._is_meant(name) or (name not in self.given and other in self.given) or self._is_shown(name):
            return before
        plain = self._text(name)
        if name == "name" and not before and plain == self._text("filename"):  # shown in the place of a name
            return before
        if not before or not plain:
            return Text(other=plain)
        language = before.show(self.site.language).language
        return replace(before, **{language if language in ("kk", "ru", "en") else "other": plain})

    def _linked(self, made: ResourceRecord) -> ResourceRecord:
        """The file under the address that is given. Our own address of a file that we hold is none of a source."""
        if not self._is_changed("url"):
            return made
        given = self._text("url")
        bare = given and "://" not in given and self.had is not None and self.had.stored
        if bare and urlsplit(str(self.shown["url"])).path.endswith("/" + given):
            return made
        found = clean_url(given)
        if given and not found:
            self.kept["url"] = given
        return replace(made, download_url=found)

    def _technical(self, made: ResourceRecord) -> ResourceRecord:
        stored = made.stored and self.had is not None and made.download_url in ("", self.had.download_url)
        if self._is_changed("format"):
            made = replace(made, format=self._text("format"))
        if self._is_changed("mimetype"):
            guessed = guess_type(urlsplit(made.download_url).path)[0] or "" if made.download_url else ""
            made = replace(made, media_type=self._text("mimetype") or (made.media_type if stored else guessed))
        if stored:
            return made
        if self._is_changed("size"):
            made = replace(made, byte_size=self._size())
        if self._is_changed("hash"):
            said = self._text("hash").lower()
            is_sha = len(said) == 64 and set(said) <= set("0123456789abcdef")
            made = replace(made, checksum=said if is_sha else "")
            if said and not is_sha:
                self.kept["hash"] = self._text("hash")
        return made

    def _size(self) -> int | None:
        given = self._text("size")
        if not given:
            return None
        if not (given.isdecimal() and given.isascii() and len(given) < 19):
            self.errors["size"] = ["Invalid integer"]
            return None
        return int(given)

    def _told(self, made: ResourceRecord) -> ResourceRecord:
        """What stands in keys of our own (catalog.ckan_extras); what cannot be read so is kept as it was written."""
        table = resource_extensions()
        said = {key: self._json(key) for key in table if key in self.given}
        changed = {key: value for key, value in said.items() if value != (self.shown.get(key) or "")}
        gone = [name for name in FORGOTTEN if self.whole and self.had and name not in said]
        blank = ResourceRecord()
        gone += [key for key, value in changed.items() if not value and key in FORGOTTEN]
        made = replace(made, **{name: getattr(blank, name) for name in gone})
        made, unread = read(made, {key: value for key, value in changed.items() if value}, table)
        self.kept |= {key: said[key] for key in unread}
        return made

    def _json(self, name: str) -> str:
        value = self.given.get(name)
        if value in (None, "", [], {}):
            return ""
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def _extras(self, made: ResourceRecord) -> ResourceRecord:
        own = FIELDS | ANSWERED | set(KEPT) | set(resource_extensions())
        free = {one.key: one.value for one in made.extras if not one.key.startswith(AS_WRITTEN)}
        kept = {one.key[len(AS_WRITTEN) :]: one.value for one in made.extras if one.key.startswith(AS_WRITTEN)}
        given = {key: self._json(key) for key in self.given if key not in own and not key.startswith(AS_WRITTEN)}
        free = given if self.whole else free | given
        for name in KEPT:
            if self._is_changed(name):
                kept[name] = self._json(name)
        kept = {key: value for key, value in kept.items() if key in KEPT or not self._is_changed(key)} | self.kept
        marked = {AS_WRITTEN + key: value for key, value in kept.items()}
        return replace(made, extras=tuple(Extra(key, value) for key, value in (free | marked).items() if value))


def _flat(given: Given) -> dict[str, Json]:
    """What stands in an object of extras is beside the fields, as CKAN shows it."""
    inner = given.get("extras")
    return {**(inner if isinstance(inner, dict) else {}), **given}
