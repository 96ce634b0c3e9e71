"""From the rows of the sheets to records: what one row says, with the rows of other sheets that belong to it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

from opendata.catalog.people import contributor
from opendata.catalog.records import DatasetRecord, DatasetType, ResourceRecord, ResourceRole
from opendata.catalog.upload_problems import CellProblem
from opendata.catalog.values import (
    ContactPoint,
    Contributor,
    ContributorRole,
    Disclosure,
    DisclosureStatus,
    Extra,
    Identifier,
    OrganizationRef,
    Period,
    Text,
)
from opendata.reading.sheets.files import FileCell, Files
from opendata.reading.sheets.tables import Row
from opendata.reading.sheets.values import Values

RAW_TYPE = "application/json"
_REPORTS = frozenset(
    (ResourceRole.INTERIM_REPORT, ResourceRole.FINAL_REPORT, ResourceRole.SUMMARY, ResourceRole.UTILISATION)
)


@dataclass(slots=True)
class Draft:
    """One dataset of an upload. `parts` are the rows of other sheets that speak of it."""

    row: Row
    key: str
    record: DatasetRecord
    openers: dict[str, Callable[[], BinaryIO]] = field(default_factory=dict)
    parts: list[Row] = field(default_factory=list)

    @property
    def problems(self) -> list[CellProblem]:
        """Everything wrong with it, on every sheet."""
        return [problem for row in (self.row, *self.parts) for problem in row.problems]

    @property
    def is_good(self) -> bool:
        """Whether it may be published."""
        return not any(problem.is_error for problem in self.problems)

    def naming(self, file: ResourceRecord) -> tuple[Row, str]:
        """The row and the column that name the file."""
        name = file.filename.casefold()
        for row in (*self.parts, self.row):
            for column in ("file", "files"):
                if name and name in row.get(column).replace("\\", "/").casefold():
                    return row, column
        return self.row, "files"

    def raw(self) -> bytes:
        """Everything that its rows say, as JSON."""
        said = [{"sheet": row.kind, **{name: cell.value for name, cell in row.cells.items()}, **row.others}
                for row in (self.row, *self.parts)]  # fmt: skip
        return json.dumps(said, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")


def draft(row: Row, files: Files, file_rows: Sequence[Row], people_rows: Sequence[Row], today: dt.date) -> Draft:
    """The record of a row; what is wrong is noted at the rows."""
    values = Values(row, today)
    found = values.read()
    title = values.text("title")
    if not title and not any(problem.field.startswith("title") for problem in row.problems):
        row.problems.append(row.problem("no_title", "title_ru" if "title_ru" in row.cells else "title"))
    kind = ResourceRole(found["report_kind"]) if "report_kind" in found else None
    disclosure = _disclosure(values, Disclosure())
    resources, openers = _resources(values, files, file_rows, disclosure, kind)
    license_id, license_text = found.get("license", ("", ""))
    period = found.get("period", Period())
    record = DatasetRecord(
        title=title,
        type=found.get("type") or (DatasetType.REPORT if kind in _REPORTS else DatasetType.DATASET),
        identifier=found.get("identifier", ""),
        description=values.text("description"),
        keywords=found.get("keywords", ()),
        themes=found.get("theme", ()),
        subjects=found.get("grnti", ()),
        performer=Text.of(found.get("performer", "")),
        contributors=_people(found, people_rows, today),
        contacts=_contacts(found),
        license_id=license_id,
        license_text=license_text,
        identifiers=_identifiers(found),
        issued=found.get("issued"),
        languages=found.get("language", ()),
        frequency=found.get("frequency", ""),
        temporal=period,
        spatial=found.get("spatial", ""),
        landing_page=found.get("landing_page", ""),
        version=found.get("version", ""),
        resources=resources,
        extras=tuple(Extra(heading, value) for heading, value in (*_of_no_study(row), *row.others.items())),
        register_number=found.get("register_number", ""),
        report_number=found.get("report_number", ""),
    )
    return Draft(row, natural_key(record, kind), record, openers, [*file_rows, *people_rows])


def _of_no_study(row: Row) -> list[tuple[str, str]]:
    """What columns of a study say where no study or no contract is named: it is kept as it is."""
    told = row.get("register_number") and {"study_title", "performer_bin"}
    named = row.get("register_number") and row.get("contract_number")
    cells = [cell for cell in row.cells.values() if cell.column.of == "study" and not named]
    return [(cell.heading, cell.value) for cell in cells if not told or cell.column.name not in told]


def natural_key(record: DatasetRecord, kind: ResourceRole | None) -> str:
    """What tells a row from others and is the same when it is uploaded again.

    The identifier, else the DOI, else register number, kind of report and period together: a register number alone
    names a study. Where nothing of these is given, the title.
    """
    if record.identifier:
        return record.identifier
    for one in record.identifiers:
        if one.scheme == "doi":
            return f"doi:{one.value}"
    if record.register_number and kind:
        period = f"{record.temporal.start or ''}/{record.temporal.end or ''}" if record.temporal else ""
        return f"report:{record.register_number}:{kind}:{period}"
    title = next(iter(record.title.values()), None)
    return f"title:{' '.join(title.value.casefold().split())[:800]}" if title else ""


def with_organization(made: Draft, organization: OrganizationRef) -> Draft:
    """The draft under another organisation than the uploading one."""
    return replace(made, record=replace(made.record, organization=organization))


def _disclosure(values: Values, default: Disclosure) -> Disclosure:
    """What the columns of access say; `default` where they are empty."""
    found = values.found
    status, until = found.get("disclosure"), found.get("embargo_until")
    if status is None and until is None:
        return default
    if status in (None, DisclosureStatus.OPEN):
        if until:
            values.wrong("day_without_embargo", "embargo_until")
        status = DisclosureStatus.EMBARGOED if until else DisclosureStatus.OPEN
    if status is DisclosureStatus.EMBARGOED and until is None and not values.row.get("embargo_until"):
        values.wrong("embargo_without_day", "disclosure")
    return Disclosure(status, until, found.get("legal_ground", ""))


def _resources(
    values: Values, files: Files, rows: Sequence[Row], disclosure: Disclosure, kind: ResourceRole | None
) -> tuple[tuple[ResourceRecord, ...], dict[str, Callable[[], BinaryIO]]]:
    """The files: those with rows of their own, then those of the dataset's cell, each once."""
    said = [(row, Values(row, values.today)) for row in rows]
    cells = [(FileCell(row, one.read().get("file", ""), "file"), one) for row, one in said]
    told = {cell.key for cell, _ in cells}
    for name in values.found.get("files", ()):
        cell = FileCell(values.row, name, "files")
        if cell.key not in told:
            cells.append((cell, values))
            told.add(cell.key)
    made: list[ResourceRecord] = []
    openers: dict[str, Callable[[], BinaryIO]] = {}
    for cell, own in cells:
        resource, opener = files.resource(cell, len(made))
        if resource is None:
            continue
        resource = replace(resource, role=kind or resource.role) if not made else resource
        made.append(
            _described(resource, own, disclosure) if own is not values else replace(resource, disclosure=disclosure)
        )
        if opener:
            openers[resource.key] = opener
    return tuple(made), openers


