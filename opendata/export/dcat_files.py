"""Files of a record as distributions. Of a closed one there is what its page shows, and where that page is."""

from __future__ import annotations

from opendata.catalog import authorities, vocabularies
from opendata.catalog.licenses import resource_license_id
from opendata.catalog.records import ResourceRole
from opendata.catalog.values import Text
from opendata.export.dcat_values import (
    Profile,
    access,
    concept,
    date,
    day,
    extras,
    language,
    license_nodes,
    rights,
)
from opendata.export.entry import Entry, EntryFile
from opendata.export.rdf import Literal, Node, iri_of, node
from opendata.export.site import Site

_SHA256 = "https://spdx.org/rdf/terms#checksumAlgorithm_sha256"
"""As the lists of DCAT-AP 3 want it. DCAT-AP 2 knows no other algorithm than SHA-1, which we do not make."""


def distribution(entry: Entry, file: EntryFile, site: Site, profile: Profile) -> Node:
    """One file or link. Where it leads is said only of what anybody may have; else its page here is the access."""
    resource = file.resource
    page = site.resource(entry.record, resource)
    found = Node(iri_of(page), ("dcat:Distribution",))
    found.text("dct:title", resource.name or Text(other=resource.filename))
    found.text("dct:description", resource.description)
    download = site.download(entry.record, resource) if file.available else ""
    leads = download and (resource.stored or resource.download_url)
    found.add("dcat:downloadURL", node(download) if leads else None)
    found.add("dcat:accessURL", (file.available and node(resource.access_url)) or Node(iri_of(page)))
    _content(found, file, profile)
    _terms(found, entry, file)
    found.add("dct:issued", date(resource.issued)).add("dct:modified", date(resource.modified))
    found.add("schema:position", Literal(str(resource.position), datatype="xsd:integer"))
    found.add("schema:alternateName", resource.filename if not download.endswith(resource.filename or "/") else "")
    if resource.role is not ResourceRole.OTHER:
        label = vocabularies.text_of("resource_role", resource.role)
        found.add("dct:type", concept("", label).add("skos:notation", resource.role))
    if file.available:
        extras(found, resource.extras)
    return found


def _content(found: Node, file: EntryFile, profile: Profile) -> None:
    """Format, type, size, checksum and language."""
    resource = file.resource
    form = authorities.file_type_uri(resource.format)
    if form:
        kind = concept(form, Text.of(resource.format, "en"), f"{authorities.EU}file-type", "dct:MediaTypeOrExtent")
        found.add("dct:format", kind)
    else:
        found.add("schema:encodingFormat", resource.format)  # dct:format is for what the EU's table has
    found.add("dcat:mediaType", node(authorities.media_type_uri(resource.media_type), "dct:MediaType"))
    if resource.byte_size is not None:
        number = "xsd:nonNegativeInteger" if profile is Profile.AP3 else "xsd:decimal"
        found.add("dcat:byteSize", Literal(str(resource.byte_size), datatype=number))
    if resource.checksum and profile is Profile.AP3:
        algorithm = Node(_SHA256, ("spdx:ChecksumAlgorithm",))
        value = Literal(resource.checksum, datatype="xsd:hexBinary")
        found.add("spdx:checksum", Node(types=("spdx:Checksum",)).add("spdx:algorithm", algorithm).add(
            "spdx:checksumValue", value))  # fmt: skip
    found.add("dct:language", language(resource.language))


def _terms(found: Node, entry: Entry, file: EntryFile) -> None:
    """Licence and access."""
    resource = file.resource
    own = bool(resource.license_id or resource.license_text)
    words = resource.license_text if own else entry.record.license_text
    nodes = list(license_nodes(resource_license_id(resource, entry.record), words))
    found.add("dct:license", *nodes[:1])
    found.add("dct:accessRights", access(file.disclosure)).add("dct:rights", rights(file.disclosure))
    found.add("dct:available", day(file.disclosure.until))
