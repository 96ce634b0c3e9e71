"""Parts of DataCite metadata: people and bodies, what a record is related to, its rights, and who paid for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from opendata.catalog import identifiers
from opendata.catalog.licenses import License, licenses
from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import Contributor, ContributorRole, DisclosureStatus, Relation, Text
from opendata.export.entry import Entry, EntryFile
from opendata.export.names import name_of
from opendata.export.site import Site

Json = dict[str, Any]

UNAVAILABLE = ":unav"
FILE = "File"
"""relationTypeInformation of a HasPart that is a file of the record itself, and no other work."""

_KINDS = {
    ContributorRole.LEADER: "ProjectLeader",
    ContributorRole.EDITOR: "Editor",
    ContributorRole.CONTRIBUTOR: "Other",
    ContributorRole.PERFORMER: "Producer",
    ContributorRole.PUBLISHER: "Distributor",
}
"""contributorType; creators and funders have places of their own."""
_ROR, _ORCID = "https://ror.org", "https://orcid.org"

_RELATION_TYPES = """
    IsCitedBy Cites IsSupplementTo IsSupplementedBy IsContinuedBy Continues IsDescribedBy Describes HasMetadata
    IsMetadataFor HasVersion IsVersionOf IsNewVersionOf IsPreviousVersionOf IsPartOf HasPart IsPublishedIn
    IsReferencedBy References IsDocumentedBy Documents IsCompiledBy Compiles IsVariantFormOf IsOriginalFormOf
    IsIdenticalTo IsReviewedBy Reviews IsDerivedFrom IsSourceOf IsRequiredBy Requires IsObsoletedBy Obsoletes Collects
    IsCollectedBy HasTranslation IsTranslationOf Other
"""
RELATIONS = frozenset(_RELATION_TYPES.split())
"""relationType of schema 4.7."""
_SPDX = re.compile(
    r"CC-BY(-NC)?(-SA|-ND)?-[1-4]\.[05]|CC0-1\.0|CC-PDM-1\.0|PDDL-1\.0|ODC-By-1\.0|ODbL-1\.0|GFDL-1\.[123]"
    r"|OGL-UK-[123]\.0|OGL-Canada-2\.0|etalab-2\.0|DL-DE-(BY|ZERO)-2\.0|NLOD-[12]\.0|OGDL-Taiwan-1\.0|CDLA-.*|MirOS"
    r"|MIT(-0)?|Apache-[12]\.[01]|0?BSD(-.*)?|ISC|Zlib|BSL-1\.0|NCSA|PostgreSQL|Python-2\.0|W3C|Unlicense|WTFPL"
    r"|A?L?GPL-[23]\.[01]|MPL-[12]\.[01]|EPL-[12]\.0|EUPL-1\.[12]|CDDL-1\.0|Artistic-2\.0|AFL-3\.0|N?P?OSL-3\.0"
    r"|ECL-2\.0|CECILL-2\.1|MS-PL|OFL-1\.1|LPPL-1\.3c|MulanPSL-2\.0"
)
"""Those of our licence ids that are in the list of spdx.org."""


def creators(record: DatasetRecord) -> list[Json]:
    """Who made it. The schema demands somebody."""
    made = [_person(one) for one in record.contributors if one.role is ContributorRole.CREATOR and one.name]
    return made or [{"name": UNAVAILABLE}]


def contributors(record: DatasetRecord) -> list[Json]:
    """All others, with what each did; those whom to ask last."""
    found = [
        {**_person(one), "contributorType": _KINDS[one.role]}
        for one in record.contributors
        if one.role in _KINDS and one.name
    ]
    body = {"nameType": "Organizational", "contributorType": "Producer"}
    found += [{"name": one.value, **in_language(one.language or "und"), **body} for one in record.performer.values()]
    found += [{"name": one.name, "contributorType": "ContactPerson"} for one in record.contacts if one.name]
    return found


def _person(who: Contributor) -> Json:
    found: Json = {"name": who.name, "nameType": "Organizational" if who.is_organization else "Personal"}
    parts = name_of(who)
    if parts.family and parts.given:
        found |= {"givenName": parts.given, "familyName": parts.family}
    marks = []
    if who.orcid:
        marks.append(_mark(f"{_ORCID}/{who.orcid}", "ORCID", _ORCID))
    if who.ror and who.is_organization:
        marks.append(_mark(who.ror, "ROR", _ROR))
    if who.bin:
        marks.append(_mark(who.bin, "BIN"))
    if marks:
        found["nameIdentifiers"] = marks
    if who.affiliation:
        body: Json = {"name": who.affiliation}
        if who.ror and not who.is_organization:
            body |= {"affiliationIdentifier": who.ror, "affiliationIdentifierScheme": "ROR", "schemeUri": _ROR}
        found["affiliation"] = [body]
    return found


def _mark(value: str, scheme: str, address: str = "") -> Json:
    return {"nameIdentifier": value, "nameIdentifierScheme": scheme, **({"schemeUri": address} if address else {})}


def in_language(language: str) -> Json:
    """What says so of a text; nothing where its language is unknown."""
    return {"lang": language} if language else {}


def publisher(entry: Entry) -> Json:
    """The agency; of a record without one whoever its source names. The schema demands one."""
    organization = entry.record.organization
    if organization is not None and organization.title:
        title = _agency(entry)
        return {"name": title[0], **in_language(title[1])}
    named = (one for one in entry.record.contributors if one.role is ContributorRole.PUBLISHER and one.name)
    found = next(named, None)
    if found is None:
        return {"name": UNAVAILABLE}
    more = {"publisherIdentifier": found.ror, "publisherIdentifierScheme": "ROR", "schemeUri": _ROR}
    return {"name": found.name, **(more if found.ror else {})}


def _agency(entry: Entry) -> tuple[str, str]:
    """Its name and the language of that: the original one, for there is room for one."""
    organization = entry.record.organization
    values = organization.title.values() if organization else ()
    return (values[0].value, values[0].language) if values else (UNAVAILABLE, "")


def related(entry: Entry, site: Site, most: int) -> Json:
    """relatedIdentifiers, the files among them, and relatedItems for those of which only, or also, a title is known."""
    record = entry.record
    marks, works = [], []
    for one in record.relations:
        mark = _identifier(one, site)
        kind = _kind(one.kind)
        if mark:
            marks.append({"relatedIdentifier": mark[0], "relatedIdentifierType": mark[1], **kind})
        if one.title or not mark:
            works.append(_work(one, mark, kind))
    for file in entry.available[:most]:
        if address := site.download(record, file.resource):
            part = {"relatedIdentifier": address, "relatedIdentifierType": "URL", "relationType": "HasPart"}
            marks.append({**part, "relationTypeInformation": FILE, **_general(file)})
    return {"relatedIdentifiers": marks, "relatedItems": works}


def _general(file: EntryFile) -> Json:
    return {"resourceTypeGeneral": "Dataset"} if file.resource.role.value == "data" else {}


def _kind(kind: str) -> Json:
    return {"relationType": kind} if kind in RELATIONS else {"relationType": "Other", "relationTypeInformation": kind}


def _work(one: Relation, mark: tuple[str, str] | None, kind: Json) -> Json:
    title = one.title or Text(other=one.target)
    found: Json = {
        "relatedItemType": "Other",
        **kind,
        "titles": [{"title": name.value, **in_language(name.language)} for name in title.values()],
    }
    if mark:
        found["relatedItemIdentifier"] = {"relatedItemIdentifier": mark[0], "relatedItemIdentifierType": mark[1]}
    return found


def _identifier(one: Relation, site: Site) -> tuple[str, str] | None:
    """The identifier of what is related, and its type; None where what is known of it is none."""
    if one.target_id:
        return site.permanent(one.target_id), "URL"
    target = one.target.strip()
    lower = target.lower()
    if lower.startswith(("https://doi.org/", "http://doi.org/", "http://dx.doi.org/", "doi:", "10.")):
        doi = identifiers.doi(target)
        return (doi, "DOI") if doi else None
    if "hdl.handle.net/" in lower:
        return identifiers.handle(target) or target, "Handle"
    if lower.startswith(("http://", "https://")):
        return target, "URL"
    if lower.startswith("urn:"):
        return target, "URN"
    scheme, colon, rest = target.partition(":")
    known = {"isbn": "ISBN", "issn": "ISSN", "arxiv": "arXiv", "pmid": "PMID", "eissn": "EISSN", "lissn": "LISSN"}
    return (rest, known[scheme.lower()]) if colon and rest and scheme.lower() in known else None


def rights(entry: Entry) -> list[Json]:
    """The licence, the source's own words for it, and whether the files can be had."""
    record, found = entry.record, []
    known = entry.verdict.license
    if known and record.license_id:
        found.append(_license(known))
    elif record.license_id:
        found.append({"rights": record.license_id})
    shown = {one.value for one in known.title.values()} if known else set()
    if record.license_text and record.license_text not in shown:
        found.append({"rights": record.license_text})
    level = access_level(entry)
    return [*found, {"rights": level[1], "rightsUri": level[0]}] if level else found


