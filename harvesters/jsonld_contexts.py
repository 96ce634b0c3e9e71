"""The JSON-LD contexts that catalogues name by an address: kept here, since none is ever fetched from where it says.

One table serves all of them: Project Open Data 1.1 and DCAT-US, and the generated names of DCAT-AP ("Dataset.title",
"releaseDate"). It says which term a name means, by the specifications of these profiles.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from harvesters.rdf_terms import ADDRESSES

_KNOWN = re.compile(
    r"project-open-data\.cio\.gov|resources\.data\.gov|dcat-?us|dcat-?ap|w3\.org/ns/(?:dcat|hydra)|/hydra/|"
    r"w3\.org/ns/adms|purl\.org/dc",
    re.IGNORECASE,
)
_LINKS = """
dcat:dataset=dataset,datasets dcat:distribution=distribution,datasetDistribution,distributions
dcat:catalog=catalog,catalogue dcat:service=service dcat:record=record dcat:accessService=accessService
dcat:servesDataset=servesDataset dct:publisher=publisher dct:creator=creator dct:contributor=contributor
dcat:contactPoint=contactPoint dcat:inSeries=inSeries dcat:prev=previous,prev dcat:next=next dcat:first=first
dcat:last=last dcat:seriesMember=seriesMember dcat:accessURL=accessURL dcat:downloadURL=downloadURL
dcat:landingPage=landingPage foaf:homepage=homepage foaf:page=page,documentation dct:spatial=geographicalCoverage
dct:temporal=temporalCoverage org:subOrganizationOf=subOrganizationOf spdx:checksum=checksum
adms:identifier=otherIdentifier dct:accessRights=accessRights dcat:qualifiedRelation=qualifiedRelation
dct:provenance=provenance prov:wasGeneratedBy=wasGeneratedBy prov:qualifiedAttribution=qualifiedAttribution
dct:isVersionOf=isVersionOf dct:source=source dct:isReferencedBy=isReferencedBy vcard:hasEmail=hasEmail
vcard:hasURL=hasURL hydra:view=view hydra:next=hydra-next
"""
_TEXTS = """
dct:title=title dct:description=description dct:identifier=identifier dct:issued=issued,releaseDate
dct:modified=modified,modificationDate,updateDate dct:language=language dcat:keyword=keyword
dct:license=license,licence dct:rights=rights dct:format=format dcat:mediaType=mediaType dcat:byteSize=byteSize
dct:conformsTo=conformsTo dct:spatial=spatial dct:temporal=temporal dct:accrualPeriodicity=accrualPeriodicity
dct:references=references dct:isPartOf=isPartOf dct:type=type dct:relation=relation dct:created=created
dcat:version=version adms:versionNotes=versionNotes foaf:name=name vcard:fn=fn vcard:hasTelephone=hasTelephone
vcard:organization-name=organization-name wdrs:describedby=describedBy pod:describedByType=describedByType
pod:accessLevel=accessLevel pod:bureauCode=bureauCode pod:programCode=programCode pod:dataQuality=dataQuality
pod:systemOfRecords=systemOfRecords pod:primaryITInvestmentUII=primaryITInvestmentUII skos:prefLabel=prefLabel
rdfs:label=label dcat:startDate=startDate dcat:theme=theme dct:accrualPeriodicity=frequency dcat:endDate=endDate
dcat:bbox=bbox dcat:centroid=centroid locn:geometry=geometry spdx:checksumValue=checksumValue
dcatap:availability=availability hydra:totalItems=totalItems skos:notation=notation
"""
_TYPES = """
dcat:Dataset=Dataset,DatasetMemberOfADatasetSeries dcat:DatasetSeries=DatasetSeries dcat:Distribution=Distribution
dcat:Catalog=Catalog,Catalogue dcat:CatalogRecord=CatalogRecord,CatalogueRecord dcat:DataService=DataService
foaf:Agent=Agent org:Organization=Organization foaf:Person=Person vcard:Kind=Kind,Contact
dct:PeriodOfTime=PeriodOfTime dct:Location=Location skos:Concept=Concept
"""
_OWNERS = ("Dataset", "DatasetSeries", "Distribution", "Catalogue", "Catalog", "DataService", "Agent", "Kind")
TEXT_NAMES = frozenset(
    {"title", "description", "keyword", "name", "label", "prefLabel", "rights", "versionNotes", "fn"}
)
"""Names under which an object of languages, {"en": "…"}, is meant as texts."""


def is_known(address: str) -> bool:
    """Whether the context at `address` is one that this table stands for."""
    return bool(_KNOWN.search(address))


@cache
def context() -> dict[str, Any]:
    """The table as a JSON-LD context. Not to be changed."""
    made: dict[str, Any] = dict(ADDRESSES) | {"dcterms": ADDRESSES["dct"], "xsd": "http://www.w3.org/2001/XMLSchema#"}
    for listed, is_link in ((_TEXTS, False), (_LINKS, True), (_TYPES, False)):
        for entry in listed.split():
            term, _, names = entry.partition("=")
            prefix, _, local = term.partition(":")
            address = ADDRESSES[prefix] + local
            for name in names.split(","):
                meant = {"@id": address, "@type": "@id"} if is_link else address
                made[name] = meant
                made.update({f"{owner}.{name}": meant for owner in _OWNERS if listed is not _TYPES})
    return made