def _described(resource: ResourceRecord, values: Values, disclosure: Disclosure) -> ResourceRecord:
    """The resource with what its own row says, else with what its dataset says of all its files."""
    said = values.found
    license_id, license_text = said.get("license", ("", ""))
    return replace(
        resource,
        name=values.text("name") or resource.name,
        role=ResourceRole(said["role"]) if "role" in said else resource.role,
        language=next(iter(said.get("language", ())), ""),
        license_id=license_id,
        license_text=license_text,
        disclosure=_disclosure(values, disclosure),
    )


def _people(found: Mapping[str, Any], rows: Sequence[Row], today: dt.date) -> tuple[Contributor, ...]:
    made = [contributor(name, ContributorRole.LEADER) for name in found.get("leader", ())]
    made += [contributor(name) for name in found.get("creators", ())]
    for row in rows:
        said = Values(row, today).read()
        if name := said.get("person"):
            role = ContributorRole(said.get("role", ContributorRole.CREATOR))
            person = contributor(name, role, hint=said.get("orcid", ""))
            made = [one for one in made if (one.name, one.role) != (person.name, person.role)]
            made.append(replace(person, affiliation=said.get("affiliation", "")))
    return tuple(made)


def _contacts(found: Mapping[str, Any]) -> tuple[ContactPoint, ...]:
    contact = ContactPoint(found.get("contact_name", ""), found.get("contact_email", ""))
    return (contact,) if contact != ContactPoint() else ()


def _identifiers(found: Mapping[str, Any]) -> tuple[Identifier, ...]:
    stated = [("doi", found.get("doi", "")), ("contract_number", found.get("contract_number", ""))]
    return tuple(Identifier(scheme, value) for scheme, value in stated if value)