def _license(known: License) -> Json:
    found: Json = {"rights": known.title.show("en").value, "lang": "en"}
    if known.url:
        found["rightsUri"] = known.url
    if known.id in licenses() and _SPDX.fullmatch(known.id):
        spdx = {"rightsIdentifierScheme": "SPDX", "schemeUri": "https://spdx.org/licenses/"}
        found |= {"rightsIdentifier": known.id, **spdx}
    return found


def access_level(entry: Entry) -> tuple[str, str] | None:
    """The access right of info:eu-repo, which OpenAIRE asks for, and its name; None for a record without files."""
    if not entry.files:
        return None
    disclosure = entry.disclosure
    name = "open"
    if not any(one.disclosure.status in (DisclosureStatus.OPEN, DisclosureStatus.PARTLY) for one in entry.files):
        name = "embargoed" if disclosure.status is DisclosureStatus.EMBARGOED else "restricted"
    return f"info:eu-repo/semantics/{name}Access", f"{name} access"


def funding(entry: Entry, site: Site) -> list[Json]:
    """The commissioned study with its contracts, under the agency that commissioned it; and who else paid."""
    found = list(_awards(entry, site))
    for one in entry.record.contributors:
        if one.role is ContributorRole.FUNDER and one.name:
            mark = {"funderIdentifier": one.ror, "funderIdentifierType": "ROR", "schemeUri": _ROR} if one.ror else {}
            found.append({"funderName": one.name, **mark})
    return found


def _awards(entry: Entry, site: Site) -> Iterator[Json]:
    record, study = entry.record, entry.record.study
    numbers = [record.register_number or (study.register_number if study else "")]
    numbers += list(study.contract_numbers) if study else []
    funder = {"funderName": _agency(entry)[0]}
    about: Json = {"awardTitle": study.title.values()[0].value, "awardUri": site.study(study)} if study else {}
    for number in dict.fromkeys(filter(None, numbers)):
        yield {**funder, "awardNumber": number, **about}
    if study and not any(numbers):
        yield {**funder, **about}
