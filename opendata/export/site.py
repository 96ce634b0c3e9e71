"""The site as an export names it: what it is called, in which terms its metadata stand, and its absolute addresses."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from opendata.catalog.records import DatasetRecord, ResourceRecord, StudyRef
from opendata.catalog.values import OrganizationRef, Text
from opendata.config import Config

DESCRIPTION = Text(
    kk="Мемлекет тапсырысымен жасалған зерттеулер бір ашық каталогта.",
    ru="Исследования, выполненные по заказу государства, в одном открытом каталоге.",
    en="Research commissioned by government, in one open catalogue.",
    original="en",
)
"""What a catalogue says of itself whose operator has written nothing else."""


@dataclass(frozen=True, slots=True)
class Site:
    """One catalogue. `url` has no slash at its end; every address is absolute and carries no language."""

    url: str
    title: str
    description: Text = DESCRIPTION
    language: str = "en"
    languages: tuple[str, ...] = ("kk", "ru", "en")
    contact_email: str = ""
    publisher: str = ""
    metadata_license_id: str = ""
    timezone: str = "UTC"

    @classmethod
    def of(cls, config: Config, url: str = "") -> Site:
        """As the settings have it; `url` where the door knows better where the site lives."""
        given = config.site
        return cls(
            url=(url or given.url or "http://localhost").rstrip("/"),
            title=given.title,
            description=Text(other=given.description) if given.description else DESCRIPTION,
            language=config.languages.default,
            languages=tuple(config.languages.enabled),
            contact_email=given.contact_email,
            publisher=given.publisher or given.title,
            metadata_license_id=given.metadata_license_id,
            timezone=given.timezone,
        )

    def dataset(self, record: DatasetRecord, suffix: str = "") -> str:
        """The page of a dataset; with a `suffix` ("bib") the record in that format."""
        return f"{self.url}/dataset/{record.slug}" + (f".{suffix}" if suffix else "")

    def permanent(self, record_id: UUID | None) -> str:
        """The URI that stays, whatever becomes of the slug: of a dataset, a study or an organization."""
        return f"{self.url}/id/{record_id}"

    def resource(self, record: DatasetRecord, resource: ResourceRecord) -> str:
        """The page of a file."""
        return f"{self.url}/dataset/{record.slug}/resource/{resource.id}"

    def download(self, record: DatasetRecord, resource: ResourceRecord) -> str:
        """Where everybody has the file: here where we hold it, else at its source; "" where nobody may have it."""
        if not resource.stored:
            return resource.download_url or resource.access_url
        name = quote(resource.filename.replace("/", "_"), safe="")
        return f"{self.resource(record, resource)}/download" + (f"/{name}" if name else "")

    def study(self, ref: StudyRef) -> str:
        """The page of a study."""
        return f"{self.url}/study/{ref.slug}"

    def organization(self, ref: OrganizationRef) -> str:
        """The page of an agency; "" for one that has none."""
        return f"{self.url}/organization/{ref.slug}" if ref.slug else ""
