"""The catalogue itself in DCAT, its own notes of the records, and the pages in which it is had."""

from __future__ import annotations

from opendata.catalog import authorities, licenses
from opendata.export.dcat_agents import catalog_publisher
from opendata.export.dcat_values import Profile, language, moment
from opendata.export.entry import Entry
from opendata.export.rdf import Literal, Node, iri_of, node
from opendata.export.site import Site


def catalog(site: Site, profile: Profile) -> Node:
    """What the catalogue says of itself."""
    found = Node(f"{site.url}/catalog", ("dcat:Catalog", "hydra:Collection"))
    found.add("dct:title", Literal(site.title, site.language)).text("dct:description", site.description)
    found.add("dct:publisher", catalog_publisher(site)).add("foaf:homepage", node(site.url + "/", "foaf:Document"))
    found.add("dct:language", *map(language, site.languages))
    found.add("dcat:themeTaxonomy", _taxonomy()).add("dct:conformsTo", node(profile.uri, "dct:Standard"))
    terms = licenses.get(site.metadata_license_id) if site.metadata_license_id else None
    return found.add("dct:license", node(terms.url, "dct:LicenseDocument") if terms and terms.url else None)


def _taxonomy() -> Node:
    scheme = Node(f"{authorities.EU}data-theme", ("skos:ConceptScheme",))
    return scheme.add("dct:title", Literal("Data theme", "en"))


def entry_of(entry: Entry, site: Site) -> Node:
    """The catalogue's note of a record: when it came here, when it was changed, where it was taken from."""
    record = entry.record
    found = Node(f"{iri_of(site.dataset(record))}#record", ("dcat:CatalogRecord",))
    found.add("foaf:primaryTopic", Node(iri_of(site.permanent(record.id))))
    found.add("dct:issued", moment(record.metadata_created)).add("dct:modified", moment(record.metadata_modified))
    for source in record.sources:
        found.add("prov:wasDerivedFrom", node(source.original or source.url))
    return found


def view(url: str, total: int | None, per_page: int, **links: str) -> Node:
    """One page of the catalogue at `url`, with `first`, `previous`, `next` and `last` as far as there are such.

    In Hydra's present words (PartialCollectionView) and in those that CKAN's harvester follows (PagedCollection).
    """
    found = Node(iri_of(url), ("hydra:PartialCollectionView", "hydra:PagedCollection"))
    found.add("hydra:totalItems", None if total is None else Literal(str(total), datatype="xsd:integer"))
    found.add("hydra:itemsPerPage", Literal(str(per_page), datatype="xsd:integer"))
    for name, address in links.items():
        target = iri_of(address)
        if target:
            found.add(f"hydra:{name}", Node(target)).add(f"hydra:{name}Page", Literal(address))
    return found
