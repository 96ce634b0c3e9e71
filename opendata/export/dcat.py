"""DCAT-AP 3, and 2 on request (semiceu.github.io/DCAT-AP): a record as a dcat:Dataset with all that it holds.

Nothing is invented: what a profile wants and the record has not is not there.
"""

from __future__ import annotations

from collections.abc import Iterator

from opendata.catalog.values import Keyword
from opendata.export import dcat_agents, dcat_catalog, dcat_links
from opendata.export.dcat_files import distribution
from opendata.export.dcat_values import (
    Profile,
    access,
    date,
    day,
    extras,
    frequency,
    identifiers,
    kind,
    language,
    license_nodes,
    period,
    place,
    rights,
    subject,
    themes,
)
from opendata.export.entry import Entry
from opendata.export.rdf import Document, Literal, Node, Syntax, iri_of, node
from opendata.export.site import Site


def dataset(entry: Entry, site: Site, profile: Profile = Profile.AP3) -> Node:
    """The record. Its address is the permanent one, which stays whatever becomes of its slug."""
    record = entry.record
    address = iri_of(site.permanent(record.id))
    found = Node(address, ("dcat:Dataset",)).text("dct:title", record.title).text("dct:description", record.description)
    found.text("dct:tableOfContents", record.table_of_contents)
    found.add("dct:identifier", record.identifier or address).add("adms:identifier", *identifiers(record))
    _topics(found, entry, site)
    found.add("dct:publisher", dcat_agents.publisher(entry, site))
    dcat_agents.people(found, record)
    found.add("dcat:contactPoint", *dcat_agents.contacts(record.contacts))
    found.add("dct:license", *license_nodes(record.license_id, record.license_text))
    _access(found, entry)
    found.add("dct:issued", date(record.issued)).add("dct:modified", date(record.modified))
    found.add("dct:language", *map(language, record.languages))
    found.add("dct:accrualPeriodicity", frequency(record.frequency))
    found.add("dct:temporal", period(record.temporal)).add("dct:spatial", place(record.spatial, record.bbox, profile))
    found.add("dcat:landingPage", node(record.landing_page or site.dataset(record), "foaf:Document"))
    found.add("dcat:version" if profile is Profile.AP3 else "owl:versionInfo", record.version)
    if record.study:
        found.add("dct:isPartOf", dcat_links.study(record.study, site))
    for relation in record.relations:
        dcat_links.relate(found, relation, site)
    extras(found, record.extras)
    return found.add("dcat:distribution", *(distribution(entry, file, site, profile) for file in entry.files))


def _topics(found: Node, entry: Entry, site: Site) -> None:
    record = entry.record
    found.add("dcat:keyword", *map(_keyword, record.keywords))
    found.add("dcat:theme", *themes(record.themes, f"{site.url}/search?theme="))
    found.add("dct:subject", *map(subject, record.subjects)).add("dct:type", kind(record))


def _keyword(keyword: Keyword) -> Literal:
    return Literal(keyword.text, keyword.language)


def _access(found: Node, entry: Entry) -> None:
    """What its files come to together today, and when the rest opens."""
    disclosure = entry.disclosure
    found.add("dct:accessRights", access(disclosure)).add("dct:rights", rights(disclosure))
    found.add("dct:available", day(disclosure.until))


def write(entry: Entry, site: Site, syntax: Syntax, profile: Profile = Profile.AP3) -> bytes:
    """The record as a document of its own."""
    return b"".join(Document(syntax).whole([dataset(entry, site, profile)]))


def turtle(entry: Entry, site: Site) -> bytes:
    """The record in Turtle."""
    return write(entry, site, Syntax.TURTLE)


def rdf_xml(entry: Entry, site: Site) -> bytes:
    """The record in RDF/XML."""
    return write(entry, site, Syntax.XML)


def json_ld(entry: Entry, site: Site) -> bytes:
    """The record in JSON-LD, its parts inside it."""
    return write(entry, site, Syntax.JSON)


def stream_turtle(entries: Iterator[Entry], site: Site) -> Iterator[bytes]:
    """The whole catalogue in Turtle."""
    return stream(entries, site, Syntax.TURTLE)


def stream_json_ld(entries: Iterator[Entry], site: Site) -> Iterator[bytes]:
    """The whole catalogue in JSON-LD."""
    return stream(entries, site, Syntax.JSON)


def stream(
    entries: Iterator[Entry], site: Site, syntax: Syntax, profile: Profile = Profile.AP3, *more: Node
) -> Iterator[bytes]:
    """The catalogue with `entries`, a piece for each: what is in memory does not grow with them."""
    catalog = dcat_catalog.catalog(site, profile).add("hydra:view", *more)
    document = Document(syntax, catalog, "dcat:dataset")
    yield document.start()
    for entry in entries:
        yield document.piece(described(entry, site, profile))
    yield document.end()


def described(entry: Entry, site: Site, profile: Profile) -> Node:
    """The record with the catalogue's own note of it: when it came, was changed, and from where it was taken."""
    found = dataset(entry, site, profile)
    return found.add("foaf:isPrimaryTopicOf", dcat_catalog.entry_of(entry, site))
