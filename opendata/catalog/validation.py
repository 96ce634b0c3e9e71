"""What every record must keep to before it is stored, whatever it came from.

A record is rejected (a problem of severity "error") only when it is itself unusable: it has no title. All else is
mended, cut to its bound or left out, and said in a warning; the raw record keeps what was given.
"""

from __future__ import annotations

from dataclasses import replace

from opendata.catalog import identifiers, vocabularies
from opendata.catalog.cleaner import LINE, LONG, NAME, SHOWN, Cleaner, filename, media_type
from opendata.catalog.formats import format_of
from opendata.catalog.records import Contract, DatasetRecord, Performer, ResourceRecord, StudyRecord, Utilisation
from opendata.catalog.values import Text
from opendata.errors import Problem

TITLE_FROM_FILE_NAME = "title_from"
"""The extra by which a harvester says that it had no title but the file's name, so that a better one may replace it."""

MAX_TITLE = 2_000
MAX_RESOURCES = 1_000
MAX_CONTRIBUTORS = 500


def validate(record: DatasetRecord) -> list[Problem]:
    """Everything that is wrong with a record, errors first; empty where nothing is."""
    return clean(record)[1]


def validate_study(record: StudyRecord) -> list[Problem]:
    """Everything that is wrong with a study, errors first; empty where nothing is."""
    return clean_study(record)[1]


def _problems(cleaner: Cleaner, title: Text) -> list[Problem]:
    if title:
        return cleaner.problems
    missing = Problem("no_title", "the record has no title", "title", hint="Give a title in at least one language")
    return [missing, *cleaner.problems]


def clean(record: DatasetRecord) -> tuple[DatasetRecord, list[Problem]]:
    """The record as it may be stored, and what was wrong. With an error among the problems it must not be stored."""
    cleaner = Cleaner()
    title = cleaner.text(record.title, "title", MAX_TITLE)
    resources = _resources(cleaner, record.resources)
    license_id, license_text = cleaner.license(record.license_id, record.license_text, "license_id")
    stated = cleaner.language_codes((*record.languages, *(one.language for one in resources)))
    cleaned = replace(
        record,
        title=title,
        identifier=cleaner.line(record.identifier, "identifier"),
        description=cleaner.text(record.description, "description", LONG, lines=True),
        table_of_contents=cleaner.text(record.table_of_contents, "table_of_contents", LONG, lines=True),
        keywords=cleaner.keywords(record.keywords),
        themes=cleaner.each(record.themes, "themes", 50, cleaner.theme),
        subjects=cleaner.each(record.subjects, "subjects", 50, cleaner.subject),
        organization=cleaner.organization(record.organization),
        performer=cleaner.text(record.performer, "performer", LINE),
        contributors=cleaner.each(record.contributors, "contributors", MAX_CONTRIBUTORS, cleaner.contributor),
        contacts=cleaner.each(record.contacts, "contacts", 20, cleaner.contact),
        license_id=license_id,
        license_text=license_text,
        identifiers=cleaner.each(record.identifiers, "identifiers", 100, cleaner.identifier),
        languages=stated or (() if _has_file_name_for_title(record) else _title_language(title)),
        frequency=_frequency(cleaner, record.frequency),
        temporal=cleaner.period(record.temporal, "temporal"),
        spatial=cleaner.line(record.spatial, "spatial"),
        bbox=cleaner.bbox(record.bbox),
        landing_page=cleaner.url(record.landing_page, "landing_page"),
        version=cleaner.line(record.version, "version", 100),
        relations=cleaner.each(record.relations, "relations", 200, cleaner.relation),
        resources=resources,
        extras=cleaner.each(record.extras, "extras", 200, cleaner.extra),
        register_number=_register_number(cleaner, record.register_number),
        report_number=cleaner.line(record.report_number, "report_number", 100),
    )
    return cleaned, _problems(cleaner, title)


def _title_language(title: Text) -> tuple[str, ...]:
    """The language of a title that stands in one language alone: the best that is known where nothing was stated."""
    there = {one.language for one in title.values()} - {""}
    return tuple(there) if len(there) == 1 else ()


def _has_file_name_for_title(record: DatasetRecord) -> bool:
    return any(extra.key == TITLE_FROM_FILE_NAME for extra in record.extras)


def _frequency(cleaner: Cleaner, value: str) -> str:
    found = vocabularies.frequency_of(value) if value else ""
    if value.strip() and not found:
        said = f"the frequency {value[:SHOWN]!r} is not known and was left out"
        cleaner.warn("unknown_frequency", "frequency", said, value=value)
    return found


def _register_number(cleaner: Cleaner, value: str) -> str:
    known = identifiers.register_number(value) or identifiers.registration_number(value)
    return known or cleaner.line(value, "register_number", 100) if value else ""


def _resources(cleaner: Cleaner, given: tuple[ResourceRecord, ...]) -> tuple[ResourceRecord, ...]:
    """The resources, each with a key of its own, since harvests and stores tell them apart by it."""
    taken: dict[str, int] = {}
    kept = []
    for one in cleaner.some(given, "resources", MAX_RESOURCES):
        resource = _resource(cleaner, one)
        key = resource.key or resource.download_url or resource.access_url or resource.filename or "file"
        taken[key] = taken.get(key, 0) + 1
        if taken[key] > 1:
            key = f"{key}#{taken[key]}"
        kept.append(resource if key == resource.key else replace(resource, key=key))
    return tuple(kept)


