"""What one call gives of each field of a dataset, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from opendata.catalog.cleaner import is_email
from opendata.export.site import Site
from opendata.web.ckan_api.errors import ValidationError
from opendata.web.ckan_api.params import Params

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


@dataclass
class PackageFields:
    """Reads one call. `whole`: what is not given is none, but for what CKAN keeps; else it stays as it is.

    `owned`: an organization must be named.
    """

    data: Params
    site: Site
    whole: bool
    owned: bool = False
    errors: dict[str, Any] = field(default_factory=dict)

    def is_given(self, name: str) -> bool:
        """Whether something is said of the field, and be it empty."""
        return name in self.data and self.data[name] is not None

    def is_meant(self, *names: str) -> bool:
        """Whether one of the fields is to be written: it is given, or all of them go."""
        return self.whole or any(name in self.data for name in names)

    def wrong(self, name: str, message: str) -> None:
        """Note what is wrong with a field."""
        self.errors.setdefault(name, []).append(message)

    def text(self, name: str) -> str:
        """The text of the field, "" where it has none; what is no text is noted."""
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

    def email(self, name: str) -> str:
        """The address in the field; what is none is noted."""
        value = self.text(name)
        if value and not is_email(value):
            self.wrong(name, f"Email {value[:100]} is not a valid format")
        return value
