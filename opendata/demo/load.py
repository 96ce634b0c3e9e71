"""Reads the demonstration content: texts from `content/`, bytes from `files/`.

Identifiers ("demo:…") never change, so that loading twice changes nothing. Only days which must be near the day of
loading (an embargo that still runs, a report that is overdue) are counted from it.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable

from opendata.catalog.records import (
    Contract,
    DatasetRecord,
    DatasetType,
    Deliverable,
    DeliverableKind,
    Performer,
    ResourceRecord,
    ResourceRole,
    StudyRecord,
    StudyStatus,
    Utilisation,
)
from opendata.catalog.values import ContactPoint, Contributor, ContributorRole, OrganizationRef, Relation, Text
from opendata.demo import parts
from opendata.demo.parts import Table
from opendata.demo.records import DemoContent, DemoDataset

IDENTIFIER_PREFIX = "demo:"
"""Every identifier of the demonstration content begins with it."""


def demo_content(today: dt.date) -> DemoContent:
    """The whole demonstration content as it is to be loaded on `today` (site's time zone)."""
    root = files("opendata.demo") / "content"
    reader = _Reader(_toml(root / "common.toml"), today)
    tables = [_toml(file) for file in sorted((root / "studies").iterdir(), key=lambda file: file.name)]
    return DemoContent(
        organizations=tuple(reader.organizations.values()),
        studies=tuple(reader.study(table["study"]) for table in tables),
        datasets=tuple(
            reader.dataset(dataset, table["study"]) for table in tables for dataset in table.get("dataset", ())
        ),
    )


def _toml(file: Traversable) -> Table:
    return tomllib.loads(file.read_text(encoding="utf-8"))


class _Reader:
    """Makes records of tables; holds what they share: organisations, performers, programmes, names of files."""

    def __init__(self, common: Table, today: dt.date) -> None:
        self._common = common
        self._today = today
        self.organizations = {slug: _organization(slug, table) for slug, table in common["organization"].items()}

    def study(self, table: Table) -> StudyRecord:
        common = self._common
        return StudyRecord(
            title=parts.text(table["title"], "ru"),
            register_number=table["register_number"],
            slug=table["slug"],
            description=parts.text(table["description"], "ru"),
            keywords=parts.keywords(table["keywords"]),
            subjects=parts.subjects(table),
            themes=tuple(table["themes"]),
            organization=self.organizations[table["organization"]],
            unit=parts.text(common["unit"][table["unit"]]),
            official=table["official"],
            performers=(self._performer(table),),
            programme=parts.text(common["programme"][table["programme"]]),
            call=parts.text(common["call"][table["call"]]),
            priority=parts.text(common["priority"][table["priority"]]),
            contracts=tuple(self._contract(contract) for contract in table["contract"]),
            period=parts.period(table),
            status=StudyStatus(table["status"]),
            disclosure=parts.disclosure(table.get("disclosure"), self._today),
            evaluation=parts.text(table.get("evaluation")),
            utilisations=tuple(_utilisation(item) for item in table.get("utilisation", ())),
            demo=True,
        )

    def dataset(self, table: Table, study: Table) -> DemoDataset:
        resources = tuple(self._resource(item, place) for place, item in enumerate(table["resource"]))
        folder = files("opendata.demo") / "files"
        return DemoDataset(
            record=self._record(table, study, resources),
            study_register_number=study["register_number"],
            files={resource.key: folder / resource.filename for resource in resources if not resource.access_url},
            withdrawn_reason=parts.text(table.get("withdrawn_reason")),
            fulfils=tuple((number, int(position)) for number, position in table.get("fulfils", ())),
        )

    def _record(self, table: Table, study: Table, resources: tuple[ResourceRecord, ...]) -> DatasetRecord:
        original = table.get("original", "ru")
        organization = self.organizations[study["organization"]]
        performer = parts.text(self._common["performer"][study["performer"]]["name"])
        return DatasetRecord(
            title=parts.text(table["title"], original),
            type=DatasetType(table["type"]),
            slug=table["slug"],
            identifier=_identifier(table["slug"]),
            description=parts.text(table["description"], original),
            table_of_contents=parts.text(table.get("contents"), original),
            keywords=parts.keywords(table.get("keywords", study["keywords"])),
            themes=tuple(study["themes"]),
            subjects=parts.subjects(study),
            organization=organization,
            performer=performer,
            contributors=_authors(table, study, performer),
            contacts=(ContactPoint(study["official"], f"{organization.slug}@opendata.example"),),
            license_id=table.get("license_id", "CC-BY-4.0"),
            license_text=table.get("license_text", ""),
            issued=parts.partial(table["issued"]),
            modified=parts.partial(table.get("modified")),
            languages=tuple(table["languages"]),
            frequency=table.get("frequency", ""),
            temporal=parts.period(table),
            spatial=table.get("spatial", ""),
            bbox=parts.bbox(table.get("bbox")),
            version=table.get("version", ""),
            relations=tuple(Relation(kind, _identifier(slug)) for kind, slug in table.get("relations", ())),
            resources=resources,
            register_number=study["register_number"],
            report_number=table.get("report_number", ""),
            demo=True,
        )

    def _performer(self, study: Table) -> Performer:
        table = self._common["performer"][study["performer"]]
        return Performer(parts.text(table["name"]), bin=table["bin"], people=parts.people(study["people"]))

    def _contract(self, table: Table) -> Contract:
        owed = tuple(
            Deliverable(
                DeliverableKind(item["kind"]),
                period=item.get("period", ""),
                due=parts.day(item["due"], self._today),
                delivered=parts.optional_day(item.get("delivered"), self._today),
                accepted=parts.optional_day(item.get("accepted"), self._today),
                returned=item.get("returned", 0),
                withheld=item.get("withheld", False),
            )
            for item in table["deliverable"]
        )
        signed = parts.day(table["signed"], self._today)
        return Contract(table["number"], signed, Decimal(table["amount"]), "KZT", table["type"], owed)

    def _resource(self, table: Table, position: int) -> ResourceRecord:
        name = table["name"]
        return ResourceRecord(
            key=table["key"],
            name=parts.text(self._common["name"][name] if isinstance(name, str) else name),
            description=parts.text(table.get("description")),
            role=ResourceRole(table["role"]),
            position=position,
            filename=table.get("file", ""),
            format=table["format"],
            access_url=table.get("access_url", ""),
            language=table.get("language", ""),
            license_id=table.get("license_id", ""),
            disclosure=parts.disclosure(table.get("disclosure"), self._today),
        )


def _identifier(slug: str) -> str:
    return IDENTIFIER_PREFIX + slug.removeprefix("demo-")


def _organization(slug: str, table: Table) -> OrganizationRef:
    return OrganizationRef(
        slug=slug,
        title=parts.text(table["title"], "kk"),
        identifier=_identifier(f"organization:{slug}"),
        description=parts.text(table["description"], "kk"),
        parent=table.get("parent", ""),
    )


def _utilisation(table: Table) -> Utilisation:
    return Utilisation(table["kind"], parts.text(table["description"]), parts.partial(table.get("date")))


def _authors(table: Table, study: Table, performer: Text) -> tuple[Contributor, ...]:
    """The people of the study as authors, or the performing body alone where the table says so."""
    body = Contributor(performer.ru, ContributorRole.CREATOR, is_organization=True)
    if table.get("by_body"):
        return (body,)
    found = parts.people(study["people"], performer.ru)
    return tuple(
        Contributor(person.name, ContributorRole.CREATOR, person.orcid, person.affiliation) for person in found
    )