def _resource(cleaner: Cleaner, one: ResourceRecord) -> ResourceRecord:
    license_id, license_text = cleaner.license(one.license_id, one.license_text, "resources.license_id")
    download_url = cleaner.url(one.download_url, "resources.download_url")
    name = filename(one.filename) if one.filename else ""
    # The upper bound is what a database's integer can hold.
    size = one.byte_size if one.byte_size is not None and 0 <= one.byte_size < 2**63 else None
    checksum = one.checksum.strip().lower()
    return replace(
        one,
        key=cleaner.line(one.key, "resources.key", 2_000),
        name=cleaner.text(one.name, "resources.name", LINE),
        description=cleaner.text(one.description, "resources.description", LONG, lines=True),
        filename=name,
        format=format_of(one.format, one.media_type, name or download_url) or cleaner.line(one.format, "format", 50),
        media_type=media_type(one.media_type),
        byte_size=size,
        checksum=checksum if len(checksum) == 64 and set(checksum) <= set("0123456789abcdef") else "",
        download_url=download_url,
        access_url=cleaner.url(one.access_url, "resources.access_url"),
        language=next(iter(cleaner.language_codes((one.language,))), ""),
        license_id=license_id,
        license_text=license_text,
        disclosure=cleaner.disclosure(one.disclosure),
        fetch_problem=cleaner.line(one.fetch_problem, "resources.fetch_problem"),
        extras=cleaner.each(one.extras, "resources.extras", 100, cleaner.extra),
    )


def clean_study(record: StudyRecord) -> tuple[StudyRecord, list[Problem]]:
    """The study as it may be stored, and what was wrong. With an error among the problems it must not be stored."""
    cleaner = Cleaner()
    title = cleaner.text(record.title, "title", MAX_TITLE)
    cleaned = replace(
        record,
        title=title,
        register_number=_register_number(cleaner, record.register_number),
        description=cleaner.text(record.description, "description", LONG, lines=True),
        keywords=cleaner.keywords(record.keywords),
        subjects=cleaner.each(record.subjects, "subjects", 50, cleaner.subject),
        themes=cleaner.each(record.themes, "themes", 50, cleaner.theme),
        organization=cleaner.organization(record.organization),
        unit=cleaner.text(record.unit, "unit", LINE),
        programme=cleaner.text(record.programme, "programme", LINE),
        call=cleaner.text(record.call, "call", LINE),
        priority=cleaner.text(record.priority, "priority", LINE),
        official=cleaner.line(record.official, "official", NAME),
        performers=tuple(_performer(cleaner, one) for one in cleaner.some(record.performers, "performers", 100)),
        contracts=tuple(_contract(cleaner, one) for one in cleaner.some(record.contracts, "contracts", 100)),
        period=cleaner.period(record.period, "period"),
        disclosure=cleaner.disclosure(record.disclosure),
        evaluation=cleaner.text(record.evaluation, "evaluation", LONG, lines=True),
        utilisations=tuple(
            _utilisation(cleaner, one) for one in cleaner.some(record.utilisations, "utilisations", 200)
        ),
    )
    return cleaned, _problems(cleaner, title)


def _performer(cleaner: Cleaner, one: Performer) -> Performer:
    name = cleaner.text(one.name, "performers", LINE)
    return Performer(
        name,
        cleaner.checked("bin", one.bin, identifiers.bin_number, str(name.show("ru"))),
        cleaner.checked("ror", one.ror, identifiers.ror, str(name.show("ru"))),
        cleaner.each(one.people, "performers.people", MAX_CONTRIBUTORS, cleaner.contributor),
    )


def _contract(cleaner: Cleaner, one: Contract) -> Contract:
    amount = one.amount
    if amount is not None and not (amount.is_finite() and 0 <= amount < 10**15):
        said = f"the amount {amount} is not one that can be paid and was left out"
        cleaner.warn("bad_amount", "contracts", said, value=amount)
        amount = None
    currency = one.currency.strip().upper()
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        said = f"{one.currency[:20]!r} is no ISO 4217 code; KZT was taken"
        cleaner.warn("bad_currency", "contracts", said, value=one.currency)
        currency = "KZT"
    return replace(
        one,
        contract_number=cleaner.line(one.contract_number, "contracts", 200),
        amount=amount,
        currency=currency,
        contract_type=cleaner.line(one.contract_type, "contracts", 200),
        deliverables=tuple(
            replace(owed, period=cleaner.line(owed.period, "deliverables", 100))
            for owed in cleaner.some(one.deliverables, "deliverables", 200)
        ),
    )


def _utilisation(cleaner: Cleaner, one: Utilisation) -> Utilisation:
    return Utilisation(
        cleaner.line(one.kind, "utilisations", 200),
        cleaner.text(one.description, "utilisations", LONG, lines=True),
        one.date,
        cleaner.url(one.url, "utilisations"),
    )
